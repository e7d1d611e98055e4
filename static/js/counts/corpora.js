/**
 * Which recorded corpora are of the model on screen, and its routing as an atlas takes it. Pure.
 *
 * @import {State, Trace} from "../types.js"
 * @import {Named} from "../api/atlas.js"
 */

import { columnsOf } from "../trace/trace.js";
import { NO_EXPERT } from "../trace/wire.js";

/** Tokens of a routing that an atlas compares. */
export const MOST_TOKENS = 512;
const HELDOUT = "heldout/";

/**
 * Returns the atlases of the model on screen: that of the view first, texts of a person before the held-out text.
 * @param {readonly Named[]} known
 * @param {Pick<State, "trace" | "view">} state
 * @returns {string[]}
 */
export function corporaOf(known, { trace, view }) {
  const model = trace?.model;
  if (!model || trace.origin.source === "authored") return [];
  const rank = (/** @type {string} */ name) => (name === view.corpus ? 0 : name.startsWith(HELDOUT) ? 2 : 1);
  return known
    .filter((each) => !each.problem && each.model === model.name)
    .filter(({ layers, experts }) => layers === model.layers && experts === model.experts)
    .map(({ name }) => name)
    .sort((a, b) => rank(a) - rank(b));
}

/**
 * Returns ids and experts of the first tokens of a trace; null where tokens have no ids or none is routed.
 * @param {Trace} trace
 * @returns {{ids: number[], experts: number[][][]} | null}
 */
export function routingOf(trace) {
  const { layers } = trace.model;
  const width = columnsOf(trace.model);
  const count = Math.min(trace.received, MOST_TOKENS);
  const ids = trace.tokens.slice(0, count).map(({ id }) => id ?? -1);
  if (!count || ids.includes(-1)) return null;
  const experts = ids.map((_, token) =>
    Array.from({ length: layers }, (_, layer) => {
      const row = (token * layers + layer) * width;
      return Array.from(trace.experts.subarray(row, row + width), (expert) =>
        expert === NO_EXPERT ? -1 : expert,
      );
    }),
  );
  return { ids, experts };
}
