/**
 * The second stack of a comparison: its own trace and scene, on the playback clock of the first.
 *
 * @import {Boot} from "../boot_types.js"
 * @import {Answer, State, View} from "../types.js"
 * @import {Connection, Listener} from "./loading.js"
 * @import {Store} from "./store.js"
 */

import { createHits } from "../counts/expert_uses.js";
import { followedAt, NOWHERE, reach, timeBeside, timelineOf } from "../playback/timeline.js";
import { secondView } from "../view/comparison.js";
import { sameRequest, noticesOf, sameKeys, withSecondAnswer, withRequestOf } from "../view/request.js";
import { createLoading } from "./loading.js";
import { initialState } from "./state.js";
import { createStore } from "./store.js";

/**
 * @param {Store<State>} first
 * @param {(listener: Listener) => Connection} connect
 * @param {() => void} wake
 * @param {Boot} boot
 */
export function createSecondStack(first, connect, wake, boot) {
  const hits = createHits();
  /** @type {Store<State>} */
  const store = createStore(initialState({ view: secondView(first.get().view), notices: [] }));
  const loading = createLoading(store, connect, { begin: () => ({}) }, { openRequestOf, withAnswer: hear });
  let of = /** @type {View | null} */ (null);
  let asked = false;
  store.subscribe(wake);

  /** Returns the request of the first stack, and the keys in which the second differs. @param {Pick<State, "view" | "around">} state */
  function openRequestOf({ view, around }) {
    return { request: view.given, second: view.b ?? {}, ...(around && { around }) };
  }

  /** Writes the understood keys into the address through the first stack. @param {View} view @param {Answer} answer */
  function hear(view, answer) {
    const next = withSecondAnswer(view, answer);
    const { view: before, notices } = first.get();
    if (before.b && sameKeys(before.b, view.b))
      first.set({ view: { ...before, b: next.b }, notices: [...notices, ...noticesOf(answer)] });
    return { view: next, notices: [] };
  }

  /** Keeps the request keys of the second stack until the first stack or the comparison changes. @param {View} view */
  function follow(view) {
    const { view: own } = store.get();
    const same = sameRequest(own, view) && sameKeys(own.b, view.b);
    store.set({ view: same ? withRequestOf(boot, secondView(view), own) : secondView(view) });
  }

  /** Moves the second stack to the time of the first. */
  function syncToFirst() {
    const state = first.get();
    if (!state.view.b) return;
    const unsure = state.loading === "asking" && (asked || state.changed.length > 0);
    if (unsure && !asked) return; // the keys of the second depend on the answer to the first
    if (store.get().around !== state.around) store.set({ around: state.around });
    if (state.view !== of && !unsure) {
      store.set({ still: state.still });
      follow((of = state.view));
    }
    if (!asked) loading.open();
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
    /** Closes the connection. */
    close: () => loading.close(),
    disconnect: loading.disconnect,
    reconnect: loading.reconnect,
    /** Returns whether the second stack has reached its final state. */
    settled: () => store.get().loading === "failed" || store.get().trace?.complete === true,
  };
}
