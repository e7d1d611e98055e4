/**
 * Finds the tower that a ray hits, from the layout without meshes. Pure.
 *
 * @typedef {{from: number[], to: number[]}} Ray  origin, and unit direction
 *
 * @import {Layout} from "../layout/layout.js"
 */

import { levelOf, turned } from "../layout/layout.js";

/**
 * Returns the first tower that a ray hits. Without a hit: the nearest tower within `slack`.
 * @param {Layout} layout
 * @param {Ray} ray
 * @param {number} slack        world units per unit along the ray: it widens like a cone
 * @param {number | null} only  the one layer that can be picked, null for all
 * @returns {{layer: number, expert: number} | null}
 */
export function pickTower(layout, ray, slack, only = null) {
  /** @type {{layer: number, expert: number} | null} */
  let found = null;
  let [best, near] = [Infinity, Infinity]; // smallest miss, and its distance
  for (let layer = only ?? 0; layer <= (only ?? layout.layers - 1); layer++) {
    const span = crossing(layout, ray, layer, slack);
    if (!span) continue;
    const seen = turnedBack(ray, layer);
    for (let expert = 0; expert < layout.experts; expert++) {
      const { miss, along } = closest(layout, seen, span, expert);
      const beyond = Math.max(0, miss - layout.towerRadius);
      if (beyond > slack * along) continue;
      const share = beyond / (slack * along || 1);
      if (share < best || (share === best && along < near))
        [found, best, near] = [{ layer, expert }, share, along];
    }
  }
  return found;
}

/** Rotates a ray into the frame of an unrotated ring. @returns {Ray} */
function turnedBack(/** @type {Ray} */ { from, to }, /** @type {number} */ layer) {
  const [x, z] = turned(-layer, from[0], from[2]);
  const [dx, dz] = turned(-layer, to[0], to[2]);
  return { from: [x, from[1], z], to: [dx, to[1], dz] };
}

/**
 * Returns the part of a ray between the feet and the tops of a layer, extended by the slack.
 * @returns {[number, number] | null}
 */
function crossing(
  /** @type {Layout} */ layout,
  /** @type {Ray} */ { from, to },
  /** @type {number} */ layer,
  /** @type {number} */ slack,
) {
  const extra = slack * Math.hypot(from[0], from[1], from[2]) * 0.5;
  const top = levelOf(layout, layer) - layout.drop * layout.open[layer];
  const low = top - layout.towerHeight * layout.open[layer] - extra;
  const high = top + extra;
  if (Math.abs(to[1]) < 1e-6) return from[1] > low && from[1] < high ? [0, 1e4] : null;
  const [a, b] = [(low - from[1]) / to[1], (high - from[1]) / to[1]];
  const [start, end] = [Math.max(0, Math.min(a, b)), Math.max(a, b)];
  return end > 0 ? [start, end] : null;
}

/** Returns the distance of a tower's axis from a part of the ray, and the place along the ray where it is hit or passed. */
function closest(
  /** @type {Layout} */ { x, z, towerRadius },
  /** @type {Ray} */ { from, to },
  /** @type {[number, number]} */ [start, end],
  /** @type {number} */ expert,
) {
  const [dx, dz] = [x[expert] - from[0], z[expert] - from[2]];
  const flat = to[0] * to[0] + to[2] * to[2];
  const foot = flat < 1e-9 ? start : (dx * to[0] + dz * to[2]) / flat;
  const along = Math.min(end, Math.max(start, foot));
  const miss = Math.hypot(dx - along * to[0], dz - along * to[2]);
  if (miss >= towerRadius || flat < 1e-9) return { miss, along };
  const nearest = (dx - foot * to[0]) ** 2 + (dz - foot * to[2]) ** 2;
  return { miss, along: Math.max(start, foot - Math.sqrt((towerRadius ** 2 - nearest) / flat)) };
}
