/**
 * What just happened, one sentence at a time, for those who listen: every event while a person steps, and no more than
 * one in a few seconds while playback runs.
 *
 * @import {State} from "../types.js"
 */

import { choices, servedBy } from "../trace.js";
import { words } from "../words.js";
import { setText } from "./element.js";

const BEARABLE_MS = 5000;
/** A step that is quickly followed by another is not worth a sentence. */
const SETTLED_MS = 350;

/** The last event as a sentence. @param {State} state */
export function eventInWords({ trace, at, view, timeline }) {
  if (!trace || !timeline || at.token < 0) return words.atStart;
  const { layers, experts } = trace.model;
  if (view.mode === "all") {
    const used = Array.from({ length: experts }, (_, expert) => servedBy(trace, at.layer, expert)).filter(({ length }) => length);
    return words.saidLayerOfAll(at.layer + 1, trace.tokens.length, used.length, experts);
  }
  return words.saidEvent(trace.tokens[at.token].text, Math.min(at.layer, layers - 1) + 1, choices(trace, at.token, at.layer));
}

/** What this change is worth saying, if anything. @param {State} state @param {State} before */
function sentence(state, before) {
  const { trace, playing, at, hits, time, timeline } = state;
  if (!trace) return null;
  const { layers, experts, top_k: k } = trace.model;
  if (trace.id !== before.trace?.id) return words.saidTrace(trace.origin.badge, trace.tokens.length, layers, experts, k);
  if (before.playing && !playing && timeline && time >= timeline.duration) return words.saidFinished(hits, layers * experts);
  if (playing !== before.playing) return playing ? words.saidPlaying : `${words.saidPaused}. ${eventInWords(state)}`;
  return at !== before.at ? eventInWords(state) : null;
}

/** @param {HTMLElement} host  a polite live region */
export function createAnnouncer(host) {
  /** @type {State | null} */
  let before = null;
  let due = 0;
  let lastSaid = -Infinity;
  return {
    /** @param {State} state */
    update(state) {
      const said = before && sentence(state, before);
      before = state;
      if (!said) return;
      const now = performance.now();
      const wait = state.playing ? Math.max(SETTLED_MS, lastSaid + BEARABLE_MS - now) : SETTLED_MS;
      clearTimeout(due);
      due = window.setTimeout(() => {
        lastSaid = performance.now();
        setText(host, said);
      }, wait);
    },
    dispose: () => clearTimeout(due),
  };
}
