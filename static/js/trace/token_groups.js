/**
 * Token groups named by an author (code, english, french, punctuation). Strip, scene and legends use the same numbers, in
 * the order of their first tokens. Pure.
 *
 * @import {Token} from "../types.js"
 */

/** Number of colours and patterns. Further groups reuse them. */
export const PATTERNS = 6;

/** Returns the groups in the order of their first token. @param {readonly Token[]} tokens */
export function groupsOf(tokens) {
  return [...new Set(tokens.map(({ group }) => group ?? ""))].filter((group) => group !== "");
}

/** Returns the index of the colour and pattern of a group. @param {string} group @param {readonly string[]} groups */
export function patternOf(group, groups) {
  return groups.indexOf(group) % PATTERNS;
}

/** @type {WeakMap<readonly Token[], {length: number, numbers: Uint8Array | null}>} */
const known = new WeakMap();

/**
 * Returns the pattern index plus 1 of each token, 0 for no group; null for fewer than two groups.
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
