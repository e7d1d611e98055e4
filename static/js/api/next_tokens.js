/**
 * The next-token predictions of a live model. For an altered model also those of the unaltered one, and the choices that
 * changed.
 *
 * @import {State} from "../types.js"
 */

import { requestOf, requestQuery } from "../view/request.js";

/**
 * @typedef {{id: number, text: string, probability: number}} Candidate
 *
 * @typedef {object} Predictions   of app/answers/next_tokens.py
 * @property {Candidate[][]} next        after each token, the most likely first
 * @property {number[]} loss             of each token but the first, nats
 * @property {number | null} mean_loss
 *
 * A changed choice: token, layer, the experts that lost the token, the experts that gained it.
 * @typedef {[number, number, number[], number[]]} Move
 *
 * @typedef {Predictions & {alter: string, unaltered: (Predictions & {moved: Move[]}) | null}} Answer
 */

/** Returns whether the server has predictions for a trace. @param {State} state */
function canSay({ trace }) {
  return trace?.origin.source === "live" && trace.complete && location.protocol.startsWith("http");
}

/** Keeps the predictions for the newest trace. Panels share one instance, so they are requested once. */
function createNextTokens() {
  let asked = "";
  /** @type {Answer | null} */
  let answer = null;

  /** @param {State["view"]} view @param {() => void} wake */
  async function ask(view, wake) {
    const mine = asked;
    try {
      const response = await fetch(`api/next-tokens?${requestQuery(requestOf(view))}`);
      const found = response.ok ? await response.json() : null;
      if (mine === asked) answer = found;
    } catch {
      // nothing is shown: the routing does not depend on it
    }
    wake();
  }
  return {
    /** Returns the predictions for the trace on screen; null before the answer, or if the server has none. @param {State} state @param {() => void} wake @returns {Answer | null} */
    of(state, wake) {
      if (!state.trace || !canSay(state)) return null;
      if (state.trace.id !== asked) {
        asked = state.trace.id;
        answer = null;
        void ask(state.view, wake);
      }
      return answer;
    },
  };
}

export const nextTokens = createNextTokens();

/** Counts the tokens that each expert gained and lost, largest change first. @param {Move[]} moved */
export function gainsOf(moved) {
  /** @type {Map<string, {layer: number, expert: number, taken: number, lost: number}>} */
  const towers = new Map();
  const at = (/** @type {number} */ layer, /** @type {number} */ expert) => {
    const key = `${layer}.${expert}`;
    const found = towers.get(key) ?? { layer, expert, taken: 0, lost: 0 };
    towers.set(key, found);
    return found;
  };
  for (const [, layer, lost, taken] of moved) {
    for (const expert of lost) at(layer, expert).lost += 1;
    for (const expert of taken) at(layer, expert).taken += 1;
  }
  return [...towers.values()];
}

/** Returns the experts that gained the tokens of a tower, largest gain first. @param {Move[]} moved @param {{layer: number, expert: number}} tower */
export function gainersOf(moved, { layer, expert }) {
  const here = moved.filter(([, at, lost]) => at === layer && lost.includes(expert));
  return gainsOf(here)
    .filter(({ taken }) => taken)
    .sort((a, b) => b.taken - a.taken);
}
