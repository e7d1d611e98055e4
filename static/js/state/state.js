/**
 * The initial state, and the states of loading a trace with the events that lead from one to another. Pure.
 *
 * @import {Notice, State, View} from "../types.js"
 */

import { NOWHERE } from "../playback/timeline.js";

/** @param {{view: View, notices: Notice[]}} parsed @returns {State} */
export function initialState({ view, notices }) {
  return {
    view,
    changed: [],
    notices,
    loading: "idle",
    error: "",
    connection: "connecting",
    trace: null,
    corpus: null,
    timeline: null,
    playing: false,
    shot: null,
    opening: false,
    time: 0,
    at: NOWHERE,
    hits: 0,
    hover: null,
    film: null,
    overlay: "none",
    span: "so-far",
    still: false,
    theme: view.theme,
    writing: "",
    around: view.token ?? view.path ?? 0,
    whole: null,
    scene: "waiting",
  };
}

/**
 * The states of loading.
 *
 * idle: nothing was asked. asking: a request is under way, and what is shown belongs to an earlier one. arriving: the trace
 * is in the store, but playback waits for some of its steps. growing: it is shown, and a model writes more tokens. ready:
 * scene, counters and token strip show the trace that was asked for. failed: the request was refused.
 *
 * @typedef {"idle" | "asking" | "arriving" | "growing" | "ready" | "failed"} Loading
 * @typedef {"ask" | "extend" | "show" | "route" | "grow" | "end" | "fail"} LoadingEvent
 */

/** @type {Record<Loading, Partial<Record<LoadingEvent, Loading>>>} */
const MOVES = {
  idle: { ask: "asking", fail: "failed" },
  asking: { ask: "asking", show: "arriving", fail: "failed" },
  arriving: { ask: "asking", show: "arriving", route: "ready", grow: "growing", fail: "failed" },
  growing: { ask: "asking", extend: "growing", end: "ready", fail: "failed" },
  ready: { ask: "asking", extend: "growing", fail: "failed" },
  failed: { ask: "asking" },
};

/** Moves between the states; an event that a state does not know changes nothing. @param {Loading} loading @param {LoadingEvent} event @returns {Loading} */
export function nextLoading(loading, event) {
  return MOVES[loading][event] ?? loading;
}

/** Returns the state in the words of `data-state`, `window.moescope` and host pages. @param {Pick<State, "loading">} state */
export function statusOf({ loading }) {
  if (loading === "failed") return "error";
  return loading === "ready" || loading === "growing" ? "ready" : "loading";
}
