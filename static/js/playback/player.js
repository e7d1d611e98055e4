/**
 * The playback clock: the position on the timeline, and whether it plays. It reads no clock: the render loop passes the elapsed time.
 *
 * @import {State} from "../types.js"
 * @import {Store} from "../state/store.js"
 * @import {Schedule} from "./timeline.js"
 */

import { firstOf } from "../trace/window.js";
import { clamp, layerBeside, momentOf, tokenBeside } from "./steps.js";
import { beatBeside, heroOf, LENGTH, SKIP, STILLS, stillAfter, timeIn } from "./shot.js";
import { followedAt, lastEvent, NOWHERE, reach, timelineOf } from "./timeline.js";

/** A single step is flown to, unless it is further away than this many seconds. */
const FLOWN = 4;
/** A step is flown a little faster than it is played. */
const GLIDE = 1.6;

/**
 * @typedef {object} Player
 * @property {(secs: number) => boolean} advance   false: nothing moves until something else happens
 * @property {(state: State, keep: boolean) => Partial<State>} begin   a trace is there: from its start, where a link said, or
 *   where it stood (`keep`); while a model writes, from where the token after the last one enters. Returns what to store
 * @property {() => boolean} moving        playback time advances
 * @property {() => void} play
 * @property {() => void} pause
 * @property {() => void} startShot
 * @property {() => void} skipShot
 * @property {() => void} leaveShot        at once, for the free view
 * @property {() => void} present          the shot from its start, up to the end of its first beat
 * @property {(way: 1 | -1) => void} stepBeat
 * @property {(secs: number) => void} seekShot   a moment of the shot, where it stands
 * @property {() => void} toggle
 * @property {() => void} restart
 * @property {(way: 1 | -1) => void} stepLayer
 * @property {(way: 1 | -1) => void} stepToken
 * @property {(to: {token?: number, layer?: number}) => void} seek
 * @property {(secs: number) => void} seekTime
 */

/**
 * @param {Store<State>} store
 * @param {(state: State, time: number) => number} countHits  unique pairs used by then
 * @returns {Player}
 */
export function createPlayer(store, countHits) {
  /** What is played through; `time` in the store lags behind it when motion is reduced. */
  let clock = 0;
  /** @type {{token: number, layer: number} | null} the event that a single step flies to */
  let target = null;
  /** @type {number | null} the token that a person went to: it stays the current one until it leaves */
  let followed = null;
  /** Where a speaker's beat ends: the shot waits there. @type {number | null} */
  let beatEnd = null;
  /** Seconds of the shot that a second takes: more while it is skipped. */
  let shotRate = 1;

  /** What the store holds at a moment of the shot. @param {State} state @param {number} secs @param {boolean} playing @returns {Partial<State>} */
  function placeShot(state, secs, playing) {
    const { timeline } = state;
    if (!timeline) return {};
    clock = timeIn(timeline, secs);
    followed = heroOf(timeline);
    const there = followedAt(timeline, followed, clock);
    const at = there.token < 0 ? { token: followed, layer: 0 } : there;
    const same = at.token === state.at.token && at.layer === state.at.layer;
    const shown = { time: clock, at: same ? state.at : at, hits: countHits(state, clock), opening: false };
    return { ...shown, shot: secs, playing };
  }
  /** The free view goes on from where the shot ends. */
  function endShot() {
    shotRate = 1;
    beatEnd = null;
    store.set({ ...placeShot(store.get(), LENGTH, !store.get().still), shot: null });
  }
  /** The person does something else: the view stays where it is. */
  function dropShot() {
    shotRate = 1;
    beatEnd = null;
    if (store.get().shot !== null) store.set({ shot: null });
  }
  /** @param {number} secs @param {number} shot @returns {boolean} */
  function advanceShot(secs, shot) {
    const state = store.get();
    const { timeline, trace } = state;
    if (!timeline || !trace || !state.playing) return false;
    const next = Math.min(beatEnd ?? LENGTH, shot + secs * shotRate);
    if (timeIn(timeline, next) > reach(timeline, trace.received, trace.complete)) return true; // holds its breath
    if (next < LENGTH) store.set(placeShot(state, next, next !== beatEnd));
    else endShot();
    return true;
  }

  /** Where the current token stands. @param {Schedule} timeline @param {number} time */
  function positionOf(timeline, time) {
    const there = followed === null ? NOWHERE : followedAt(timeline, followed, time);
    const gone = followed !== null && time > timeline.arrives(followed, timeline.layers);
    if (there.token < 0 || gone) followed = null;
    return followed === null ? timeline.position(time) : there;
  }

  /** What the store holds when playback stands at a time. @param {State} state @param {number} time @returns {Partial<State>} */
  function placeAt(state, time, playing = state.playing) {
    clock = time;
    const { timeline, still, at: before } = state;
    const shown = still && playing && timeline ? stepShown(timeline, time) : time;
    const position = timeline ? positionOf(timeline, shown) : NOWHERE;
    const at = position.token === before.token && position.layer === before.layer ? before : position;
    return { time: shown, at, hits: countHits(state, shown), playing };
  }

  /** @param {number} time @param {boolean} [playing] */
  function setTime(time, playing) {
    store.set(placeAt(store.get(), time, playing));
  }

  /** Goes to an event: at once, or on the wing if it is the next one. @param {{token: number, layer: number} | null} event */
  function stepTo(event) {
    const { timeline, still } = store.get();
    if (!timeline) return;
    dropShot();
    const moment = event ? momentOf(timeline, event) : 0;
    const near = moment > clock && moment - clock < FLOWN;
    followed = event ? event.token : null;
    target = event && near && !still ? event : null;
    if (target) store.set({ playing: false });
    else setTime(moment, false);
  }

  /** @param {(timeline: Schedule, at: {token: number, layer: number}, way: 1 | -1) => any} beside @param {1 | -1} way */
  function step(beside, way) {
    const { timeline, at } = store.get();
    if (timeline) stepTo(beside(timeline, target ?? at, way));
  }

  /** @param {number} secs @returns {boolean} */
  function advance(secs) {
    const { timeline, trace, playing, view, shot } = store.get();
    if (shot !== null) return advanceShot(secs, shot);
    if (!timeline || !trace || !(playing || target)) return false;
    const open = reach(timeline, trace.received, trace.complete);
    const rate = view.speed * (target ? GLIDE : 1);
    const end = target ? momentOf(timeline, target) : timeline.duration;
    const time = Math.max(clock, Math.min(clock + secs * rate, end, open));
    if (time === clock && (time < end || !trace.complete)) return time < open; // or waits for the next token
    const arrived = time >= end && (target !== null || trace.complete);
    if (arrived) target = null;
    setTime(time, playing && !arrived);
    return !arrived;
  }

  /** Another mode has other moments: stay at the event; from the end, begin anew. */
  function changeMode() {
    const { trace, view, timeline, at } = store.get();
    if (!trace || (timeline?.mode === view.mode && timeline.tokens === trace.tokens.length)) return;
    const next = timelineOf(view.mode, trace);
    dropShot();
    const done = timeline !== null && clock >= timeline.duration;
    target = null;
    store.set({ timeline: next });
    if (done) return setTime(0, !store.get().still);
    followed = at.token < 0 ? null : clamp(next, at).token;
    setTime(at.token < 0 ? 0 : momentOf(next, clamp(next, at)));
  }
  store.subscribe((state, before) => {
    if (state.view.mode !== before.view.mode) changeMode();
    if (state.trace !== before.trace) recount();
  });
  /** Tokens that arrive late may belong to events that are past. */
  function recount() {
    store.set({ hits: countHits(store.get(), store.get().time) });
  }
  /** @type {Player["begin"]} */
  function begin(state, keep) {
    const { view: asking } = state;
    const asksShot = asking.shot ?? null;
    const free = asking.token === null && asking.layer === null;
    const presents = asking.level === "present" && asksShot === null && free;
    if (presents && state.timeline?.tokens) return presented(state);
    if (state.timeline?.tokens && (asksShot !== null || state.opening)) {
      const start = asksShot ?? (state.still ? STILLS[0] : 0);
      const placed = asksShot === null ? {} : { view: { ...asking, shot: null } };
      return { ...placed, ...placeShot(state, start, asksShot === null && !state.still) };
    }
    return { shot: null, ...beginFree(state, keep) };
  }
  /** @type {Player["begin"]} */
  function beginFree(state, keep) {
    const { view, timeline, still, writing } = state;
    target = null;
    if (!timeline) return {};
    const first = view.mode === "all" ? timeline.tokens - 1 : 0;
    const asked = view.token !== null || view.layer !== null;
    const placed = asked ? { view: { ...view, token: null, layer: null } } : {};
    if (writing) return { ...placed, ...placeAt(state, entryAfter(timeline), true) };
    if (asked) {
      const token = view.token === null ? first : view.token - firstOf(state.trace);
      const event = clamp(timeline, { token, layer: view.layer ?? 0 });
      followed = event.token;
      return { ...placed, ...placeAt(state, momentOf(timeline, event), false) };
    }
    const stays = keep && (!finished() || store.get().trace?.id === state.trace?.id);
    if (!stays) followed = null;
    return stays ? placeAt(state, Math.min(clock, timeline.duration)) : placeAt(state, 0, !still);
  }

  /** The first beat of the shot, to its end. @param {State} state @returns {Partial<State>} */
  function presented(state) {
    shotRate = 1;
    beatEnd = beatBeside(0, 1);
    return placeShot(state, (state.still && beatEnd) || 0, !state.still);
  }
  /** A speaker's next beat, or the one before; after the shot the next token. @param {1 | -1} way */
  function stepBeat(way) {
    const { shot, still, playing } = store.get();
    if (shot === null) return step(tokenBeside, way);
    const end = beatBeside(playing && beatEnd !== null ? beatEnd : shot, way);
    if (end === null) return;
    shotRate = 1;
    if (playing && beatEnd !== null) store.set(placeShot(store.get(), beatEnd, true));
    if (way > 0 && !still) {
      beatEnd = end;
      return store.set({ playing: true });
    }
    beatEnd = null;
    if (end < LENGTH) store.set(placeShot(store.get(), end, false));
    else endShot();
  }

  const finished = () => clock >= (store.get().timeline?.duration ?? 0);
  /** @param {number} time @param {boolean} [playing] */
  function restartAt(time, playing) {
    dropShot();
    followed = null;
    setTime(time, playing);
  }
  function play() {
    target = null;
    if (store.get().shot === null && finished()) restartAt(0);
    store.set({ playing: true });
  }
  function pause() {
    target = null;
    if (store.get().shot !== null) store.set({ playing: false });
    else if (store.get().playing) setTime(store.get().time, false);
  }
  return {
    advance,
    begin,
    moving: () => store.get().playing || target !== null,
    play,
    pause,
    toggle: () => (store.get().playing ? pause() : play()),
    restart() {
      target = null;
      restartAt(0, true);
    },
    present: () => store.set(presented(store.get())),
    stepBeat,
    stepLayer: (way) => step(layerBeside, way),
    stepToken: (way) => step(tokenBeside, way),
    seek({ token, layer }) {
      const { timeline, at } = store.get();
      target = null;
      if (!timeline) return;
      dropShot();
      const event = clamp(timeline, { token: token ?? at.token, layer: layer ?? at.layer });
      followed = event.token;
      setTime(momentOf(timeline, event), false);
    },
    /** From its start, or on to its end; without motion to the next still. */
    startShot() {
      shotRate = 1;
      beatEnd = null;
      store.set(placeShot(store.get(), store.get().still ? STILLS[0] : 0, !store.get().still));
    },
    seekShot(secs) {
      target = beatEnd = null;
      shotRate = 1;
      store.set(placeShot(store.get(), secs, false));
    },
    leaveShot: () => store.get().shot !== null && endShot(),
    skipShot() {
      const { shot, still } = store.get();
      if (shot === null) return;
      beatEnd = null;
      const next = stillAfter(shot);
      if (still && next !== null && next < LENGTH) return store.set(placeShot(store.get(), next, false));
      if (still) return endShot();
      shotRate = Math.max(1, (LENGTH - shot) / SKIP);
      store.set({ playing: true });
    },
    seekTime(secs) {
      dropShot();
      target = null;
      setTime(Math.max(0, Math.min(secs, store.get().timeline?.duration ?? 0)));
    },
  };
}

/** When the token after the last one enters. @param {Schedule} timeline */
function entryAfter(timeline) {
  return timeline.mode === "all" ? 0 : Math.min(timeline.duration, timeline.entry(timeline.tokens));
}

/**
 * With less motion nothing flies: once in every step from layer to layer, the last event is shown.
 * @param {Schedule} timeline
 * @param {number} time
 */
function stepShown(timeline, time) {
  return momentOf(timeline, lastEvent(timeline, Math.floor(time / timeline.step) * timeline.step));
}
