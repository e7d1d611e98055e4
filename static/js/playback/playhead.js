/**
 * The playhead: time and token of playback, and the state of the store there. Reads no clock.
 *
 * @import {State} from "../types.js"
 * @import {Firing, Schedule} from "./timeline.js"
 */

import { shotToken, timeIn } from "./shot.js";
import { momentOf } from "./steps.js";
import { followedAt, lastEvent, NOWHERE } from "./timeline.js";

/** @typedef {ReturnType<typeof createPlayhead>} Playhead */

/** @param {(state: State, time: number) => number} countHits  unique (layer, expert) pairs used up to a time */
export function createPlayhead(countHits) {
  const head = {
    /** Time on the timeline. With reduced motion `time` in the store lags behind it. */
    clock: 0,
    /** The event to which a single step moves. @type {Firing | null} */
    target: null,
    /** The token that a user selected. It stays the current token until it leaves the stack. @type {number | null} */
    followed: null,

    /** Returns what the store holds at a time. @param {State} state @param {number} time @returns {Partial<State>} */
    placeAt(state, time, playing = state.playing) {
      head.clock = time;
      const { timeline, still, at: before } = state;
      const shown = still && playing && timeline ? stepShown(timeline, time) : time;
      const at = timeline ? position(timeline, shown) : NOWHERE;
      return { time: shown, at: unlessSame(at, before), hits: countHits(state, shown), playing };
    },

    /** Returns what the store holds at a second of the directed shot. @param {State} state @param {number} secs @param {boolean} playing @returns {Partial<State>} */
    placeInShot(state, secs, playing) {
      const { timeline } = state;
      if (!timeline) return {};
      head.clock = timeIn(timeline, secs);
      head.followed = shotToken(timeline);
      const reached = followedAt(timeline, head.followed, head.clock);
      const at = reached.token < 0 ? { token: head.followed, layer: 0 } : reached;
      const hits = countHits(state, head.clock);
      return { time: head.clock, at: unlessSame(at, state.at), hits, opening: false, shot: secs, playing };
    },
  };

  /** Returns the last event of the current token, and follows no token that has left. @param {Schedule} timeline @param {number} time */
  function position(timeline, time) {
    const { followed } = head;
    if (followed === null) return timeline.position(time);
    const reached = followedAt(timeline, followed, time);
    if (reached.token >= 0 && time <= timeline.arrives(followed, timeline.layers)) return reached;
    head.followed = null;
    return timeline.position(time);
  }
  return head;
}

/** Keeps the object of an equal event, so listeners of the store see no change. @param {Firing} event @param {Firing} before */
function unlessSame(event, before) {
  return event.token === before.token && event.layer === before.layer ? before : event;
}

/** Returns the time shown with reduced motion: that of the last event, once per step from layer to layer. @param {Schedule} timeline @param {number} time */
function stepShown(timeline, time) {
  return momentOf(timeline, lastEvent(timeline, Math.floor(time / timeline.step) * timeline.step));
}
