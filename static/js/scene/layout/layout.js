/**
 * Places of the towers. Pure: a function of the shape.
 *
 * World axes: y up, the stack centred on the origin. Expert i stands at the angle 2 pi i / N, so a fraction of the circle
 * means the same at any N. Expert 0 is at the front (+z, towards the FRONT camera); seen from above the ids go
 * counter-clockwise, so the expert a quarter round is at the right (+x). Each ring is rotated by TURN against the one
 * below, so that a column is not read as the same expert.
 *
 * Up to RING experts form one ring; more form concentric rows, with neighbours in different rows.
 *
 *
 * @typedef {object} Ring
 * @property {number} layers
 * @property {number} experts
 * @property {number} rows          concentric rows of a ring
 * @property {Float32Array} x       [N] centre of each tower in its plane
 * @property {Float32Array} z       [N]
 * @property {number} inner         from the axis to the nearest tower centre
 * @property {number} outer         radius of the circle that holds every tower of a ring
 * @property {number} towerRadius
 * @property {boolean} core         a tower on the axis: the shared experts
 * @property {number[]} dense       how many MoE layers are below each layer without experts
 *
 * @typedef {Ring & Levels} Layout
 *
 * @import {Fold} from "../../view/layers.js"
 * @import {Levels} from "./layer_heights.js"
 */

import { levelsOf } from "./layer_heights.js";

/** Largest number of experts in one ring. */
const RING = 64;
/** Radians from a ring to the next, as `RING_TURN` in app/picture/layout.py. */
export const TURN = 0.12;
const SLIM = 0.3; // tower radius, as a share of the distance between neighbours; 0.5 would touch
const WIDEST = 0.5; // largest tower radius

/**
 * @param {{layers: number, experts: number, dense?: number[], core?: boolean}} shape
 * @param {Fold | null} [fold]
 * @returns {Layout}
 */
export function createLayout({ layers, experts, dense = [], core = false }, fold = null) {
  const rows = rowsOf(experts);
  const { x, z, inner } = placeTowers(experts, rows);
  const towerRadius = Math.min(WIDEST, SLIM * nearest(x, z, rows));
  const far = Math.max(...x.map((_, i) => Math.hypot(x[i], z[i])));
  const ring = { layers, experts, rows, x, z, inner, outer: far + towerRadius, towerRadius, dense, core };
  return { ...ring, ...levelsOf(layers, ring, dense, fold) };
}

/** Returns the layout with other layers folded. @param {Layout} layout @param {Fold | null} fold @returns {Layout} */
export function folded(layout, fold) {
  return { ...layout, ...levelsOf(layout.layers, layout, layout.dense, fold) };
}

/**
 * Returns the shape of the stack of a model.
 * @param {{layers: number, experts: number, dense_layers?: number[], d_shared?: number, shared?: number}} model
 */
export function shapeOf({ layers, experts, dense_layers = [], d_shared = 0, shared = 0 }) {
  const dense = [...dense_layers].sort((a, b) => a - b).map((layer, i) => Math.min(layers, layer - i));
  return { layers, experts, dense, core: d_shared > 0 || shared > 0 };
}

/** Returns the rows of a ring of N experts: at most RING per row, and a few more rows if they then divide N evenly. */
export function rowsOf(/** @type {number} */ experts) {
  const least = Math.ceil(experts / RING);
  for (let rows = least; rows < 2 * least; rows++) if (experts % rows === 0) return rows;
  return least;
}

/**
 * Returns the radius of a ring of N towers. It grows slower than the circumference requires, so towers become slimmer.
 */
function ringRadius(/** @type {number} */ experts) {
  return 1.32 * Math.min(experts, RING) ** 0.35;
}

/** @returns {{x: Float32Array, z: Float32Array, inner: number}} */
function placeTowers(/** @type {number} */ experts, /** @type {number} */ rows) {
  const outermost = ringRadius(experts) * (1 + 0.1 * (rows > 1 ? 1 : 0));
  const gap = rows > 1 ? rowGap(experts, rows, outermost) : 0;
  const inner = outermost - gap * (rows - 1);
  const x = new Float32Array(experts);
  const z = new Float32Array(experts);
  for (let i = 0; i < experts; i++) {
    const angle = (2 * Math.PI * i) / experts;
    const radius = inner + gap * rowOf(i, experts, rows);
    x[i] = radius * Math.sin(angle);
    z[i] = radius * Math.cos(angle);
  }
  return { x, z, inner };
}

/**
 * Returns the distance between rows: that of neighbours in a row, limited by the distance of the innermost row from the
 * axis.
 */
function rowGap(/** @type {number} */ experts, /** @type {number} */ rows, /** @type {number} */ outermost) {
  const spacing = (2 * Math.PI * outermost * rows) / experts;
  return Math.min(spacing, (0.5 * outermost) / (rows - 1));
}

/**
 * Returns the row of expert i. Consecutive ids are in different rows, in blocks. If the rows do not divide N, the first
 * blocks have one more expert in an additional row, so that the last expert and the first are never in one row.
 */
export function rowOf(/** @type {number} */ i, /** @type {number} */ experts, /** @type {number} */ rows) {
  const blocks = Math.floor(experts / rows);
  const longer = experts - blocks * rows;
  const start = longer * (rows + 1);
  return i < start ? i % (rows + 1) : (i - start) % rows;
}

/** Returns the smallest distance between two towers of a ring. Only neighbouring ids are compared. */
export function nearest(
  /** @type {Float32Array} */ x,
  /** @type {Float32Array} */ z,
  /** @type {number} */ rows,
) {
  let least = Infinity;
  for (let i = 0; i < x.length; i++) {
    for (let step = 1; step <= Math.min(2 * rows + 1, x.length - 1); step++) {
      const j = (i + step) % x.length;
      least = Math.min(least, Math.hypot(x[i] - x[j], z[i] - z[j]));
    }
  }
  return least;
}

/** Rotates a point of a ring, or a direction, as its layer. @param {number} layer @param {number} x @param {number} z @returns {[number, number]} */
export function turned(layer, x, z) {
  const [sin, cos] = [Math.sin(TURN * layer), Math.cos(TURN * layer)];
  return [x * cos + z * sin, z * cos - x * sin];
}

/** Returns the place of a tower in its plane. @param {Layout} layout @param {number} layer @param {number} expert @returns {[number, number]} x, z */
export function placeOf({ x, z }, layer, expert) {
  return turned(layer, x[expert], z[expert]);
}

/** Returns the height of the router plane of a layer, or between two. */
export function levelOf(/** @type {Levels} */ { levels }, /** @type {number} */ layer) {
  const low = Math.floor(layer);
  const share = layer - low;
  return share ? levels[low] + (levels[low + 1] - levels[low]) * share : levels[low];
}

/**
 * Returns the height of a token that has passed `passed` layers: -1 at the entry, l at the plane of layer l, L at the
 * exit.
 */
export function heightOf(/** @type {Layout} */ layout, /** @type {number} */ passed) {
  const last = layout.layers - 1;
  const inside = Math.min(Math.max(passed, 0), last);
  return levelOf(layout, inside) + (passed - inside) * layout.entry;
}
