/**
 * Brings a trace into the store: from the socket here, from a file in an exported page. The page learns nothing else of
 * where routing comes from.
 *
 * @import {Notice, State, Trace, View} from "./types.js"
 * @import {Store} from "./store.js"
 * @import {createSocket} from "./socket.js"
 */

import { isRouted } from "./player.js";
import { createTimeline } from "./playback.js";
import { createTrace, withEnd, withStep } from "./trace.js";
import { asksTheSame } from "./address.js";
import { requestOf } from "./url.js";
import { words } from "./words.js";

/** @typedef {Pick<ReturnType<typeof createSocket>, "open" | "retry">} Connection */
/** @typedef {Omit<Parameters<typeof createSocket>[0], "url">} Listener */

/** The same tokens through as many layers: playback stays where it is. @param {Trace | null} a @param {Trace} b */
export function sameJourney(a, b) {
  if (!a || a.model.layers !== b.model.layers || a.tokens.length !== b.tokens.length) return false;
  return a.origin.badge === b.origin.badge && a.tokens.every(({ text }, token) => text === b.tokens[token].text);
}

/**
 * What a link asked of a trace before it was there, held against the trace that came.
 * @param {View} view
 * @param {Trace} trace
 * @returns {{view: View, notices: Notice[]}}
 */
export function withinTrace(view, { model, tokens }) {
  const kept = { ...view };
  /** @type {Notice[]} */
  const notices = [];
  for (const [name, last] of /** @type {const} */ ([["token", tokens.length], ["layer", model.layers], ["floor", model.layers], ["path", tokens.length]])) {
    const value = view[name];
    if (value === null || value < last) continue;
    kept[name] = last - 1;
    notices.push({ field: name, message: words.beyondTrace(name, last, value + 1) });
  }
  if (view.tower && view.tower.layer >= model.layers) kept.tower = null;
  return { view: kept, notices };
}

/**
 * @param {Store<State>} store
 * @param {(listener: Listener) => Connection} connect
 * @param {(trace: Trace, keep: boolean) => void} begin  a new trace is there: go to its start, or stay
 */
export function createFeed(store, connect, begin) {
  /** The trace in the store answers the request in the view. */
  let answered = false;
  const connection = connect({
    onTrace(message) {
      const trace = createTrace(message);
      const { view, notices } = withinTrace(store.get().view, trace);
      const before = store.get();
      const keep = sameJourney(before.trace, trace);
      const timeline = createTimeline(view.mode, trace.tokens.length, trace.model.layers);
      store.set({ trace, timeline, view, error: "", hover: null, notices: [...before.notices, ...notices] });
      begin(trace, keep);
      answered = true;
      settle();
    },
    onStep: (step) => put((trace) => withStep(trace, step)),
    onEnd: () => put(withEnd),
    onError: ({ message }) => store.set({ status: "error", error: message, playing: false }),
    onState: (connection) => store.set({ connection }),
  });

  /** @param {(trace: Trace) => Trace} change */
  function put(change) {
    const { trace } = store.get();
    if (trace) store.set({ trace: change(trace) });
  }
  function settle() {
    const state = store.get();
    if (answered && state.status === "loading" && isRouted(state)) store.set({ status: "ready" });
  }
  function open() {
    answered = false;
    store.set({ status: "loading", error: "" });
    connection.open(requestOf(store.get().view));
  }
  store.subscribe((state, before) => {
    if (!asksTheSame(state.view, before.view)) open();
    else settle();
  });
  return { open, retry: () => (store.get().status === "error" ? open() : connection.retry()) };
}
