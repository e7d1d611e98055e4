/**
 * The table of one trace or of two: its rows, as a CSV file (RFC 4180) and as JSON. docs/FILES.md describes both.
 *
 * @import {Trace} from "../types.js"
 */

import { choices } from "../trace/trace.js";

/**
 * The routing of one token in one layer.
 * @typedef {object} Row
 * @property {number} token
 * @property {string} text
 * @property {string} group       "" without a group
 * @property {number} layer
 * @property {number[]} experts   the chosen ones, best first
 * @property {number[]} weights   of them, to four digits
 * @property {number[]} dropped   the chosen experts that were over capacity
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

/** Prefixes a text with an apostrophe if a spreadsheet would run it as a formula. */
function guarded(/** @type {string} */ text) {
  return /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
}

/** @param {string} cell */
function quoted(cell) {
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

/** Version of the format. Raise it when a field changes its meaning. */
export const VERSION = 1;

/** @param {string} link  to the view; "" for none @param {...Trace} traces */
export function toJson(link, ...traces) {
  const stacks = traces.map(({ id, origin, model, ...trace }, i) => ({
    stack: "ab"[i],
    trace: id,
    origin,
    model,
    rows: rowsOf({ id, origin, model, ...trace }),
  }));
  return JSON.stringify({ format: "moescope-table", version: VERSION, link, stacks });
}
