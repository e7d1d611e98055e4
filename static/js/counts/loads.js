/**
 * Counts the load of each expert up to a time, as app/metrics/load.py does on the server: a fold over the events of
 * playback/events.js.
 *
 * @import {Trace} from "../types.js"
 * @import {Moments} from "../playback/events.js"
 */

import { createCursor } from "../playback/events.js";
import { columnsOf } from "../trace/trace.js";
import { NO_EXPERT } from "../trace/wire.js";
import { createHits } from "./expert_uses.js";

/**
 * @typedef {object} Loads
 * @property {number} layers
 * @property {number} experts
 * @property {Uint32Array} tokens     [L] routed by each layer
 * @property {Uint32Array} assigned   [L * N], including those over capacity
 * @property {Uint32Array} kept       [L * N], without them
 * @property {Uint32Array} first      [L * N] tokens whose first choice an expert is
 * @property {Float64Array} scores    [L * N] gate scores, each token's divided by their sum
 */

/** @param {number} layers @param {number} experts @returns {Loads} */
function emptyLoads(layers, experts) {
  const counts = () => new Uint32Array(layers * experts);
  return {
    layers,
    experts,
    tokens: new Uint32Array(layers),
    assigned: counts(),
    kept: counts(),
    first: counts(),
    scores: new Float64Array(layers * experts),
  };
}

/** @param {Loads} loads @param {Trace} trace @param {number} token @param {number} layer */
function count(loads, trace, token, layer) {
  const { layers, experts } = loads;
  const columns = columnsOf(trace.model);
  const row = (token * layers + layer) * columns;
  const at = layer * experts;
  for (let choice = 0; choice < columns; choice++) {
    const expert = trace.experts[row + choice];
    if (expert === NO_EXPERT) continue;
    loads.assigned[at + expert]++;
    if (!trace.dropped[row + choice]) loads.kept[at + expert]++;
    if (choice === 0) loads.first[at + expert]++;
  }
  loads.tokens[layer]++;
  addScores(loads, trace, (token * layers + layer) * experts, at);
}

/** @param {Loads} loads @param {Trace} trace @param {number} from  in the scores of the trace @param {number} at */
function addScores({ scores, experts }, trace, from, at) {
  let sum = 0;
  for (let expert = 0; expert < experts; expert++) sum += (trace.scores[from + expert] / 255) ** 2;
  for (let expert = 0; sum && expert < experts; expert++)
    scores[at + expert] += (trace.scores[from + expert] / 255) ** 2 / sum;
}

/** @returns {{upTo: (trace: Trace, moments: Moments, time: number) => Loads}} */
export function createLoads() {
  let loads = emptyLoads(0, 0);
  // A step back recounts from the start, because adding and subtracting scores would leave rounding errors.
  const cursor = createCursor({
    reset: ({ model }) => void (loads = emptyLoads(model.layers, model.experts)),
    fire: (token, layer, trace) => count(loads, trace, token, layer),
  });
  return {
    upTo(trace, moments, time) {
      cursor.advance(trace, moments, time);
      return loads;
    },
  };
}

/**
 * Returns the busiest expert of all layers with the ratio of its load to the mean of its layer. Null before the first
 * token is routed.
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
