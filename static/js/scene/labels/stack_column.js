/**
 * The overview column of a folded stack: one bar per layer. Open layers are bright; the layer of the current event is
 * widest. Pure.
 *
 * @import {Shot} from "../camera/camera.js"
 * @import {Rect} from "./places.js"
 * @import {Layout} from "../layout/layout.js"
 */

import { axes, COLUMN, isFolded, isNarrow } from "../camera/framing.js";
import { seen } from "./wording.js";

// CSS pixels at the usual text size
const WIDTH = 12;
const TARGET = 44; // width that a press can hit
const TALLEST = 5; // per layer
const SHARE = 0.56; // of the height of the free area
const EDGE = 8; // from the left of the free area, at least
const BESIDE = { numbers: 64, words: 104 }; // from the stack; the labels of layers are in between

/** Returns its place; null if nothing is folded. @param {Layout} layout @param {Shot} shot @returns {Rect | null} */
export function columnOf(layout, shot) {
  const { layers, outer } = layout;
  if (layers < 2 || !isFolded(layout) || shot.focus > 0.5) return null;
  const height = Math.round(Math.min(TALLEST * shot.text * layers, SHARE * shot.height));
  const { right } = axes(shot);
  const [edge] = seen([-outer * right[0], 0, -outer * right[2]], shot);
  const width = Math.round(WIDTH * shot.text);
  const narrow = isNarrow(shot);
  const beside = edge - (narrow ? BESIDE.numbers : BESIDE.words) * shot.text - width;
  const left = narrow ? shot.left - COLUMN * shot.text : shot.left;
  return {
    x: Math.round(Math.max(left + EDGE, beside)),
    y: Math.round(shot.top + (shot.height - height) / 2),
    width,
    height,
  };
}

/**
 * Returns the layer whose bar is at a point of the canvas, CSS pixels; null if the column is not there.
 * @param {Rect | null} column
 * @param {number} layers
 * @param {number} x
 * @param {number} y
 */
export function layerIn(column, layers, x, y) {
  if (!column || Math.abs(x - column.x - column.width / 2) > TARGET / 2) return null;
  const share = (column.y + column.height - y) / column.height;
  const slack = (TARGET - WIDTH) / 2 / column.height;
  if (share < -slack || share > 1 + slack) return null;
  return Math.max(0, Math.min(layers - 1, Math.floor(share * layers)));
}

/**
 * Returns the bars as rows of the table of labels: x, y, width, height, -1, tone, strength, ink.
 * @param {Layout} layout
 * @param {Rect} column
 * @param {number} looked   the layer of the current event
 * @returns {number[]}
 */
export function barsOf({ layers, open }, { x, y, width, height }, looked) {
  const pitch = height / layers;
  return Array.from({ length: layers }, (_, layer) => {
    const here = layer === looked;
    const wide = here ? width : open[layer] === 1 ? 0.8 * width : 0.5 * width;
    const high = here ? Math.max(2, pitch - 1) : pitch > 3 ? pitch - 1 : 0.7 * pitch;
    const top = y + height - (layer + 1) * pitch;
    return [x, top, wide, Math.max(1, high), -1, here ? 1 : 0, here ? 1 : open[layer] === 1 ? 0.85 : 0.3, 0];
  }).flat();
}
