/**
 * The groups of tokens that an author named (code, english, french, punctuation). Strip, scene and legends number them
 * alike, in the order of their first tokens. Pure.
 *
 * @import {Token} from "../types.js"
 */

/** Colours and patterns that exist; later groups begin again. */
export const PATTERNS = 6;

/** Groups in the order of their first token. @param {readonly Token[]} tokens */
export function groupsOf(tokens) {
  return [...new Set(tokens.map(({ group }) => group ?? ""))].filter((group) => group !== "");
}

/** Which colour and pattern a group has, from 0. @param {string} group @param {readonly string[]} groups */
export function patternOf(group, groups) {
  return groups.indexOf(group) % PATTERNS;
}

/** @type {WeakMap<readonly Token[], {length: number, numbers: Uint8Array | null}>} */
const known = new WeakMap();

/**
 * The pattern of each token and 1, or 0 where it has no group; null where fewer than two groups are told apart.
 * @param {readonly Token[]} tokens
 * @returns {Uint8Array | null} [T]
 */
export function groupNumbers(tokens) {
  const before = known.get(tokens);
  if (before?.length === tokens.length) return before.numbers;
  const groups = groupsOf(tokens);
  const numberOf = (/** @type {Token} */ { group }) => (group ? patternOf(group, groups) + 1 : 0);
  const numbers = groups.length < 2 ? null : Uint8Array.from(tokens, numberOf);
  known.set(tokens, { length: tokens.length, numbers });
  return numbers;
}
