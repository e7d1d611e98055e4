/**
 * Render on demand: a frame is drawn after a change and while something moves. A paused page draws none.
 */

/** The longest time step of a frame. A suspended tab does not cause a jump. */
const LONGEST_SECS = 0.25;

/**
 * @typedef {object} Loop
 * @property {(run: (secs: number) => boolean) => void} run   sets the function of a frame
 * @property {() => void} wake           requests a frame after a change
 * @property {(held: boolean) => void} hold   stops the real clock
 * @property {(secs: number) => void} step    runs one frame now, with this time step
 * @property {() => boolean} resting     no frame is pending
 * @property {() => number} frames       number of frames so far
 */

/**
 * @param {(secs: number) => boolean} [run]  one frame; returns true if another must follow
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
