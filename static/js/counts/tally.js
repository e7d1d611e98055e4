/**
 * How often each expert was chosen, over the events so far or over the whole prompt: what the flat views show.
 *
 * @import {State} from "../types.js"
 */

import { createHits } from "./expert_uses.js";

/**
 * @typedef {object} Tally
 * @property {number} layers
 * @property {number} experts
 * @property {Uint32Array} counts   [L * N]
 * @property {Uint32Array} totals   [L]
 * @property {string} version       differs when a count differs; the arrays may be the same
 */

/** @returns {{of: (state: State) => Tally | null}} */
export function createTally() {
  const spans = { "so-far": createHits(), whole: createHits() };
  return {
    of({ trace, timeline, span: asked, time }) {
      if (!trace || !timeline) return null;
      const span = asked === "so-far" ? asked : "whole";
      const { layers, experts } = trace.model;
      const { counts, totals, changes } = spans[span].upTo(
        trace,
        timeline,
        span === "whole" ? Infinity : time,
      );
      return { layers, experts, counts, totals, version: [trace.id, layers, experts, span, changes].join() };
    },
  };
}

/** The counts of one layer, [N]. @param {Tally} tally @param {number} layer */
export function rowOf({ experts, counts }, layer) {
  return counts.subarray(layer * experts, (layer + 1) * experts);
}
