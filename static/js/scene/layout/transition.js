/**
 * The transition from one fold of the layers to another. Pure.
 *
 * @import {Fold} from "../../view/layers.js"
 * @import {Layout} from "./layout.js"
 */

import { between } from "./layer_heights.js";
import { folded } from "./layout.js";

/** @param {Layout} base  nothing folded */
export function createFolding(base) {
  let [from, goal, shown] = [base, base, base];
  let key = "";
  let started = -Infinity;
  let now = 0;
  return {
    /** Returns the layout at the end of the transition. */
    goal: () => goal,
    moving: () => now - started < TRAVEL,
    /**
     * Returns the layout at a time; the same object while nothing moves.
     * @param {Fold | null} fold
     * @param {{wall: number, cut: boolean}} moment  seconds of the camera's clock; whether to jump
     * @returns {Layout}
     */
    at(fold, { wall, cut }) {
      now = wall;
      const wanted = fold ? `${fold.first} ${fold.last}` : "";
      if (wanted !== key) {
        [from, goal, key] = [shown, fold ? folded(base, fold) : base, wanted];
        started = cut ? -Infinity : wall;
      }
      const share = (now - started) / TRAVEL;
      shown = share < 1 ? between(from, goal, easeBoth(share)) : goal;
      return shown;
    },
  };
}

/** Seconds of a transition. */
export const TRAVEL = 0.9;

/** Eases in and out: 0 to 1. */
export function easeBoth(/** @type {number} */ share) {
  return share < 0.5 ? 4 * share ** 3 : 1 - (2 - 2 * share) ** 3 / 2;
}
