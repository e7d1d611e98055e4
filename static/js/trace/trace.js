/**
 * A trace as it arrives, and the facts that follow from it. Pure: a trace that grew is a new object that shares the
 * arrays of the old one.
 *
 * @import {Model, Token, Trace} from "../types.js"
 * @import {Step, TraceMessage} from "./wire.js"
 */

import { NO_EXPERT } from "./wire.js";

/**
 * Nothing is routed yet.
 * @param {TraceMessage} message
 * @returns {Trace}
 */
export function createTrace({ trace: id, model, origin, tokens, bias }) {
  const empty = {
    scores: new Uint8Array(0),
    experts: new Uint16Array(0),
    weights: new Float32Array(0),
    dropped: new Uint8Array(0),
  };
  return withTokens(
    { id, model, origin, bias: bias ?? null, tokens: [], ...empty, received: 0, complete: false },
    tokens,
  );
}

/**
 * With the routing of one more token. A step that is already there changes nothing.
 * Throws where the step is of another shape, or where one before it is missing.
 * @param {Trace} trace
 * @param {Step} step
 * @returns {Trace}
 */
export function withStep(trace, step) {
  const { layers, experts } = trace.model;
  const topK = columnsOf(trace.model);
  if (step.layers !== layers || step.experts !== experts || step.topK !== topK) {
    const [expected, found] = [
      [layers, experts, topK],
      [step.layers, step.experts, step.topK],
    ].map((shape) => shape.join(", "));
    throw new Error(`step: expected layers, experts, k ${expected}, got ${found}`);
  }
  if (step.token < trace.received) return trace;
  if (step.token > trace.received || step.token >= trace.tokens.length) {
    throw new Error(`step: expected token ${trace.received} of ${trace.tokens.length}, got ${step.token}`);
  }
  const narrow = step.token * layers * topK;
  trace.scores.set(step.scores, step.token * layers * experts);
  trace.experts.set(step.chosen, narrow);
  trace.weights.set(step.weights, narrow);
  if (step.dropped) trace.dropped.set(step.dropped, narrow);
  return { ...trace, received: step.token + 1 };
}

/**
 * With more tokens after those that there are: a model that writes on.
 * @param {Trace} trace
 * @param {Token[]} more
 * @returns {Trace}
 */
export function withTokens(trace, more) {
  const { layers, experts } = trace.model;
  const topK = columnsOf(trace.model);
  const tokens = [...trace.tokens, ...more];
  const [narrow, wide] = [tokens.length * layers * topK, tokens.length * layers * experts];
  return {
    ...trace,
    tokens,
    complete: false,
    scores: grown(trace.scores, wide),
    experts: grown(trace.experts, narrow),
    weights: grown(trace.weights, narrow),
    dropped: grown(trace.dropped, narrow),
  };
}

/** All tokens are routed, and no more come. @param {Trace} trace @returns {Trace} */
export function withEnd(trace) {
  return { ...trace, complete: true };
}

/**
 * The array with `length` numbers: a longer view while there is room behind it, else a copy with room for half as much
 * again, so that a trace that grows token by token is copied a few times and not every time.
 * @template {Uint8Array | Uint16Array | Float32Array} A
 * @param {A} array
 * @param {number} length
 * @returns {A}
 */
function grown(array, length) {
  const Kind = /** @type {any} */ (array.constructor);
  if (length * array.BYTES_PER_ELEMENT <= array.buffer.byteLength) return new Kind(array.buffer, 0, length);
  const room = array.length ? Math.ceil(1.5 * length) : length;
  const copy = new Kind(room);
  copy.set(array);
  return copy.subarray(0, length);
}

/**
 * What a token was sent to in a layer, best first; without empty choices.
 * @param {Trace} trace
 * @param {number} token
 * @param {number} layer
 * @returns {Choice[]}
 */
export function choices(trace, token, layer) {
  const { layers, experts: width } = trace.model;
  const topK = columnsOf(trace.model);
  const [narrow, wide] = [(token * layers + layer) * topK, (token * layers + layer) * width];
  const found = [];
  for (let rank = 0; rank < topK; rank++) {
    const expert = trace.experts[narrow + rank];
    if (expert === NO_EXPERT) continue;
    const score = (trace.scores[wide + expert] / 255) ** 2;
    found.push({
      expert,
      rank,
      weight: trace.weights[narrow + rank],
      score,
      dropped: trace.dropped[narrow + rank] === 1,
    });
  }
  return found;
}

/** @typedef {{expert: number, rank: number, weight: number, score: number, dropped: boolean}} Choice */

/**
 * Returns the way of a token through all layers; empty where it is not routed yet.
 * @param {Trace} trace
 * @param {number} token
 * @returns {Choice[][]}
 */
export function pathOf(trace, token) {
  if (token < 0 || token >= trace.received) return [];
  return Array.from({ length: trace.model.layers }, (_, layer) => choices(trace, token, layer));
}

/**
 * Returns the tokens that were sent to an expert, in order.
 * @param {Trace} trace
 * @param {number} layer
 * @param {number} expert
 * @param {(token: number) => boolean} [counts]  which tokens to look at; all that are routed if left out
 * @returns {Served[]}
 */
export function servedBy(trace, layer, expert, counts = () => true) {
  const { layers } = trace.model;
  const topK = columnsOf(trace.model);
  const served = [];
  for (let token = 0; token < trace.received; token++) {
    const row = (token * layers + layer) * topK;
    const rank = trace.experts.subarray(row, row + topK).indexOf(expert);
    if (rank >= 0 && counts(token))
      served.push({
        token,
        weight: trace.weights[row + rank],
        rank,
        dropped: trace.dropped[row + rank] === 1,
      });
  }
  return served;
}

/** @typedef {{token: number, weight: number, rank: number, dropped: boolean}} Served */

/**
 * Returns how many columns of choices a trace has: K, or as many as the luckiest token needs where a router lets the number vary.
 * @param {Pick<Model, "top_k" | "choices">} model
 */
export function columnsOf({ top_k: topK, choices = topK }) {
  return choices;
}

/** Returns the tokens of a message with the mark that the model wrote them. @param {import("../types.js").Token[]} tokens */
export function asWritten(tokens) {
  return tokens.map((token) => ({ ...token, written: true }));
}

/** Returns whether a token of one side is the same token of the other. @param {Trace | null} a @param {Trace | null} b */
export function sameTokens(a, b) {
  return (
    a !== null &&
    b !== null &&
    a.tokens.length === b.tokens.length &&
    a.tokens.every(({ text }, i) => text === b.tokens[i].text)
  );
}
