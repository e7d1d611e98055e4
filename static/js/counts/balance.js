/**
 * How evenly a trace loads its experts. Pure.
 *
 * @import {Trace} from "../types.js"
 */

import { createHits } from "./expert_uses.js";

/**
 * The busiest expert of all layers: its load over the mean of its layer, 1 where all are even. Null before anything
 * is routed.
 * @param {Trace} trace
 * @returns {{layer: number, expert: number, ratio: number} | null}
 */
export function busiestOf(trace) {
  const { layers, experts } = trace.model;
  const { counts, totals } = createHits().upTo(trace, { fires: () => 0 }, 0);
  /** @type {{layer: number, expert: number, ratio: number} | null} */
  let busiest = null;
  let most = 0;
  for (let tower = 0; tower < layers * experts; tower++) {
    const layer = Math.floor(tower / experts);
    const ratio = totals[layer] ? (counts[tower] * experts) / totals[layer] : 0;
    if (ratio > most) [most, busiest] = [ratio, { layer, expert: tower % experts, ratio }];
  }
  return busiest;
}
