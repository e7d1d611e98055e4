/**
 * Render on demand: a frame is asked for when something says so, and again only while something moves. A paused, settled
 * page asks for none.
 */

/** A tab that slept, or a slow frame, is not made up for in one jump. */
const LONGEST_SECS = 0.25;

/**
 * @typedef {object} Loop
 * @property {(run: (secs: number) => boolean) => void} run   what a frame does, said once all parts are there
 * @property {() => void} wake           something changed: run a frame soon
 * @property {(held: boolean) => void} hold   the real clock stops counting
 * @property {(secs: number) => void} step    one frame now, this much later
 * @property {() => boolean} resting     no frame is due
 * @property {() => number} frames       how many ran
 */

/**
 * @param {(secs: number) => boolean} [run]  one frame; true while it wants another
 * @returns {Loop}
 */
export function createLoop(run = () => false) {
  let asked = 0;
  let held = false;
  let count = 0;
  /** @type {number | null} */
  let last = null;

  /** @param {number} now milliseconds */
  function onFrame(now) {
    asked = 0;
    const secs = held || last === null ? 0 : Math.min(LONGEST_SECS, (now - last) / 1000);
    last = now;
    count++;
    if (run(secs) && !held) wake();
    if (!asked) last = null;
  }

  function wake() {
    if (!asked) asked = requestAnimationFrame(onFrame);
  }

  return {
    wake,
    run: (next) => void (run = next),
    hold(on) {
      held = on;
      wake();
    },
    step(secs) {
      count++;
      run(secs);
    },
    resting: () => asked === 0,
    frames: () => count,
  };
}
