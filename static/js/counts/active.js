/**
 * The parameters that a token really used. They differ from the nominal figure if a router gives it another number of experts or drops it.
 *
 * @import {Trace} from "../types.js"
 */

import { choices } from "../trace/trace.js";

/**
 * Returns the choices of a token over all layers that were not refused; with `token` null the mean over all tokens.
 * @param {Trace} trace
 * @param {number | null} token
 */
export function usedPairs(trace, token) {
  if (token !== null) return usedBy(trace, token);
  let sum = 0;
  for (let each = 0; each < trace.received; each++) sum += usedBy(trace, each);
  return trace.received ? sum / trace.received : 0;
}

/** @param {Trace} trace @param {number} token */
function usedBy(trace, token) {
  let used = 0;
  for (let layer = 0; layer < trace.model.layers; layer++)
    used += choices(trace, token, layer).filter(({ dropped }) => !dropped).length;
  return used;
}

/**
 * Parameters that so many pairs touch, with what every token uses besides: the nominal figure, corrected.
 * @param {Trace["model"]} model
 * @param {number} pairs
 */
export function activeOf({ layers, top_k: k, expert_size: size, active_p: nominal }, pairs) {
  return Math.round(nominal + (pairs - layers * k) * size);
}
