/**
 * The key `alter`: what is changed in the routers of a live model, as app/routing/alterations.py reads it. Pure.
 *
 * Its items stand between underscores: `2.5-off`, `3.1-force`, `1.7-add2`, `4-k1`. Layers count from 1, experts from 0.
 */

import { alterWords } from "../words/alter.js";

/** @typedef {{layer: number, expert: number}} Tower */

/** @param {string | undefined} alter */
export const itemsOf = (alter) => (alter ? alter.split("_") : []);

/** @param {Tower} tower */
const headOf = ({ layer, expert }) => `${layer + 1}.${expert}-`;

/** What is changed of one tower: "off", "force", "add2"; "" for nothing. @param {string | undefined} alter @param {Tower} tower */
export function ofTower(alter, tower) {
  const head = headOf(tower);
  return itemsOf(alter)
    .find((item) => item.startsWith(head))
    ?.slice(head.length);
}

/** The key with another change of one tower, in place of the one that it has. @param {string | undefined} alter @param {Tower} tower @param {string} change  "" for none */
export function withTower(alter, tower, change) {
  const head = headOf(tower);
  const others = itemsOf(alter).filter((item) => !item.startsWith(head));
  return [...others, ...(change ? [head + change] : [])].join("_");
}

/** How many experts a token takes in a layer where that is changed. @param {string | undefined} alter @param {number} layer @returns {number | null} */
export function kOf(alter, layer) {
  const head = `${layer + 1}-k`;
  const found = itemsOf(alter).find((item) => item.startsWith(head));
  return found ? Number(found.slice(head.length)) : null;
}

/** The key with another number of experts per token in a layer. @param {string | undefined} alter @param {number} layer @param {number | null} k  null: that of the model */
export function withK(alter, layer, k) {
  const head = `${layer + 1}-k`;
  const others = itemsOf(alter).filter((item) => !item.startsWith(head));
  return [...others, ...(k === null ? [] : [`${head}${k}`])].join("_");
}

/** The key without one of its items. @param {string | undefined} alter @param {string} item */
export function without(alter, item) {
  return itemsOf(alter)
    .filter((each) => each !== item)
    .join("_");
}

/** An item in words. @param {string} item */
export function sayItem(item) {
  const [, layer, expert, change] = /^(\d+)(?:\.(\d+))?-(.*)$/.exec(item) ?? [];
  return change ? alterWords.item(Number(layer), expert === undefined ? null : Number(expert), change) : item;
}
