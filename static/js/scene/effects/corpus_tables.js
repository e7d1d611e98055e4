/**
 * A corpus behind the routing: the height of each tower by load, and the flows between rings. Pure: arrays.
 *
 * @import {Corpus} from "../../types.js"
 */

/** Largest number of flows, as in app/atlas/questions/scene.py. */
export const MOST_FLOWS = 2000;
const FULL = 255;
/** Least height: a tower without tokens stays visible and can be selected. */
const LEAST = 8;

/**
 * @param {number} layers
 * @param {number} experts
 */
export function createCorpusTables(layers, experts) {
  const heights = new Uint8Array(4 * layers * experts).fill(FULL); // [L, N]: share of the full height
  const flows = new Float32Array(4 * MOST_FLOWS); // [F]: layer, from, to, strength
  return {
    heights,
    flows,

    /** Sets the heights: the busiest expert of all layers has the full one. @returns {number} flows to draw */
    set(/** @type {Corpus | null} */ corpus) {
      heights.fill(FULL);
      if (!corpus) return 0;
      const most = Math.max(1e-9, ...corpus.loads.flat());
      corpus.loads.flat().forEach((load, tower) => {
        heights[4 * tower] = Math.max(LEAST, Math.round((FULL * load) / most));
      });
      return writeFlows(flows, corpus.flows.slice(0, MOST_FLOWS));
    },
  };
}

/**
 * Writes the flows, weakest first, so that the strongest is drawn on top. The strength of a flow is its share of the
 * largest.
 */
function writeFlows(/** @type {Float32Array} */ rows, /** @type {Corpus["flows"]} */ flows) {
  const sorted = [...flows].sort((a, b) => a[3] - b[3]);
  const most = sorted.at(-1)?.[3] ?? 1;
  sorted.forEach(([layer, from, to, tokens], i) => rows.set([layer, from, to, tokens / most], 4 * i));
  return sorted.length;
}
