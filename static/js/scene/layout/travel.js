/**
 * How the camera and the layers move. Pure.
 */

/** Seconds of a move. */
export const TRAVEL = 0.9;

/** Slow, fast, slow: 0 to 1. */
export function easeBoth(/** @type {number} */ share) {
  return share < 0.5 ? 4 * share ** 3 : 1 - (2 - 2 * share) ** 3 / 2;
}
