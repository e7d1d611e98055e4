/**
 * Navigates a long trace, of which the page holds a part. Another part is requested when a user goes there and when
 * playback reaches the end of a part. Loads count the whole trace, on the server.
 *
 * @import {State} from "../types.js"
 * @import {Store} from "./store.js"
 * @import {WholeCounts} from "../api/counts.js"
 */

import { firstOf, partOf, placeOf } from "../trace/window.js";

/**
 * @param {Store<State>} store
 * @param {(trace: string) => Promise<WholeCounts>} fetchCounts
 */
export function createLongTrace(store, fetchCounts) {
  let counted = "";

  /** Requests the part with a token of the whole. @param {number} token @param {number} [layer] */
  function ask(token, layer = 0) {
    const { view } = store.get();
    store.set({ around: token, playing: false, view: { ...view, token, layer, path: null } });
  }

  /** Continues with the next part at the end of one. @param {State} state @param {State} before */
  function goOn({ trace, timeline, time, playing, film, loading }, before) {
    const part = partOf(trace);
    if (!part || !trace?.complete || trace !== before.trace || film !== null || loading === "asking") return;
    const ended = before.playing && !playing && timeline !== null && time >= timeline.duration;
    const next = part.from + trace.tokens.length;
    if (ended && next < part.of) store.set({ around: next });
  }

  /** Requests the counts of the whole once per trace. @param {State} state */
  function count({ trace }) {
    const name = (partOf(trace) && (trace?.origin.trace ?? trace?.origin.fingerprint)) || "";
    if (name === counted) return;
    counted = name;
    store.set({ whole: null, ...(name && { span: "whole" }) });
    if (!name) return;
    fetchCounts(name).then(
      (whole) => name === counted && store.set({ whole }),
      () => (counted = ""), // the next part retries
    );
  }

  store.subscribe((state, before) => {
    if (state.trace?.id !== before.trace?.id) count(state);
    if (state.playing !== before.playing) goOn(state, before);
  });

  return {
    /** Requests the part of a token of the whole, if the page does not hold it. @param {{token?: number, layer?: number}} to @returns {boolean} */
    visit({ token, layer }) {
      const { trace } = store.get();
      if (token === undefined || !partOf(trace) || !trace || placeOf(trace, token) !== null) return false;
      ask(token, layer);
      return true;
    },
    /** Handles a single step that leaves the part. @param {"token" | "layer"} by @param {1 | -1} direction @returns {boolean} */
    step(by, direction) {
      const { trace, at, view } = store.get();
      const part = partOf(trace);
      if (!trace || !part || at.token < 0 || view.mode === "all") return false;
      const edge = direction > 0 ? trace.tokens.length - 1 : 0;
      const rim = direction > 0 ? trace.model.layers - 1 : 0;
      const token = firstOf(trace) + at.token + direction;
      if (at.token !== edge || token < 0 || token >= part.of) return false;
      if (by === "layer" && at.layer !== rim) return false;
      ask(token, by === "token" ? at.layer : trace.model.layers - 1 - rim);
      return true;
    },
  };
}

/** @typedef {ReturnType<typeof createLongTrace>} LongTrace */
