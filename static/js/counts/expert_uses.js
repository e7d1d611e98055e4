/**
 * Counts the uses of each expert up to a time: a fold over the events of playback/events.js, updated in both directions.
 *
 * @import {State, Trace} from "../types.js"
 * @import {Moments} from "../playback/events.js"
 */

import { createCursor } from "../playback/events.js";
import { choices, columnsOf } from "../trace/trace.js";
import { NO_EXPERT } from "../trace/wire.js";

/**
 * @typedef {object} Hits
 * @property {Uint32Array} counts   [L * N], how often an expert was used; the same array while the trace is the same
 * @property {Uint32Array} totals   [L], their sum over a layer
 * @property {number} unique        pairs (layer, expert) that were used
 * @property {number} changes       incremented whenever a count changes
 */

/** @param {number} layers @param {number} experts @returns {Hits} */
function noHits(layers, experts) {
  return {
    counts: new Uint32Array(layers * experts),
    totals: new Uint32Array(layers),
    unique: 0,
    changes: 0,
  };
}

/** Counts one event, or removes it. @param {Hits} hits @param {Trace} trace @param {number} token @param {number} layer @param {1 | -1} direction */
function count(hits, trace, token, layer, direction) {
  const { layers, experts, ...model } = trace.model;
  const topK = columnsOf(model);
  const row = (token * layers + layer) * topK;
  for (let choice = row; choice < row + topK; choice++) {
    const expert = trace.experts[choice];
    if (expert === NO_EXPERT || trace.dropped[choice]) continue; // chosen, but not used
    const tower = layer * experts + expert;
    const before = hits.counts[tower];
    hits.counts[tower] = before + direction;
    hits.unique += (before + direction ? 1 : 0) - (before ? 1 : 0);
    hits.totals[layer] += direction;
  }
  hits.changes++;
}

/**
 * @returns {{upTo: (trace: Trace, moments: Moments, time: number) => Hits}}
 *   `upTo` counts the events that fired by `time`, of the tokens that have arrived
 */
export function createHits() {
  let hits = noHits(1, 1);
  const cursor = createCursor({
    reset: ({ model }) => void (hits = noHits(model.layers, model.experts)),
    fire: (token, layer, trace) => count(hits, trace, token, layer, 1),
    unfire: (token, layer, trace) => count(hits, trace, token, layer, -1),
  });
  return {
    upTo(trace, moments, time) {
      cursor.advance(trace, moments, time);
      return hits;
    },
  };
}

/**
 * @typedef {object} Tally
 * @property {number} layers
 * @property {number} experts
 * @property {Uint32Array} counts   [L * N]
 * @property {Uint32Array} totals   [L]
 * @property {string} version       differs if a count differs; the arrays may be the same objects
 */

/** @returns {{of: (state: State) => Tally | null}} */
export function createTally() {
  const spans = { "so-far": createHits(), whole: createHits() };
  return {
    of({ trace, timeline, span: asked, time, whole }) {
      if (!trace || !timeline) return null;
      const span = asked === "so-far" ? asked : "whole";
      const { layers, experts } = trace.model;
      if (whole && span === "whole") return { ...whole, version: `${whole.trace} whole` };
      const { counts, totals, changes } = spans[span].upTo(
        trace,
        timeline,
        span === "whole" ? Infinity : time,
      );
      return { layers, experts, counts, totals, version: [trace.id, layers, experts, span, changes].join() };
    },
  };
}

/** Returns the counts of one layer, [N]. @param {Tally} tally @param {number} layer */
export function rowOf({ experts, counts }, layer) {
  return counts.subarray(layer * experts, (layer + 1) * experts);
}

/**
 * Returns the number of (layer, expert) pairs that a token used, without dropped choices. With `token` null: the mean over all tokens.
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
 * Returns the parameters that a token with this number of pairs uses. A router that drops tokens or varies k makes them differ
 * from the nominal figure.
 * @param {Trace["model"]} model
 * @param {number} pairs
 */
export function activeOf({ layers, top_k: k, expert_size: size, active_p: nominal }, pairs) {
  return Math.round(nominal + (pairs - layers * k) * size);
}
