/**
 * When to stop moving the bias: as soon as the load is as even as it can be, or when it has not become more even for a
 * while. A small batch never comes to rest: like tokens move together. Pure.
 */

/** Updates without gain after which it is enough. */
export const PATIENCE = 40;

/**
 * @typedef {{updates: number, violation: number, even: boolean}} Seen
 * @typedef {{go: number} | {stop: "even" | "best", updates: number, violation: number}} Next
 */

/** @param {{most: number, stride: number}} limits  of updates, and how many at a time */
export function createEvening({ most, stride }) {
  /** @type {Seen | null} */
  let best = null;
  return {
    /** What follows from where it stands. @param {Seen} seen @returns {Next} */
    next(seen) {
      if (!best || seen.violation < best.violation - 1e-9) best = seen;
      if (seen.even) return { stop: "even", updates: seen.updates, violation: seen.violation };
      const enough = seen.updates - best.updates >= PATIENCE || seen.updates >= most;
      if (enough) return { stop: "best", updates: best.updates, violation: best.violation };
      return { go: Math.min(most, seen.updates + stride) };
    },
  };
}
