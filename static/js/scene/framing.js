/**
 * Where a camera stands so that the stack fills a free area. Pure.
 *
 * The camera looks at a point of the axis from an azimuth (0: the front, where expert 0 stands; growing to the right) and
 * an elevation (90 degrees: from above), with the vertical field of view FOV across the free area.
 *
 * @import { Layout } from '../layout.js'
 * @import { Camera } from '../types.js'
 *
 * @typedef {{azimuth: number, elevation: number, distance: number, lift: number}} Pose
 *   angles in radians; distance to the point looked at, and its height, in world units
 */
import { heightOf, levelOf } from '../layout.js';

/** A long lens: rings of one size look like rings of one size. */
export const FOV = (26 * Math.PI) / 180;

/** Azimuth and elevation in degrees. */
const ANGLES = { orbit: [22, 20], front: [0, 4.5], top: [0, 90] };
const POINTS = 40; // around a ring
const ROUNDS = 24; // of the search; each halves the error at least

/**
 * @param {Layout} layout
 * @param {number} aspect  width over height of the free area
 * @param {Camera} camera
 * @param {number} layer   the layer that TOP looks at
 * @param {number} margin  share of the free area, in each direction, that stays empty on both sides together
 * @returns {Pose}
 */
export function frameStack(layout, aspect, camera, layer, margin = 0.06) {
  const [azimuth, elevation] = ANGLES[camera].map((degrees) => (degrees * Math.PI) / 180);
  const points = camera === 'top' ? ring(layout, levelOf(layout, layer)) : outline(layout);
  const fill = 1 - margin;
  let [distance, lift] = [4 * layout.outer, 0];
  for (let round = 0; round < ROUNDS; round++) {
    const box = bounds(points, { azimuth, elevation, distance, lift });
    const shift = ((box.top + box.bottom) / 2) * Math.tan(FOV / 2) * distance;
    lift += shift * Math.max(0.2, Math.cos(elevation)) * (camera === 'top' ? 0 : 1);
    const grow = Math.max((box.top - box.bottom) / 2, box.right / aspect) / fill;
    distance = Math.max(distance * grow, layout.outer * 1.02);
  }
  if (camera === 'top') lift = levelOf(layout, layer);
  return { azimuth, elevation, distance, lift };
}

/** The axes of a view: where its right, its up and its back point. */
export function axes(/** @type {Pose} */ { azimuth, elevation }) {
  const [sa, ca, se, ce] = [Math.sin(azimuth), Math.cos(azimuth), Math.sin(elevation), Math.cos(elevation)];
  return { right: [ca, 0, -sa], up: [-se * sa, ce, -se * ca], back: [ce * sa, se, ce * ca] };
}

/**
 * Where a point is seen: x and y from -1 to 1 across the height of the free area, and its depth.
 * @param {number[]} point
 * @param {Pose} view
 * @returns {[number, number, number]}
 */
export function project([x, y, z], view) {
  const { right, up, back } = axes(view);
  const along = (/** @type {number[]} */ axis) => x * axis[0] + (y - view.lift) * axis[1] + z * axis[2];
  const depth = Math.max(1e-3, view.distance - along(back));
  const scale = 1 / (depth * Math.tan(FOV / 2));
  return [along(right) * scale, along(up) * scale, depth];
}

/** @returns {{top: number, bottom: number, right: number}} */
function bounds(/** @type {number[][]} */ points, /** @type {Pose} */ view) {
  let [top, bottom, right] = [-Infinity, Infinity, 0];
  for (const point of points) {
    const [x, y] = project(point, view);
    top = Math.max(top, y);
    bottom = Math.min(bottom, y);
    right = Math.max(right, Math.abs(x));
  }
  return { top, bottom, right };
}

/** The outer circle of a layer at its foot and at its top. @returns {number[][]} */
function ring(/** @type {Layout} */ { outer, towerHeight, drop }, /** @type {number} */ level) {
  return Array.from({ length: 2 * POINTS }, (_, i) => {
    const angle = (2 * Math.PI * i) / POINTS;
    return [outer * 1.05 * Math.sin(angle), level - (i < POINTS ? 0 : drop + towerHeight), outer * 1.05 * Math.cos(angle)];
  });
}

/** Lowest and highest ring, and most of the way in and out. @returns {number[][]} */
function outline(/** @type {Layout} */ layout) {
  const last = layout.layers - 1;
  return [
    ...ring(layout, levelOf(layout, 0)), ...ring(layout, levelOf(layout, last)),
    [0, heightOf(layout, -0.6), 0], [0, heightOf(layout, last + 0.6), 0],
  ];
}
