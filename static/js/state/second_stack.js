/**
 * The second side of a comparison: its own trace and its own scene, on the clock of the first.
 *
 * @import {State, View} from "../types.js"
 * @import {Connection, Listener} from "./loading.js"
 * @import {Store} from "./store.js"
 */

import { createHits } from "../counts/expert_uses.js";
import { followedAt, NOWHERE, reach, timeBeside, timelineOf } from "../playback/timeline.js";
import { otherView } from "../view/comparison.js";
import { createLoading } from "./loading.js";
import { initialState } from "./state.js";
import { createStore } from "./store.js";

/**
 * @param {Store<State>} first
 * @param {(listener: Listener) => Connection} connect
 * @param {() => void} wake
 */
export function createSide(first, connect, wake) {
  const hits = createHits();
  /** @type {Store<State>} */
  const store = createStore(initialState({ view: otherView(first.get().view), notices: [] }));
  const feed = createLoading(store, connect, { begin: () => ({}) });
  let of = /** @type {View | null} */ (null);
  let asked = false;
  store.subscribe(wake);

  /** Stands where the first side stands. */
  function syncToFirst() {
    const state = first.get();
    if (!state.view.b) return;
    if (state.view !== of) store.set({ view: otherView((of = state.view)), still: state.still });
    if (!asked) feed.open();
    asked = true;
    const { trace, timeline: before, view } = store.get();
    if (!trace || !before) return;
    const timeline =
      before.mode === view.mode && before.tokens === trace.tokens.length
        ? before
        : timelineOf(view.mode, trace);
    const time = Math.min(timeBeside(state, timeline), reach(timeline, trace.received, trace.complete));
    const follows = timeline.tokens === state.timeline?.tokens;
    const position = follows ? followedAt(timeline, state.at.token, time) : timeline.position(time);
    const at = position.token < 0 ? NOWHERE : position;
    const { token, layer } = store.get().at;
    const same = token === at.token && layer === at.layer;
    store.set({ timeline, time, hits: hits.upTo(trace, timeline, time).unique, ...(!same && { at }) });
  }
  return {
    store,
    syncToFirst,
    /** Asks for nothing more. */
    close: () => feed.close(),
    disconnect: feed.disconnect,
    reconnect: feed.reconnect,
    /** It shows all that it will show. */
    settled: () => store.get().loading === "failed" || store.get().trace?.complete === true,
  };
}
