/**
 * The front: how far each token has come. Calls back once for every arrival and every firing that time
 * passes; when time runs back, or the trace or the timeline is another one, it says `reset` and replays from
 * the start. Pure.
 *
 *
 * @typedef {object} Listener
 * @property {() => void} reset
 * @property {(token: number, layer: number) => void} arrive  in order of layers for one token, in any order
 *   among tokens
 * @property {(token: number, layer: number) => void} fire
 *
 * @import {Timeline, Trace} from "../types.js"
 */

import { columnsOf } from "../trace/trace.js";

/** @param {Listener} listener */
export function createFront(listener) {
  let identity = "";
  let last = -Infinity;
  let arrived = new Uint16Array(0); // [T] layers that the token has arrived at
  let fired = new Uint16Array(0); // [T]

  function restart(/** @type {number} */ tokens) {
    arrived = new Uint16Array(tokens);
    fired = new Uint16Array(tokens);
    listener.reset();
  }

  return {
    /** Layers that token t has fired at. */
    fired: (/** @type {number} */ token) => fired[token],

    advance(/** @type {Trace} */ trace, /** @type {Timeline} */ timeline, /** @type {number} */ time) {
      const now = identify(trace, timeline);
      if (now !== identity || time < last) restart(timeline.tokens);
      [identity, last] = [now, time];
      for (let token = 0; token < Math.min(trace.received, timeline.tokens); token++) {
        while (arrived[token] < timeline.layers && timeline.arrives(token, arrived[token]) <= time) {
          listener.arrive(token, arrived[token]++);
        }
        while (fired[token] < arrived[token] && timeline.fires(token, fired[token]) <= time) {
          listener.fire(token, fired[token]++);
        }
      }
    },
  };
}

/** What must be equal for two timelines of two traces to go on from each other. */
function identify(/** @type {Trace} */ trace, /** @type {Timeline} */ { mode, tokens, layers, duration }) {
  return [trace.id, trace.model.experts, columnsOf(trace.model), mode, tokens, layers, duration].join();
}
