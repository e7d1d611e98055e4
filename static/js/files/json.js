/**
 * The table of one trace or of two as JSON, with what says where its routing comes from. docs/FILES.md describes it.
 *
 * @import {Trace} from "../types.js"
 */

import { rowsOf } from "./trace_table.js";

/** Of this format. Raise it when a field changes its meaning. */
export const VERSION = 1;

/** @param {string} link  to the view; "" where there is none @param {...Trace} traces */
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
