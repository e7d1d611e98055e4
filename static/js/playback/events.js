/**
 * The events up to a time; no other module decides which have happened. An event is a token at a layer: it arrives, then
 * its top-k experts fire. Pure.
 *
 * The cursor calls back once for every event that time passes. A frame costs O(tokens in flight), independent of trace
 * length.
 *
 * @import {Timeline, Trace} from "../types.js"
 */

import { columnsOf } from "../trace/trace.js";

/**
 * @typedef {object} Listener
 * @property {(trace: Trace) => void} reset   nothing has happened yet: another trace starts, or time ran back
 * @property {(token: number, layer: number, trace: Trace) => void} [arrive]  in order of layers for one token, in any
 *   order among tokens; so is `fire`
 * @property {(token: number, layer: number, trace: Trace) => void} fire
 * @property {(token: number, layer: number, trace: Trace) => void} [unfire]  undoes a firing, last layer first.
 *   Without it, a step back or another timeline causes a `reset` and a replay from the start.
 *
 * @typedef {Pick<Timeline, "fires"> & Partial<Pick<Timeline, "arrives" | "mode" | "tokens" | "layers" | "duration">>} Moments
 *   `fires` and `arrives` must not decrease with the token or the layer
 */

/** @param {Listener} listener */
export function createCursor(listener) {
  let of = ""; // the trace
  /** @type {Moments | null} */
  let followed = null;
  let last = -Infinity;
  /** @type {number[]} of each token that has begun: layers that it has arrived at, layers that it has fired at */
  let arrived = [];
  /** @type {number[]} */
  let fired = [];
  let done = 0; // tokens below it have fired at every layer

  /** @param {Trace} trace */
  function restart(trace) {
    [arrived, fired, done] = [[], [], 0];
    listener.reset(trace);
  }

  /** Goes back to an earlier time, or changes to another timeline. @param {Trace} trace @param {Moments} moments @param {number} time */
  function rewind(trace, moments, time) {
    if (!listener.unfire) return restart(trace);
    if (moments !== followed) done = 0; // other times: check every token again
    while (done > 0 && moments.fires(done - 1, trace.model.layers - 1) > time) done--;
  }

  /** Moves one token to a time. @param {Trace} trace @param {Moments} moments @param {number} time @param {number} token */
  function settle(trace, moments, time, token) {
    const { layers } = trace.model;
    let [at, front] = [arrived[token] ?? 0, fired[token] ?? 0];
    if (listener.arrive && moments.arrives)
      while (at < layers && moments.arrives(token, at) <= time) listener.arrive(token, at++, trace);
    while (front < layers && moments.fires(token, front) <= time) listener.fire(token, front++, trace);
    while (front > 0 && listener.unfire && moments.fires(token, front - 1) > time)
      listener.unfire(token, --front, trace);
    [arrived[token], fired[token]] = [at, front];
    if (token === done && front === layers) done++;
  }

  return {
    /**
     * Moves to a time, for the tokens received so far.
     * @param {Trace} trace
     * @param {Moments} moments
     * @param {number} time  seconds
     */
    advance(trace, moments, time) {
      const now = identityOf(trace);
      const other = !followed || !sameMoments(followed, moments);
      if (now !== of) restart(trace);
      else if (time < last || other) rewind(trace, moments, time);
      [of, followed, last] = [now, moments, time];
      const first = listener.arrive && moments.arrives ? moments.arrives : moments.fires;
      const tokens = Math.min(trace.received, moments.tokens ?? Infinity);
      for (let token = done; token < tokens; token++) {
        if (token >= fired.length && first(token, 0) > time) break; // later tokens have not started either
        settle(trace, moments, time, token);
      }
      while (fired.length && !fired[fired.length - 1] && !arrived[fired.length - 1]) {
        fired.pop();
        arrived.pop();
      }
    },
  };
}

/** Returns the identity of a trace. A trace that grows keeps it. @param {Trace} trace */
function identityOf({ id, model }) {
  return [id, model.layers, model.experts, columnsOf(model)].join();
}

/** Returns whether two timelines have the same times. @param {Moments} a @param {Moments} b */
function sameMoments(a, b) {
  if (a === b) return true;
  const same = /** @type {const} */ (["mode", "tokens", "layers", "duration"]).every(
    (key) => a[key] === b[key],
  );
  return same && a.duration !== undefined;
}
