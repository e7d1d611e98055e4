/**
 * Traces for tests: routing that is random but the same each time.
 *
 * @import {Step, TraceMessage} from "../../static/js/trace/wire.js"
 */

import { createTrace, withEnd, withStep } from "../../static/js/trace/trace.js";
import { answerTo } from "./boot_data.js";

/** @param {number} seed @returns {() => number} 0 to 1, a linear congruential generator */
export function seeded(seed) {
  let state = seed;
  return () => (state = (1664525 * state + 1013904223) % 2 ** 32) / 2 ** 32;
}

/** @param {{tokens?: number, layers?: number, experts?: number, k?: number}} [shape] @returns {TraceMessage} */
export function messageOf({ tokens = 5, layers = 3, experts = 8, k = 2 } = {}) {
  const model = /** @type {any} */ ({ name: "authored", router: "topk_norm", layers, experts, top_k: k });
  const origin = { badge: /** @type {const} */ ("AUTHORED"), note: "made up" };
  const list = Array.from({ length: tokens }, (_, i) => ({ text: ` t${i}`, group: i % 2 ? "odd" : "even" }));
  return {
    op: "trace",
    id: 1,
    trace: `${tokens}.${layers}.${experts}.${k}`,
    from: 0,
    model,
    origin,
    tokens: list,
    ...answerTo(),
  };
}

/** @param {{layers?: number, experts?: number, k?: number}} shape @param {number} token @returns {Step} */
export function stepOf({ layers = 3, experts = 8, k = 2 }, token) {
  const random = seeded(token + 1);
  const chosen = [];
  for (let layer = 0; layer < layers; layer++) {
    const ids = new Set();
    while (ids.size < k) ids.add(Math.floor(random() * experts));
    chosen.push(...ids);
  }
  return {
    id: 1,
    token,
    layers,
    experts,
    topK: k,
    chosen: Uint16Array.from(chosen),
    weights: Float32Array.from(chosen, random),
    scores: Uint8Array.from({ length: layers * experts }, () => 255 * random()),
    dropped: null,
  };
}

/** A trace of which `received` tokens are there. @param {Parameters<typeof messageOf>[0]} [shape] @param {number} [received] */
export function traceOf(shape = {}, received = shape.tokens ?? 5) {
  let trace = createTrace(messageOf(shape));
  for (let token = 0; token < received; token++) trace = withStep(trace, stepOf(shape, token));
  return received === trace.tokens.length ? withEnd(trace) : trace;
}

/** A part of a long trace. @param {import("../../static/js/trace/window.js").Part} part @param {Parameters<typeof messageOf>[0]} [shape] */
export function partial(part, shape = {}) {
  const trace = traceOf(shape);
  return {
    ...trace,
    id: `${trace.id}.${part.from}`,
    origin: { ...trace.origin, trace: "long", window: part },
  };
}
