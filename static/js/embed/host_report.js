/**
 * The state and events of the page in the form that host pages receive: plain JSON, tokens and layers from 1. Pure.
 *
 * @import {Boot} from "../boot_types.js"
 * @import {State} from "../types.js"
 */

import { statusOf } from "../state/state.js";
import { choices } from "../trace/trace.js";
import { numberOf, totalOf } from "../trace/window.js";
import { formatView, currentView } from "../view/url.js";
import { keysOf } from "./view_patch.js";

/** @param {State} state @param {Boot} boot */
export function report(state, boot) {
  const { trace, timeline, at, whole } = state;
  const hits = whole?.unique ?? state.hits;
  const view = currentView(state);
  const model = trace?.model;
  return {
    view: keysOf(view, boot),
    query: formatView(view, boot),
    status: statusOf(state),
    error: state.error,
    playing: state.playing,
    time: state.time,
    duration: timeline?.duration ?? 0,
    tokens: trace ? totalOf(trace) : 0,
    layers: model?.layers ?? 0,
    at: at.token < 0 ? null : place(state),
    badge: trace?.origin.badge ?? null,
    note: trace?.origin.note ?? null,
    counters: {
      total_p: model?.total_p ?? null,
      active_p: model?.active_p ?? null,
      token: trace?.tokens[at.token]?.text ?? null,
      experts_hit: hits,
      experts_all: model ? model.layers * model.experts : null,
    },
  };
}

/** @param {State} state  in which an event has fired */
function place({ trace, at, view }) {
  const all = view.mode === "all"; // all tokens are at this layer
  return {
    token: all ? null : numberOf(trace, at.token),
    layer: at.layer + 1,
    text: all ? null : (trace?.tokens[at.token]?.text ?? null),
  };
}

/**
 * Returns the events between two states, in order: [type, detail].
 * @param {State} state
 * @param {State} before
 * @returns {[string, object][]}
 */
export function eventsBetween(state, before) {
  const { trace, timeline, at, view } = state;
  /** @type {[string, object][]} */
  const events = [];
  if (!trace || !timeline) return events;
  if (at !== before.at && at.token >= 0) {
    if (at.token !== before.at.token && view.mode !== "all")
      events.push(["token", { ...place(state), tokens: totalOf(trace) }]);
    events.push(["layer", { ...place(state), experts: chosen(state) }]);
  }
  const finished = before.playing && !state.playing && state.time >= timeline.duration;
  if (finished) events.push(["end", { experts_hit: state.hits }]);
  return events;
}

/** Returns the experts of the token with their weights; in ALL AT ONCE the number of tokens per expert. @param {State} state */
function chosen({ trace, at, view }) {
  if (!trace) return [];
  if (view.mode !== "all")
    return choices(trace, at.token, at.layer).map(({ expert, weight, dropped }) => ({
      expert,
      weight,
      ...(dropped && { dropped }),
    }));
  /** @type {Map<number, number>} */
  const tokens = new Map();
  for (let token = 0; token < trace.received; token++) {
    for (const { expert, dropped } of choices(trace, token, at.layer))
      if (!dropped) tokens.set(expert, (tokens.get(expert) ?? 0) + 1);
  }
  return [...tokens].sort(([a], [b]) => a - b).map(([expert, count]) => ({ expert, tokens: count }));
}
