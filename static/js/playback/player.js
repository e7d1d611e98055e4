/**
 * The player: moves the playhead with time and by user input. It reads no clock: the render loop passes the elapsed time.
 *
 * @import {State} from "../types.js"
 * @import {Store} from "../state/store.js"
 * @import {Playhead} from "./playhead.js"
 * @import {Firing, Schedule} from "./timeline.js"
 */

import { firstOf } from "../trace/window.js";
import { createPlayhead } from "./playhead.js";
import { STILLS } from "./shot.js";
import { createShotPlayer } from "./shot_player.js";
import { clamp, layerBeside, momentOf, tokenBeside } from "./steps.js";
import { reach, timelineOf } from "./timeline.js";

/** A single step is animated if it takes at most this many seconds; longer steps jump. */
const LONGEST_GLIDE = 4;
/** An animated step plays faster than playback by this factor. */
const GLIDE = 1.6;

/**
 * @typedef {object} Player
 * @property {(secs: number) => boolean} advance   false: nothing moves until another event
 * @property {(state: State, keep: boolean) => Partial<State>} begin   returns what to store for a new trace: its start, the moment
 *   of the link, or the moment before (`keep`); while a model writes, the moment at which the next token enters
 * @property {() => boolean} moving        playback time advances
 * @property {() => void} play
 * @property {() => void} pause
 * @property {() => void} startShot
 * @property {() => void} skipShot
 * @property {() => void} leaveShot        at once, for the free view
 * @property {() => void} present          plays the shot from its start to the end of its first beat
 * @property {(direction: 1 | -1) => void} stepBeat
 * @property {(secs: number) => void} seekShot
 * @property {() => void} toggle
 * @property {() => void} restart
 * @property {(direction: 1 | -1) => void} stepLayer
 * @property {(direction: 1 | -1) => void} stepToken
 * @property {(to: {token?: number, layer?: number}) => void} seek
 * @property {(secs: number) => void} seekTime
 */

/**
 * @param {Store<State>} store
 * @param {(state: State, time: number) => number} countHits  unique (layer, expert) pairs used up to a time
 * @returns {Player}
 */
export function createPlayer(store, countHits) {
  const head = createPlayhead(countHits);
  const shot = createShotPlayer(store, head);

  const finished = () => head.clock >= (store.get().timeline?.duration ?? 0);
  /** @param {number} time @param {boolean} [playing] */
  const setTime = (time, playing) => store.set(head.placeAt(store.get(), time, playing));
  /** @param {number} time @param {boolean} [playing] */
  function restartAt(time, playing) {
    shot.drop();
    head.followed = null;
    setTime(time, playing);
  }

  /** Goes to an event: animated if it is near and ahead, else at once. @param {Firing | null} event */
  function stepTo(event) {
    const { timeline, still } = store.get();
    if (!timeline) return;
    shot.drop();
    const moment = event ? momentOf(timeline, event) : 0;
    const near = moment > head.clock && moment - head.clock < LONGEST_GLIDE;
    head.followed = event ? event.token : null;
    head.target = event && near && !still ? event : null;
    if (head.target) store.set({ playing: false });
    else setTime(moment, false);
  }

  /** @param {(timeline: Schedule, at: Firing, direction: 1 | -1) => any} beside @param {1 | -1} direction */
  function step(beside, direction) {
    const { timeline, at } = store.get();
    if (timeline) stepTo(beside(timeline, head.target ?? at, direction));
  }

  /** @type {Player["advance"]} */
  function advance(secs) {
    const { timeline, trace, playing, view, shot: inShot } = store.get();
    if (inShot !== null) return shot.advance(secs, inShot);
    const { clock, target } = head;
    if (!timeline || !trace || !(playing || target)) return false;
    const open = reach(timeline, trace.received, trace.complete);
    const rate = view.speed * (target ? GLIDE : 1);
    const end = target ? momentOf(timeline, target) : timeline.duration;
    const time = Math.max(clock, Math.min(clock + secs * rate, end, open));
    if (time === clock && (time < end || !trace.complete)) return time < open; // or waits for the next token
    const arrived = time >= end && (target !== null || trace.complete);
    if (arrived) head.target = null;
    setTime(time, playing && !arrived);
    return !arrived;
  }

  /** Keeps the event when the mode changes; after the end it restarts. */
  function changeMode() {
    const { trace, view, timeline, at } = store.get();
    if (!trace || (timeline?.mode === view.mode && timeline.tokens === trace.tokens.length)) return;
    const next = timelineOf(view.mode, trace);
    shot.drop();
    const done = timeline !== null && head.clock >= timeline.duration;
    head.target = null;
    store.set({ timeline: next });
    if (done) return setTime(0, !store.get().still);
    head.followed = at.token < 0 ? null : clamp(next, at).token;
    setTime(at.token < 0 ? 0 : momentOf(next, clamp(next, at)));
  }
  /** Counts again: tokens that arrive late may belong to past events. */
  function recount() {
    store.set({ hits: countHits(store.get(), store.get().time) });
  }
  store.subscribe((state, before) => {
    if (state.view.mode !== before.view.mode) changeMode();
    if (state.trace !== before.trace) recount();
  });

  function play() {
    head.target = null;
    if (store.get().shot === null && finished()) restartAt(0);
    store.set({ playing: true });
  }
  function pause() {
    head.target = null;
    if (store.get().shot !== null) store.set({ playing: false });
    else if (store.get().playing) setTime(store.get().time, false);
  }
  return {
    advance,
    begin: (state, keep) => begin(state, keep, { head, shot, before: store.get() }),
    moving: () => store.get().playing || head.target !== null,
    play,
    pause,
    toggle: () => (store.get().playing ? pause() : play()),
    restart() {
      head.target = null;
      restartAt(0, true);
    },
    stepLayer: (direction) => step(layerBeside, direction),
    stepToken: (direction) => step(tokenBeside, direction),
    seek({ token, layer }) {
      const { timeline, at } = store.get();
      head.target = null;
      if (!timeline) return;
      shot.drop();
      const event = clamp(timeline, { token: token ?? at.token, layer: layer ?? at.layer });
      head.followed = event.token;
      setTime(momentOf(timeline, event), false);
    },
    seekTime(secs) {
      shot.drop();
      head.target = null;
      setTime(Math.max(0, Math.min(secs, store.get().timeline?.duration ?? 0)));
    },
    startShot: shot.start,
    skipShot: shot.skip,
    leaveShot: shot.leave,
    seekShot: shot.seek,
    present: () => store.set(shot.presented(store.get())),
    stepBeat(direction) {
      const { shot: secs } = store.get();
      if (secs === null) step(tokenBeside, direction);
      else shot.stepBeat(secs, direction);
    },
  };
}

/**
 * @typedef {object} Parts
 * @property {Playhead} head
 * @property {ReturnType<typeof createShotPlayer>} shot
 * @property {State} before   the state that the new one replaces
 */

/** Returns what to store for a new trace: in the shot or outside it. @param {State} state @param {boolean} keep @param {Parts} parts @returns {Partial<State>} */
function begin(state, keep, parts) {
  const { view } = state;
  const asked = view.shot ?? null;
  const free = view.token === null && view.layer === null;
  if (!state.timeline?.tokens) return { shot: null, ...beginFree(state, keep, parts) };
  if (view.level === "present" && asked === null && free) return parts.shot.presented(state);
  if (asked === null && !state.opening) return { shot: null, ...beginFree(state, keep, parts) };
  const start = asked ?? (state.still ? STILLS[0] : 0);
  const placed = asked === null ? {} : { view: { ...view, shot: null } };
  return { ...placed, ...parts.head.placeInShot(state, start, asked === null && !state.still) };
}

/** @param {State} state @param {boolean} keep @param {Parts} parts @returns {Partial<State>} */
function beginFree(state, keep, { head, before }) {
  const { view, timeline, still, writing } = state;
  head.target = null;
  if (!timeline) return {};
  const asked = view.token !== null || view.layer !== null;
  const placed = asked ? { view: { ...view, token: null, layer: null } } : {};
  if (writing) return { ...placed, ...head.placeAt(state, entryAfter(timeline), true) };
  if (asked) {
    const event = linkedEvent(state, timeline);
    head.followed = event.token;
    return { ...placed, ...head.placeAt(state, momentOf(timeline, event), false) };
  }
  const finished = head.clock >= (before.timeline?.duration ?? 0);
  const stays = keep && (!finished || before.trace?.id === state.trace?.id);
  if (stays) return head.placeAt(state, Math.min(head.clock, timeline.duration));
  head.followed = null;
  return head.placeAt(state, 0, !still);
}

/** Returns the event that a link names. @param {State} state @param {Schedule} timeline */
function linkedEvent({ view, trace }, timeline) {
  const first = view.mode === "all" ? timeline.tokens - 1 : 0;
  const token = view.token === null ? first : view.token - firstOf(trace);
  return clamp(timeline, { token, layer: view.layer ?? 0 });
}

/** Returns when the token after the last one enters. @param {Schedule} timeline */
function entryAfter(timeline) {
  return timeline.mode === "all" ? 0 : Math.min(timeline.duration, timeline.entry(timeline.tokens));
}
