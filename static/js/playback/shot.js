/**
 * The directed shot: a close view of one token at one layer, then of the whole stack. It uses the same scene. Playback
 * time, the closeness of the camera and the beats of the text are functions of the seconds of the shot. Pure.
 *
 * @import {Schedule} from "./timeline.js"
 */

/** Duration in seconds. */
export const LENGTH = 9.2;
/** The stills shown with reduced motion: scores, cut, sum, stack. */
export const STILLS = [2.7, 4, 6.55, LENGTH];
/** Start of each beat: enter, score, cut, compute, blend, stack. */
export const BEATS = [0, 1.4, 2.8, 4.1, 5.2, 6.7];
/** Times at which each beat pauses for a presenter. */
const TOLD = [1.35, 2.7, 4, 5.15, 6.55, LENGTH];
/** A skipped shot ends within this many seconds. */
export const SKIP = 0.3;

/** Pairs: seconds of the shot, and layer steps since the token arrived at its first router plane. */
const WARP = [
  [0, -0.45],
  [1.4, 0],
  [2.8, 0.3],
  [3.45, 0.335],
  [3.85, 0.35],
  [5.2, 0.4],
  [6.7, 0.74],
];
// Initial layer steps per second, and seconds until the clock reaches normal pace.
const RAMP = { from: 0.15, secs: 1.1 };
const PULL_BACK = [6.6, 8.8];
const DRIFT = { until: 6.8, azimuth: [-9, 6], elevation: [32, 29] }; // degrees

/** Returns the followed token. @param {Pick<Schedule, "tokens" | "mode" | "hero">} timeline */
export function shotToken({ tokens, mode, hero = 2 }) {
  return mode === "all" ? tokens - 1 : Math.min(hero, tokens - 1);
}

/** Returns the time on the timeline at a moment of the shot. @param {Schedule} timeline @param {number} secs */
export function timeIn(timeline, secs) {
  const arrives = timeline.arrives(shotToken(timeline), 0);
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

/** Returns the layer steps made since the clock started to accelerate to normal pace. @param {number} secs @param {number} pace */
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

/** Returns the angles of the close camera in degrees. @param {number} secs @returns {{azimuth: number, elevation: number}} */
export function angleAt(secs) {
  const share = Math.min(1, secs / DRIFT.until);
  const eased = share * share * (3 - 2 * share);
  const between = (/** @type {number[]} */ [a, b]) => a + (b - a) * eased;
  return { azimuth: between(DRIFT.azimuth), elevation: between(DRIFT.elevation) };
}

/** Returns the index of the beat. @param {number} secs */
export function beatAt(secs) {
  return BEATS.filter((begins) => begins <= secs + 1e-9).length - 1;
}

/**
 * Returns the part of the decision that is explained; null for none.
 * @param {number} secs
 * @returns {"scores" | "cut" | "weights" | null}
 */
export function phaseAt(secs) {
  if (secs < BEATS[1] || (secs >= BEATS[5] && secs < LENGTH)) return null;
  return secs < BEATS[2] ? "scores" : secs < BEATS[3] ? "cut" : "weights";
}

/** Returns the pause of the next or previous beat; null if there is none. @param {number} secs @param {1 | -1} direction */
export function beatBeside(secs, direction) {
  const beyond = TOLD.filter((each) => (each - secs) * direction > 1e-9);
  return beyond.length ? beyond[direction > 0 ? 0 : beyond.length - 1] : null;
}

/** Returns the still after a moment; null after the last. @param {number} secs */
export function stillAfter(secs) {
  return STILLS.find((each) => each > secs + 1e-9) ?? null;
}
