/**
 * The table of a trace as a CSV file (RFC 4180): one line a token and layer. Like every file it counts from 0.
 *
 * @import {Trace} from "./types.js"
 */

import { choices } from "./trace.js";

const HEADER = ["token", "text", "group", "layer", "experts", "weights"];

/** @param {Trace} trace @returns {string} the tokens that have arrived */
export function toCsv(trace) {
  const lines = [HEADER];
  for (let token = 0; token < trace.received; token++) {
    const { text, group = "" } = trace.tokens[token];
    for (let layer = 0; layer < trace.model.layers; layer++) {
      const chosen = choices(trace, token, layer);
      const experts = chosen.map(({ expert }) => expert).join(" ");
      const weights = chosen.map(({ weight }) => weight.toFixed(4)).join(" ");
      lines.push([String(token), guarded(text), guarded(group), String(layer), experts, weights]);
    }
  }
  return lines.map((cells) => `${cells.map(quoted).join(",")}\r\n`).join("");
}

/** A spreadsheet would run a text that begins like a formula; with an apostrophe before it, it is a text. */
function guarded(/** @type {string} */ text) {
  return /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
}

/** @param {string} cell */
function quoted(cell) {
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
