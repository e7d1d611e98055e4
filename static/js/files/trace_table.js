/**
 * The table of a trace as values: what CSV and JSON files hold. Like every file it counts from 0.
 *
 * @import {Trace} from "../types.js"
 */

import { choices } from "../trace/trace.js";

/**
 * What one layer did with one token.
 * @typedef {object} Row
 * @property {number} token
 * @property {string} text
 * @property {string} group       "" where the token has none
 * @property {number} layer
 * @property {number[]} experts   the chosen ones, best first
 * @property {number[]} weights   of them, to four digits
 * @property {number[]} dropped   those of them that were full, so that the token passed them by
 */

/** @param {Trace} trace @returns {Row[]} of the tokens that have arrived */
export function rowsOf(trace) {
  return trace.tokens.slice(0, trace.received).flatMap(({ text, group = "" }, token) =>
    Array.from({ length: trace.model.layers }, (_, layer) => {
      const chosen = choices(trace, token, layer);
      return {
        token,
        text,
        group,
        layer,
        experts: chosen.map(({ expert }) => expert),
        weights: chosen.map(({ weight }) => Number(weight.toFixed(4))),
        dropped: chosen.filter(({ dropped }) => dropped).map(({ expert }) => expert),
      };
    }),
  );
}
