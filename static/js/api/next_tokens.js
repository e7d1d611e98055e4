/**
 * What a live model says after each token; where it is altered, also what it said before, and which choices moved.
 *
 * @import {State} from "../types.js"
 */

import { requestOf, requestQuery } from "../view/request.js";

/**
 * @typedef {{id: number, text: string, probability: number}} Candidate
 *
 * @typedef {object} Said   of app/answers/next_tokens.py
 * @property {Candidate[][]} next        after each token, the most likely first
 * @property {number[]} loss             of each token but the first, nats
 * @property {number | null} mean_loss
 *
 * A choice that moved: token, layer, the experts that lost the token, the experts that took it.
 * @typedef {[number, number, number[], number[]]} Move
 *
 * @typedef {Said & {alter: string, unaltered: (Said & {moved: Move[]}) | null}} Answer
 */

/** Whether a trace is one of which the server can say it. @param {State} state */
function canSay({ trace }) {
  return trace?.origin.source === "live" && trace.complete && location.protocol.startsWith("http");
}

/** The answer about the newest trace. Panels share one, so that it is asked for once. */
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
      // nothing is shown then: the routing itself is there
    }
    wake();
  }
  return {
    /** The answer about the trace on screen; null until it is there, and where there is none. @param {State} state @param {() => void} wake @returns {Answer | null} */
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

/** How many tokens each expert took and lost, most moved first: "layer.expert" and the difference. @param {Move[]} moved */
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

/** Who took the tokens that one tower lost, most first. @param {Move[]} moved @param {{layer: number, expert: number}} tower */
export function takersOf(moved, { layer, expert }) {
  const here = moved.filter(([, at, lost]) => at === layer && lost.includes(expert));
  return gainsOf(here)
    .filter(({ taken }) => taken)
    .sort((a, b) => b.taken - a.taken);
}
