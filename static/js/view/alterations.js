/**
 * The key `alter`: changes of the routers of a live model, as app/routing/alterations.py reads it. Pure.
 *
 * Underscores separate its items: `2.5-off`, `3.1-force`, `1.7-add2`, `4-k1`. Layers count from 1, experts from 0.
 */

import { alterWords } from "../words/words.js";

/** @typedef {{layer: number, expert: number}} Tower */

/** @param {string | undefined} alter */
export const itemsOf = (alter) => (alter ? alter.split("_") : []);

/** @param {Tower} tower */
const headOf = ({ layer, expert }) => `${layer + 1}.${expert}-`;

/** Returns the change of the item with this head; undefined if there is none. @param {string | undefined} alter @param {string} head */
const changeAt = (alter, head) =>
  itemsOf(alter)
    .find((item) => item.startsWith(head))
    ?.slice(head.length);

/** Returns the key with the change of a head replaced. @param {string | undefined} alter @param {string} head @param {string | number} change  "" for none */
const withChange = (alter, head, change) =>
  [
    ...itemsOf(alter).filter((item) => !item.startsWith(head)),
    ...(change === "" ? [] : [`${head}${change}`]),
  ].join("_");

/** Returns the change of one expert: "off", "force", "add2"; undefined for none. @param {string | undefined} alter @param {Tower} tower */
export const ofTower = (alter, tower) => changeAt(alter, headOf(tower));

/** Returns the key with the change of one expert replaced. @param {string | undefined} alter @param {Tower} tower @param {string} change  "" for none */
export const withTower = (alter, tower, change) => withChange(alter, headOf(tower), change);

/** @param {number} layer */
const headOfK = (layer) => `${layer + 1}-k`;

/** Returns the changed number of experts per token in a layer; null if unchanged. @param {string | undefined} alter @param {number} layer @returns {number | null} */
export function kOf(alter, layer) {
  const found = changeAt(alter, headOfK(layer));
  return found === undefined ? null : Number(found);
}

/** Returns the key with another number of experts per token in a layer. @param {string | undefined} alter @param {number} layer @param {number | null} k  null: that of the model */
export const withK = (alter, layer, k) => withChange(alter, headOfK(layer), k ?? "");

/** Returns the key without one of its items. @param {string | undefined} alter @param {string} item */
export function without(alter, item) {
  return itemsOf(alter)
    .filter((each) => each !== item)
    .join("_");
}

/** Returns an item in words. @param {string} item */
export function itemInWords(item) {
  const [, layer, expert, change] = /^(\d+)(?:\.(\d+))?-(.*)$/.exec(item) ?? [];
  return change ? alterWords.item(Number(layer), expert === undefined ? null : Number(expert), change) : item;
}
