/**
 * The table of one trace or of two as a CSV file (RFC 4180): one line a token and layer; docs/FILES.md says what is in it.
 *
 * @import {Trace} from "../types.js"
 * @import {Row} from "./trace_table.js"
 */

import { rowsOf } from "./trace_table.js";

const HEADER = ["token", "text", "group", "layer", "experts", "weights", "dropped"];

/** With two traces the first column names the stack. @param {...Trace} traces @returns {string} the tokens that have arrived */
export function toCsv(...traces) {
  const two = traces.length > 1;
  const lines = traces.flatMap((trace, i) =>
    rowsOf(trace).map((row) => [...(two ? ["ab"[i]] : []), ...cellsOf(row)]),
  );
  return [two ? ["stack", ...HEADER] : HEADER, ...lines]
    .map((cells) => `${cells.map(quoted).join(",")}\r\n`)
    .join("");
}

/** @param {Row} row @returns {string[]} */
function cellsOf({ token, text, group, layer, experts, weights, dropped }) {
  const shares = weights.map((weight) => weight.toFixed(4));
  return [
    String(token),
    guarded(text),
    guarded(group),
    String(layer),
    experts.join(" "),
    shares.join(" "),
    dropped.join(" "),
  ];
}

/** A spreadsheet would run a text that begins like a formula; with an apostrophe before it, it is a text. */
function guarded(/** @type {string} */ text) {
  return /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
}

/** @param {string} cell */
function quoted(cell) {
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
