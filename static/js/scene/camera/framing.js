/**
 * Frames the stack: the camera from which it fills a free area. Pure.
 *
 * The camera looks at a point of the axis from an azimuth (0: the front, where expert 0 stands; growing to the right) and
 * an elevation (90 degrees: from above); its vertical field of view spans the free area.
 *
 *
 * @typedef {{azimuth: number, elevation: number, distance: number, lift: number, lens: number}} Pose
 *   angles in radians; distance to the point looked at, and its height, in world units; tangent of half the
 *   field of view
 *
 * @import {Camera} from "../../types.js"
 * @import {Layout} from "../layout/layout.js"
 */

import { heightOf, levelOf } from "../layout/layout.js";

/**
 * Azimuth, elevation and vertical field of view in degrees. Long lenses keep rings of one size similar on screen.
 */
const SHOTS = { orbit: [22, 20, 26], front: [0, 5, 13], top: [0, 90, 14] };
const TALL = 0.8; // if the stack fills less of the height than this, ORBIT looks from higher up
const STEEPEST = 35; // degrees
const STEEPEST_FOLDED = 26; // open layers of a wide ring stay apart
const DEGREE = Math.PI / 180;
const POINTS = 40; // around a ring
const ROUNDS = 24; // of the search; each at least halves the error

const NARROW = 520; // CSS pixels at the usual text size

/** Returns whether there is no room for words beside the stack. @param {{width: number, text?: number}} area */
export function isNarrow({ width, text = 1 }) {
  return width < NARROW * text;
}

/** @typedef {{width: number, height: number, text?: number}} FreeArea  of the canvas, CSS pixels; text size, 1 is usual */

/** Returns whether some layers are folded. @param {Layout} layout */
export function isFolded({ open }) {
  return open.some((share) => share !== 1);
}

/** CSS pixels at the usual text size, left of a folded stack in a narrow area, for its column. */
export const COLUMN = 64;

/**
 * Returns the part of the area for the stack: in a narrow one, all but the place of the column of a folded stack.
 * @template {FreeArea & {left: number}} A
 * @param {Layout} layout
 * @param {A} area
 * @param {Camera} camera
 * @returns {A}
 */
export function besideColumn(layout, area, camera) {
  if (camera === "top" || !isNarrow(area) || !isFolded(layout)) return area;
  const column = COLUMN * (area.text ?? 1);
  return { ...area, left: area.left + column, width: area.width - column };
}

/** Returns the CSS pixels kept free for labels at the sides, and above and below. */
function gutters(/** @type {Layout} */ layout, /** @type {FreeArea} */ area, /** @type {Camera} */ camera) {
  const { height, text = 1 } = area;
  if (camera === "top") return [34 * text, 34 * text];
  const numbers = isFolded(layout) ? 20 : 34;
  return [(isNarrow(area) ? numbers : 84) * text, 10 * text + 0.022 * height];
}

/**
 * @param {Layout} layout
 * @param {FreeArea} area  the free part of the canvas, in CSS pixels
 * @param {Camera} camera
 * @param {number} layer  the layer that TOP looks at
 * @returns {Pose}
 */
export function frameStack(layout, area, camera, layer) {
  let { pose, filled } = fit(layout, area, camera, layer, SHOTS[camera][1]);
  if (camera !== "orbit") return pose;
  const steepest = isFolded(layout) ? STEEPEST_FOLDED : STEEPEST;
  for (let elevation = SHOTS.orbit[1] + 3; filled < TALL && elevation <= steepest; elevation += 3) {
    ({ pose, filled } = fit(layout, area, camera, layer, elevation));
  }
  return pose;
}

/**
 * Returns the pose with the largest stack that fits the area, and the share of the height that it fills.
 * @returns {{pose: Pose, filled: number}}
 */
function fit(
  /** @type {Layout} */ layout,
  /** @type {FreeArea} */ area,
  /** @type {Camera} */ camera,
  /** @type {number} */ layer,
  /** @type {number} */ degrees,
) {
  const { width, height } = area;
  const elevation = degrees * DEGREE;
  const lens = Math.tan((SHOTS[camera][2] * DEGREE) / 2);
  const [beside, above] = gutters(layout, area, camera);
  const [wide, high] = [
    Math.max(0.3 * width, width - 2 * beside) / height,
    Math.max(0.3, 1 - (2 * above) / height),
  ];
  const points = camera === "top" ? ring(layout, layer) : outline(layout);
  const lift = camera === "top" ? levelOf(layout, layer) : 0;
  const pose = {
    azimuth: SHOTS[camera][0] * DEGREE,
    elevation,
    lens,
    distance: (2 * layout.outer) / lens,
    lift,
  };
  let filled = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const box = bounds(points, pose);
    if (camera !== "top")
      pose.lift += ((box.top + box.bottom) / 2) * lens * pose.distance * Math.cos(elevation);
    filled = (box.top - box.bottom) / 2 / high;
    pose.distance = Math.max(pose.distance * Math.max(filled, box.right / wide), layout.outer * 1.02);
  }
  return { pose, filled };
}

/** Returns the axes of a view: right, up and back. */
export function axes(/** @type {Pose} */ { azimuth, elevation }) {
  const [sa, ca, se, ce] = [Math.sin(azimuth), Math.cos(azimuth), Math.sin(elevation), Math.cos(elevation)];
  return { right: [ca, 0, -sa], up: [-se * sa, ce, -se * ca], back: [ce * sa, se, ce * ca] };
}

/**
 * Projects a point: x and y from -1 to 1 across the height of the free area, and its depth.
 * @param {number[]} point
 * @param {Pose} view
 * @returns {[number, number, number]}
 */
export function project([x, y, z], view) {
  const { right, up, back } = axes(view);
  const along = (/** @type {number[]} */ axis) => x * axis[0] + (y - view.lift) * axis[1] + z * axis[2];
  const depth = Math.max(1e-3, view.distance - along(back));
  const scale = 1 / (depth * view.lens);
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

/** Returns the outer circle of a layer at its foot and at its top. @returns {number[][]} */
function ring(/** @type {Layout} */ layout, /** @type {number} */ layer) {
  const { outer, towerHeight, drop, open } = layout;
  const level = levelOf(layout, layer);
  const foot = level - (drop + towerHeight) * open[layer];
  return [...circle(1.05 * outer, level), ...circle(1.05 * outer, foot)];
}

/** @returns {number[][]} */
function circle(/** @type {number} */ radius, /** @type {number} */ height) {
  return Array.from({ length: POINTS }, (_, i) => {
    const angle = (2 * Math.PI * i) / POINTS;
    return [radius * Math.sin(angle), height, radius * Math.cos(angle)];
  });
}

/** Returns the points to frame: lowest and highest ring, entry and exit. @returns {number[][]} */
function outline(/** @type {Layout} */ layout) {
  const last = layout.layers - 1;
  return [
    ...ring(layout, 0),
    ...ring(layout, last),
    ...(layout.dense[0] === 0 ? circle(layout.outer, layout.slabs[0] - layout.slabs[1]) : []),
    [0, heightOf(layout, -0.3), 0],
    [0, heightOf(layout, last + 0.35), 0],
  ];
}
