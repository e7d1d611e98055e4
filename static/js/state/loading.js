/**
 * Loads a trace into the store and keeps the state of loading. The trace comes from the socket, a dropped file or an
 * exported page; the rest of the page does not depend on its origin.
 *
 * @import {Answer, Notice, State, Token, Trace, View} from "../types.js"
 * @import {Player} from "../playback/player.js"
 * @import {createSocket} from "../trace/socket.js"
 * @import {TraceMessage, OpenRequest} from "../trace/wire.js"
 * @import {LoadingEvent} from "./state.js"
 * @import {Store} from "./store.js"
 */

import { expectedOf, isRouted, timelineOf } from "../playback/timeline.js";
import { asWritten, createTrace, withEnd, withStep, withTokens } from "../trace/trace.js";
import { placeOf, samePart, totalOf } from "../trace/window.js";
import { keptFold } from "../view/layers.js";
import { noticesOf, sameKeys, withAnswer } from "../view/request.js";
import { words } from "../words/words.js";
import { nextLoading, statusOf } from "./state.js";

/** @typedef {Pick<ReturnType<typeof createSocket>, "open" | "retry"> & {renew?: () => void, rest?: () => void, stop?: () => void, close?: () => void}} Connection */
/** @typedef {Omit<Parameters<typeof createSocket>[0], "url">} Listener */
/** @typedef {(trace: Trace) => Trace} Change */

/** Generated tokens are added to the trace this many seconds before they enter. */
const LEAD = 0.05;

/** Returns whether two traces have the same tokens and layers. Playback then keeps its time. @param {Trace | null} a @param {Trace} b */
export function sameTokensAndLayers(a, b) {
  if (!a || a.model.layers !== b.model.layers || a.tokens.length !== b.tokens.length) return false;
  if (!samePart(a, b)) return false;
  return (
    a.origin.badge === b.origin.badge && a.tokens.every(({ text }, token) => text === b.tokens[token].text)
  );
}

/**
 * Clamps the places that a link named to the trace that arrived. The link counts tokens in the whole of a long trace. In
 * the result `path` counts tokens of the loaded part, and is null outside it.
 * @param {View} view
 * @param {Trace} trace
 * @returns {{view: View, notices: Notice[]}}
 */
export function clampToTrace(view, trace) {
  const { model } = trace;
  const total = totalOf(trace);
  const kept = { ...view };
  /** @type {Notice[]} */
  const notices = [];
  for (const [name, last] of /** @type {const} */ ([
    ["token", total],
    ["layer", model.layers],
    ["floor", model.layers],
    ["path", total],
  ])) {
    const value = view[name];
    if (value === null || value < last) continue;
    kept[name] = last - 1;
    notices.push({ field: name, message: words.beyondTrace(name, last, value + 1) });
  }
  if (kept.path !== null) kept.path = placeOf(trace, kept.path);
  if (view.fold && view.fold.first >= model.layers)
    notices.push({ field: "fold", message: words.foldBeyond(model.layers, view.fold.first + 1) });
  kept.fold = view.fold && keptFold(view.fold, model.layers);
  if (view.tower && (view.tower.layer >= model.layers || view.tower.expert >= model.experts)) {
    kept.tower = null;
    notices.push({ field: "tower", message: words.towerBeyond(model.layers, model.experts) });
  }
  return { view: kept, notices };
}

/**
 * Returns how many tokens of a trace must arrive before it is shown: up to the token of a link, or as many as are on
 * screen while a model generates. Any other trace is shown at once.
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
 * The request of a stack for a state, and the view after the answer.
 * @typedef {object} StackRole
 * @property {(state: Pick<State, "view" | "changed" | "around">) => OpenRequest} openRequestOf
 * @property {(view: View, answer: Answer) => {view: View, notices: Notice[]}} withAnswer
 */

/** The first stack, which the panels show. @type {StackRole} */
const FIRST = {
  openRequestOf: ({ view, changed, around }) => ({
    request: view.given,
    ...(changed.length && { changed }),
    ...(around && { around }),
  }),
  withAnswer: (view, answer) => ({ view: withAnswer(view, answer), notices: noticesOf(answer) }),
};

/**
 * Changes of a generation that wait until playback reaches them: the next token when it enters, and the routing of the tokens
 * before it.
 * @param {Store<State>} store
 * @param {(change: Change) => void} apply
 * @param {() => void} finish  called after the last change
 */
function createQueue(store, apply, finish) {
  /** @type {{grows: boolean, change: Change}[]} */
  let waiting = [];
  /** Returns whether the next token may enter. */
  function hasRoom() {
    const { trace, timeline, time, view, still } = store.get();
    if (!trace || !timeline || view.mode === "all" || still) return true;
    return time + LEAD >= timeline.entry(trace.tokens.length);
  }
  function release() {
    while (waiting.length && (!waiting[0].grows || hasRoom())) {
      const [{ change }] = waiting.splice(0, 1);
      apply(change);
      if (store.get().trace?.complete) finish();
    }
  }
  return {
    release,
    /** @param {{grows: boolean, change: Change}} next */
    push(next) {
      waiting.push(next);
      release();
    },
    clear() {
      waiting = [];
    },
  };
}

/** Returns the state of loading: ready once all tokens up to the current time are routed. @param {State} state */
function settled(state) {
  if (!isRouted(state)) return state.loading;
  return nextLoading(state.loading, state.writing ? "grow" : "route");
}

/**
 * @param {Store<State>} store
 * @param {(listener: Listener) => Connection} connect
 * @param {Pick<Player, "begin">} player  sets the playhead of a new trace
 * @param {StackRole} [side]
 */
export function createLoading(store, connect, player, side = FIRST) {
  /** The last request. In the states after `asking` the trace in the store is its answer. */
  let asked = side.openRequestOf(store.get());
  /** @type {{trace: Trace, needed: number, answer: Answer} | null} the new trace, until it is shown */
  let coming = null;
  const queue = createQueue(store, apply, finish);

  const connection = connect({
    onTrace(message) {
      const trace = createTrace({ ...message, tokens: marked(message) });
      coming = { trace, needed: neededOf(store.get(), trace), answer: message };
      queue.clear();
      showTrace();
    },
    onTokens: ({ from, tokens }) =>
      receive((trace) => withTokens(trace, asWritten(tokens.slice(trace.tokens.length - from))), true),
    onStep: (step) => receive((trace) => withStep(trace, step)),
    onEnd: () => receive(withEnd),
    onError: ({ message }) =>
      store.set({ loading: moved("fail"), error: message, playing: false, writing: "" }),
    onState: (connection) => store.set({ connection }),
  });

  /** @param {LoadingEvent} event */
  const moved = (event) => nextLoading(store.get().loading, event);

  /** @param {Change} change @param {boolean} [grows]  by a generated token, which is added when it enters */
  function receive(change, grows = false) {
    if (coming) {
      coming.trace = change(coming.trace);
      showTrace();
    } else if (store.get().writing) queue.push({ grows, change });
    else apply(change);
  }

  /** Shows a new trace once enough of it has arrived. Trace, view and playhead change in one step. */
  function showTrace() {
    if (!coming || !(coming.trace.complete || coming.trace.received >= coming.needed)) return;
    const before = store.get();
    const { trace, answer } = coming;
    coming = null;
    const heard = side.withAnswer(before.view, answer);
    const { view, notices } = clampToTrace(heard.view, trace);
    const beyond = notices.filter(({ field }) => field !== "tower" || !before.changed.length);
    const shown = {
      ...before,
      trace,
      timeline: timelineOf(view.mode, trace),
      view,
      changed: [],
      error: "",
      hover: null,
      notices: [...before.notices, ...heard.notices, ...beyond],
    };
    const place = player.begin(shown, sameTokensAndLayers(before.trace, trace));
    asked = side.openRequestOf({ ...shown, ...place });
    store.set({ ...shown, ...place, loading: settled({ ...shown, ...place, loading: moved("show") }) });
    settle();
  }

  /** @param {Change} change */
  function apply(change) {
    const { trace: before, view } = store.get();
    if (!before || before.complete) return;
    const trace = change(before);
    const grown = trace.tokens.length !== before.tokens.length;
    store.set(grown ? { trace, timeline: timelineOf(view.mode, trace) } : { trace });
  }

  /** Ends a generation. The address gets the number of generated tokens. */
  function finish() {
    const { view, trace } = store.get();
    queue.clear();
    const written = withWritten(view, trace?.tokens.filter((token) => token.written).length ?? 0);
    asked = side.openRequestOf({ view: written, changed: [], around: store.get().around });
    store.set({ writing: "", view: written, changed: [], loading: moved("end") });
  }
  function settle() {
    const state = store.get();
    store.set({
      loading: state.trace?.complete && !state.writing ? nextLoading(settled(state), "end") : settled(state),
    });
  }
  function open() {
    const { loading, writing } = store.get();
    coming = null;
    queue.clear();
    asked = side.openRequestOf(store.get());
    const extends_ = writing !== "" && (loading === "ready" || loading === "growing");
    store.set(extends_ ? { loading: moved("extend") } : { loading: moved("ask"), error: "" });
    connection.open(asked);
  }
  store.subscribe((state, before) => {
    const openRequest = side.openRequestOf(state);
    const same = sameKeys(openRequest.request, asked.request) && sameKeys(openRequest.second, asked.second);
    if (!same || openRequest.around !== asked.around) return open();
    if (state.time !== before.time || state.view.mode !== before.view.mode) queue.release();
    settle();
  });
  return {
    open,
    close: () => connection.close?.(),
    /** Disconnects a page that is no longer visible, unless nothing is shown yet. */
    disconnect: () => statusOf(store.get()) === "ready" && connection.rest?.(),
    /** Reconnects when the page is visible again or the network returns. @param {boolean} doubtful  the network changed meanwhile */
    reconnect: (doubtful) => (doubtful ? connection.renew?.() : connection.retry()),
    retry: () => (store.get().loading === "failed" ? open() : connection.retry()),
    /** Stops a generation and keeps its tokens. */
    stop() {
      if (!store.get().writing) return;
      connection.stop?.();
      coming = null;
      apply((trace) => withEnd({ ...trace, tokens: trace.tokens.slice(0, trace.received) }));
      finish();
      store.set({ loading: moved("show") });
      settle();
    },
  };
}

/** Returns the view with a number of generated tokens. @param {View} view @param {number} count @returns {View} */
function withWritten(view, count) {
  const { continue: _, ...rest } = view.given;
  const given = count ? { ...rest, continue: count } : rest;
  return { ...view, continue: count, given, asks: given };
}

/** Returns the tokens of a message, with generated ones marked. @param {TraceMessage} message @returns {Token[]} */
function marked({ tokens, origin }) {
  const given = origin.prompt_tokens ?? tokens.length;
  return [...tokens.slice(0, given), ...asWritten(tokens.slice(given))];
}
