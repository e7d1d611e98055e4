/**
 * Brings a trace into the store: from the socket here, from a file in an exported page. The page learns nothing else of
 * where routing comes from.
 *
 * @import {Notice, State, Token, Trace, View} from "../types.js"
 * @import {Player} from "../playback/player.js"
 * @import {createSocket} from "../trace/socket.js"
 * @import {TraceMessage} from "../trace/wire.js"
 * @import {Store} from "./store.js"
 */

import { expectedOf, isRouted, timelineOf } from "../playback/timeline.js";
import { asWritten, createTrace, withEnd, withStep, withTokens } from "../trace/trace.js";
import { asksTheSame, requestOf } from "../view/keys.js";
import { foldWithin } from "../view/layers.js";
import { words } from "../words/words.js";

/** @typedef {Pick<ReturnType<typeof createSocket>, "open" | "retry"> & {renew?: () => void, rest?: () => void, stop?: () => void, close?: () => void}} Connection */
/** @typedef {Omit<Parameters<typeof createSocket>[0], "url">} Listener */
/** @typedef {(trace: Trace) => Trace} Change */

/** A token that the model wrote is put into the picture this many seconds before it enters. */
const LEAD = 0.05;

/** The same tokens through as many layers: playback stays where it is. @param {Trace | null} a @param {Trace} b */
export function sameJourney(a, b) {
  if (!a || a.model.layers !== b.model.layers || a.tokens.length !== b.tokens.length) return false;
  return (
    a.origin.badge === b.origin.badge && a.tokens.every(({ text }, token) => text === b.tokens[token].text)
  );
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
  for (const [name, last] of /** @type {const} */ ([
    ["token", tokens.length],
    ["layer", model.layers],
    ["floor", model.layers],
    ["path", tokens.length],
  ])) {
    const value = view[name];
    if (value === null || value < last) continue;
    kept[name] = last - 1;
    notices.push({ field: name, message: words.beyondTrace(name, last, value + 1) });
  }
  const fold = view.fold && foldWithin(view.fold, model.layers);
  if (view.fold && view.fold.first >= model.layers)
    notices.push({ field: "fold", message: words.foldBeyond(model.layers, view.fold.first + 1) });
  kept.fold = fold;
  if (view.tower && view.tower.layer >= model.layers) kept.tower = null;
  return { view: kept, notices };
}

/**
 * How many tokens a trace needs before it is shown: as many as a link points at, or as there are on screen when a model
 * goes on writing them. One that a model does not write is shown at once.
 * @param {State} state
 * @param {Trace} fresh
 */
function neededOf({ view, writing, trace }, fresh) {
  if (expectedOf(fresh) === fresh.tokens.length) return 0;
  const asked = Math.max(view.token ?? -1, view.path ?? -1) + 1;
  const old = writing === "on" && trace ? trace.tokens : [];
  const goesOn = old.every(({ text, written }, token) => written || text === fresh.tokens[token]?.text);
  return Math.min(
    expectedOf(fresh),
    Math.max(asked > fresh.tokens.length ? asked : 0, goesOn ? old.length : 0),
  );
}

/**
 * @param {Store<State>} store
 * @param {(listener: Listener) => Connection} connect
 * @param {Pick<Player, "begin" | "awaitNext">} player  is told that a new trace is there
 */
export function createFeed(store, connect, player) {
  /** What was asked last; the trace in the store answers it once `answered`. */
  let asked = store.get().view;
  let answered = false;
  /** @type {{trace: Trace, needed: number} | null} a trace that is not shown yet */
  let coming = null;
  /** @type {{grows: boolean, change: Change}[]} what has arrived and waits for playback */
  let waiting = [];

  const connection = connect({
    onTrace(message) {
      const trace = createTrace({ ...message, tokens: marked(message) });
      coming = { trace, needed: neededOf(store.get(), trace) };
      waiting = [];
      show();
    },
    onTokens: ({ from, tokens }) =>
      take((trace) => withTokens(trace, asWritten(tokens.slice(trace.tokens.length - from))), true),
    onStep: (step) => take((trace) => withStep(trace, step)),
    onEnd: () => take(withEnd),
    onError: ({ message }) => store.set({ status: "error", error: message, playing: false, writing: "" }),
    onState: (connection) => store.set({ connection }),
  });

  /** @param {Change} change @param {boolean} [grows]  by a token that playback is to meet as it enters */
  function take(change, grows = false) {
    if (coming) {
      coming.trace = change(coming.trace);
      show();
    } else if (store.get().writing) {
      waiting.push({ grows, change });
      release();
    } else put(change);
  }

  /** Shows the trace that came, if enough of it is there. */
  function show() {
    if (!coming || !(coming.trace.complete || coming.trace.received >= coming.needed)) return;
    const before = store.get();
    const { trace } = coming;
    coming = null;
    const { view, notices } = withinTrace(before.view, trace);
    const keep = sameJourney(before.trace, trace);
    asked = { ...view };
    store.set({
      trace,
      timeline: timelineOf(view.mode, trace),
      view,
      error: "",
      hover: null,
      notices: [...before.notices, ...notices],
    });
    player.begin(trace, keep || before.writing !== "");
    answered = true; // and not before playback stands where a link said: it may wait for tokens there
    if (before.writing) player.awaitNext();
    settle();
  }

  /** What playback has room for: the next token when it is to enter, and all that belongs to those that are there. */
  function release() {
    while (waiting.length && (!waiting[0].grows || hasRoom(store.get()))) {
      const [{ change }] = waiting.splice(0, 1);
      put(change);
      if (store.get().trace?.complete) finish();
    }
  }
  /** @param {State} state */
  function hasRoom({ trace, timeline, time, view, still }) {
    if (!trace || !timeline || view.mode === "all" || still) return true;
    return time + LEAD >= timeline.entry(trace.tokens.length);
  }

  /** @param {Change} change */
  function put(change) {
    const { trace: before, view } = store.get();
    if (!before || before.complete) return;
    const trace = change(before);
    const grown = trace.tokens.length !== before.tokens.length;
    store.set(grown ? { trace, timeline: timelineOf(view.mode, trace) } : { trace });
  }

  /** Nothing more is written: the address says how much was. */
  function finish() {
    const { view, trace } = store.get();
    waiting = [];
    asked = { ...view, continue: trace?.tokens.filter(({ written }) => written).length ?? 0 };
    store.set({ writing: "", view: asked });
  }
  function settle() {
    const state = store.get();
    if (answered && state.status === "loading" && isRouted(state)) store.set({ status: "ready" });
  }
  function open() {
    const { view, status } = store.get();
    answered = false;
    coming = null;
    waiting = [];
    asked = view;
    if (!(status === "ready" && store.get().writing)) store.set({ status: "loading", error: "" });
    connection.open(requestOf(view));
  }
  store.subscribe((state, before) => {
    if (!asksTheSame(state.view, asked)) return open();
    if (state.time !== before.time || state.view.mode !== before.view.mode) release();
    settle();
  });
  return {
    open,
    close: () => connection.close?.(),
    /** Nobody looks at it any more. Before there is anything to see, somebody may still wait for it. */
    rest: () => store.get().status === "ready" && connection.rest?.(),
    /** A person is here again. @param {boolean} doubtful  the network changed meanwhile */
    comeBack: (doubtful) => (doubtful ? connection.renew?.() : connection.retry()),
    retry: () => (store.get().status === "error" ? open() : connection.retry()),
    /** The model writes no further; what it has written stays. */
    stop() {
      if (!store.get().writing) return;
      connection.stop?.();
      coming = null;
      put((trace) => withEnd({ ...trace, tokens: trace.tokens.slice(0, trace.received) }));
      finish();
      answered = true;
      settle();
    },
  };
}

/** The tokens of a trace that is there as a whole, those that a model wrote marked. @param {TraceMessage} message @returns {Token[]} */
function marked({ tokens, origin }) {
  const given = origin.prompt_tokens ?? tokens.length;
  return [...tokens.slice(0, given), ...asWritten(tokens.slice(given))];
}
