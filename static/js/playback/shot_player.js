/**
 * Plays the directed shot: starts, skips and ends it, and moves through its beats for a presenter.
 *
 * @import {State} from "../types.js"
 * @import {Store} from "../state/store.js"
 * @import {Playhead} from "./playhead.js"
 */

import { beatBeside, LENGTH, SKIP, stillAfter, STILLS, timeIn } from "./shot.js";
import { reach } from "./timeline.js";

/** @param {Store<State>} store @param {Playhead} head */
export function createShotPlayer(store, head) {
  /** Second at which a presenter's beat ends and the shot waits; null plays to the end. @type {number | null} */
  let beatEnd = null;
  /** Seconds of the shot per second; above 1 while it is skipped. */
  let rate = 1;

  /** @param {number} secs @param {boolean} playing */
  const place = (secs, playing) => store.set(head.placeInShot(store.get(), secs, playing));
  function reset() {
    rate = 1;
    beatEnd = null;
  }

  /** Ends the shot. The free view continues from its last moment. */
  function end() {
    reset();
    store.set({ ...head.placeInShot(store.get(), LENGTH, !store.get().still), shot: null });
  }

  /** Returns the first beat, up to its end. @param {State} state @returns {Partial<State>} */
  function presented(state) {
    rate = 1;
    beatEnd = beatBeside(0, 1);
    return head.placeInShot(state, (state.still && beatEnd) || 0, !state.still);
  }

  return {
    presented,

    /** @param {number} secs @param {number} shot @returns {boolean} false: nothing moves until another event */
    advance(secs, shot) {
      const { timeline, trace, playing } = store.get();
      if (!timeline || !trace || !playing) return false;
      const next = Math.min(beatEnd ?? LENGTH, shot + secs * rate);
      // Waits for tokens.
      if (timeIn(timeline, next) > reach(timeline, trace.received, trace.complete)) return true;
      if (next < LENGTH) place(next, next !== beatEnd);
      else end();
      return true;
    },

    /** Ends the shot and keeps the view where it is. */
    drop() {
      reset();
      if (store.get().shot !== null) store.set({ shot: null });
    },

    /** Starts the shot; with reduced motion shows its first still. */
    start() {
      reset();
      place(store.get().still ? STILLS[0] : 0, !store.get().still);
    },

    /** @param {number} secs */
    seek(secs) {
      head.target = null;
      reset();
      place(secs, false);
    },

    leave: () => store.get().shot !== null && end(),

    /** Plays the rest faster; with reduced motion shows the next still. */
    skip() {
      const { shot, still } = store.get();
      if (shot === null) return;
      beatEnd = null;
      const next = stillAfter(shot);
      if (still && next !== null && next < LENGTH) return place(next, false);
      if (still) return end();
      rate = Math.max(1, (LENGTH - shot) / SKIP);
      store.set({ playing: true });
    },

    /** Plays the next beat, or returns to the end of the one before. @param {number} shot @param {1 | -1} direction */
    stepBeat(shot, direction) {
      const { still, playing } = store.get();
      const next = beatBeside(playing && beatEnd !== null ? beatEnd : shot, direction);
      if (next === null) return;
      rate = 1;
      if (playing && beatEnd !== null) place(beatEnd, true);
      if (direction > 0 && !still) {
        beatEnd = next;
        return store.set({ playing: true });
      }
      beatEnd = null;
      if (next < LENGTH) place(next, false);
      else end();
    },
  };
}
