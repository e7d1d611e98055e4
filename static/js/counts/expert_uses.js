/**
 * How often each expert was used up to a moment. Counting follows the moment back and forth, so that a frame costs as
 * much as there are tokens in flight, however long the trace.
 *
 * @import {State, Timeline, Trace} from "../types.js"
 */

import { columnsOf } from "../trace/trace.js";
import { NO_EXPERT } from "../trace/wire.js";

/**
 * @typedef {object} Hits
 * @property {Uint32Array} counts   [L * N], how often an expert was used; the same array while the trace is the same
 * @property {Uint32Array} totals   [L], their sum over a layer
 * @property {number} unique        pairs (layer, expert) that were used
 * @property {number} changes       grows whenever a count changes
 */

/**
 * @returns {{upTo: (trace: Trace, timeline: Pick<Timeline, "fires">, time: number) => Hits}}
 *   `upTo` counts the events that fired by `time`, of the tokens that have arrived. Along the tokens, and along the
 *   layers, `fires` must not fall.
 */
export function createHits() {
  let id = "";
  let counter = createCounter(1, 1, 1);
  return {
    upTo(trace, timeline, time) {
      const { layers, experts } = trace.model;
      const topK = columnsOf(trace.model);
      const now = [trace.id, layers, experts, topK].join();
      if (now !== id) [id, counter] = [now, createCounter(layers, experts, topK)];
      return counter.upTo(trace, timeline, time);
    },
  };
}

/** @param {number} layers @param {number} experts @param {number} topK */
function createCounter(layers, experts, topK) {
  /** @type {Hits} */
  const hits = {
    counts: new Uint32Array(layers * experts),
    totals: new Uint32Array(layers),
    unique: 0,
    changes: 0,
  };
  /** @type {number[]} of each token that has begun: in how many layers it has fired */
  const fired = [];
  /** Tokens below it have fired in every layer. */
  let done = 0;
  /** @type {Pick<Timeline, "fires"> | null} */
  let followed = null;

  /** @param {Trace} trace @param {number} token @param {number} layer @param {1 | -1} way */
  function count(trace, token, layer, way) {
    const row = (token * layers + layer) * topK;
    for (let choice = row; choice < row + topK; choice++) {
      const expert = trace.experts[choice];
      if (expert === NO_EXPERT || trace.dropped[choice]) continue; // chosen, but not used
      const tower = layer * experts + expert;
      const before = hits.counts[tower];
      hits.counts[tower] = before + way;
      hits.unique += (before + way ? 1 : 0) - (before ? 1 : 0);
      hits.totals[layer] += way;
    }
    hits.changes++;
  }

  /** @param {Trace} trace @param {Pick<Timeline, "fires">} timeline @param {number} time @param {number} token */
  function settle(trace, timeline, time, token) {
    let front = fired[token] ?? 0;
    while (front < layers && timeline.fires(token, front) <= time) count(trace, token, front++, 1);
    while (front > 0 && timeline.fires(token, front - 1) > time) count(trace, token, --front, -1);
    fired[token] = front;
  }

  return {
    /** @param {Trace} trace @param {Pick<Timeline, "fires">} timeline @param {number} time */
    upTo(trace, timeline, time) {
      if (timeline !== followed) [followed, done] = [timeline, 0]; // other moments: look at every token again
      while (done > 0 && timeline.fires(done - 1, layers - 1) > time) done--;
      for (let token = done; token < trace.received; token++) {
        if (token >= fired.length && timeline.fires(token, 0) > time) break; // nor has any after it
        settle(trace, timeline, time, token);
        if (token === done && fired[token] === layers) done++;
      }
      while (fired.length && !fired[fired.length - 1]) fired.pop();
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
