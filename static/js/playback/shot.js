/**
 * The directed shot: one token, one ring, close, and then the stack. It is no second scene: a warp of the clock, a share of
 * closeness for the camera, and beats for the words, each a function of the shot's own seconds. Pure.
 *
 * @import {Schedule} from "./timeline.js"
 */

/** Seconds of the whole. */
export const LENGTH = 9.2;
/** The moments that stand for it where nothing moves: scores, cut, sum, stack. */
export const STILLS = [2.7, 4, 6.55, LENGTH];
/** When each beat begins: enter, score, cut, compute, blend, stack. */
export const BEATS = [0, 1.4, 2.8, 4.1, 5.2, 6.7];
/** Where each beat stands still for a speaker, once it has been told. */
const TOLD = [1.35, 2.7, 4, 5.15, 6.55, LENGTH];
/** A skipped shot goes to its end in this many seconds. */
export const SKIP = 0.3;

/** Seconds of the shot, and layer steps since the token arrived at its first router plane. */
const WARP = [
  [0, -0.45],
  [1.4, 0],
  [2.8, 0.3],
  [3.45, 0.335],
  [3.85, 0.35],
  [5.2, 0.4],
  [6.7, 0.74],
];
const RAMP = { from: 0.15, secs: 1.1 }; // layer steps a second at first, and how long the clock takes to its own pace
const PULL_BACK = [6.6, 8.8];
const DRIFT = { until: 6.8, azimuth: [-9, 6], elevation: [32, 29] }; // degrees

/** Returns the token that is followed: the third, so that others are truly under way above it. @param {Pick<Schedule, "tokens" | "mode">} timeline */
export function heroOf({ tokens, mode }) {
  return mode === "all" ? tokens - 1 : Math.min(2, tokens - 1);
}

/** Returns the time on the timeline at a moment of the shot. @param {Schedule} timeline @param {number} secs */
export function timeIn(timeline, secs) {
  const arrives = timeline.arrives(heroOf(timeline), 0);
  return Math.max(0, Math.min(timeline.duration, arrives + stepsAt(timeline, secs) * timeline.step));
}

/** @param {Pick<Schedule, "step">} timeline @param {number} secs */
function stepsAt({ step }, secs) {
  const last = WARP[WARP.length - 1];
  if (secs >= last[0]) return last[1] + paced(secs - last[0], 1 / step);
  const next = WARP.findIndex(([moment]) => moment > secs);
  const [[from, a], [to, b]] = [WARP[next - 1], WARP[next]];
  return a + ((b - a) * (secs - from)) / (to - from);
}

/** Steps made since the clock began to run up to its own pace. @param {number} secs @param {number} pace */
function paced(secs, pace) {
  const ramped = Math.min(secs, RAMP.secs);
  const speed = RAMP.from + ((pace - RAMP.from) * ramped) / RAMP.secs;
  return (ramped * (RAMP.from + speed)) / 2 + (secs - ramped) * pace;
}

/** Returns the closeness of the camera: 1 at the ring, 0 at the start of the free view. @param {number} secs */
export function closenessAt(secs) {
  const share = Math.max(0, Math.min(1, (secs - PULL_BACK[0]) / (PULL_BACK[1] - PULL_BACK[0])));
  return 1 - (share < 0.5 ? 4 * share ** 3 : 1 - (2 - 2 * share) ** 3 / 2);
}

/** Where the close camera stands: degrees. @param {number} secs @returns {{azimuth: number, elevation: number}} */
export function angleAt(secs) {
  const share = Math.min(1, secs / DRIFT.until);
  const eased = share * share * (3 - 2 * share);
  const between = (/** @type {number[]} */ [a, b]) => a + (b - a) * eased;
  return { azimuth: between(DRIFT.azimuth), elevation: between(DRIFT.elevation) };
}

/** Returns the beat, from 0. @param {number} secs */
export function beatAt(secs) {
  return BEATS.filter((begins) => begins <= secs + 1e-9).length - 1;
}

/**
 * Returns how much of the decision is told; null: nothing.
 * @param {number} secs
 * @returns {"scores" | "cut" | "weights" | null}
 */
export function phaseAt(secs) {
  if (secs < BEATS[1] || (secs >= BEATS[5] && secs < 8.75)) return null;
  return secs < BEATS[2] ? "scores" : secs < BEATS[3] ? "cut" : "weights";
}

/** Returns where the beat after a moment, or the one before, stands still; null: there is none. @param {number} secs @param {1 | -1} way */
export function beatBeside(secs, way) {
  const beyond = TOLD.filter((each) => (each - secs) * way > 1e-9);
  return beyond.length ? beyond[way > 0 ? 0 : beyond.length - 1] : null;
}

/** Returns the still after a moment; null after the last. @param {number} secs */
export function stillAfter(secs) {
  return STILLS.find((each) => each > secs + 1e-9) ?? null;
}
