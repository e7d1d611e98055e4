/**
 * Announces events to screen readers, one sentence at a time: every event of single steps, and at most one in a few
 * seconds during playback.
 *
 * @import {State} from "../../types.js"
 */

import { choices, servedBy } from "../../trace/trace.js";
import { words } from "../../words/words.js";

const BEARABLE_MS = 5000;
/** A step that is followed by another within this time is not announced. */
const SETTLED_MS = 350;

/** Returns the last event as a sentence. @param {State} state */
export function eventInWords({ trace, at, view, timeline }) {
  if (!trace || !timeline || at.token < 0) return words.atStart;
  const { layers, experts } = trace.model;
  if (view.mode === "all") {
    const served = Array.from({ length: experts }, (_, expert) => servedBy(trace, at.layer, expert));
    const used = served.filter((tokens) => tokens.some(({ dropped }) => !dropped));
    const turned = served.flat().filter(({ dropped }) => dropped);
    return words.saidLayerOfAll(at.layer + 1, trace.tokens.length, used.length, experts, turned.length);
  }
  const all = choices(trace, at.token, at.layer);
  const full = all.filter(({ dropped }) => dropped).map(({ expert }) => expert);
  return words.saidEvent(
    trace.tokens[at.token].text,
    Math.min(at.layer, layers - 1) + 1,
    all.filter(({ dropped }) => !dropped),
    full,
  );
}

/** Returns the sentence of a change, if any. @param {State} state @param {State} before */
function sentence(state, before) {
  const { trace, playing, at, hits, time, timeline } = state;
  if (!trace) return null;
  const { layers, experts, top_k: k } = trace.model;
  if (trace.id !== before.trace?.id)
    return words.saidTrace(trace.origin.badge, trace.tokens.length, layers, experts, k);
  if (before.playing && !playing && timeline && time >= timeline.duration)
    return words.saidFinished(hits, layers * experts);
  if (playing !== before.playing)
    return playing ? words.saidPlaying : `${words.saidPaused}. ${eventInWords(state)}`;
  return at !== before.at ? eventInWords(state) : null;
}

/** The clock; tests replace it. */
const CLOCK = {
  now: () => performance.now(),
  later: (/** @type {() => void} */ act, /** @type {number} */ ms) => window.setTimeout(act, ms),
  never: (/** @type {number} */ due) => window.clearTimeout(due),
};

/**
 * @param {Pick<HTMLElement, "textContent">} host  a polite live region
 * @param {() => boolean} [heard]  whether the page has the focus: an article may have many embeds
 * @param {typeof CLOCK} [clock]
 */
export function createAnnouncer(host, heard = () => true, clock = CLOCK) {
  /** @type {State | null} */
  let before = null;
  let due = 0;
  let next = "";
  let lastSaid = -Infinity;
  function say() {
    due = 0;
    lastSaid = clock.now();
    if (host.textContent !== next) host.textContent = next;
  }
  return {
    /** @param {State} state */
    update(state) {
      const said = before && sentence(state, before);
      before = state;
      if (!said || !heard()) return;
      next = said;
      if (state.playing && due) return; // a later event replaces the sentence and does not delay it
      clock.never(due);
      due = clock.later(
        say,
        state.playing ? Math.max(SETTLED_MS, lastSaid + BEARABLE_MS - clock.now()) : SETTLED_MS,
      );
    },
    dispose: () => clock.never(due),
  };
}
