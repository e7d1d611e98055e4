/**
 * Words as a texture: each drawn once by the browser's own text engine, at the size of the device's pixels.
 */

import { CanvasTexture, NearestFilter } from "three";

const FONT = "system-ui, sans-serif";
const WIDEST = 2048; // device pixels

/**
 * @typedef {{x: number, y: number, width: number, height: number}} Box  device pixels of the texture, from
 *   the top left
 */

/**
 * Red is the letters, alpha the letters and a dark seam around them, on which they can be read over anything.
 * @param {string[]} words
 * @param {{size: number, ratio: number}} how  CSS pixels of the letters, device pixels a CSS pixel
 */
export function createAtlas(words, { size, ratio }) {
  const canvas = document.createElement("canvas");
  const context = /** @type {CanvasRenderingContext2D} */ (
    canvas.getContext("2d", { willReadFrequently: false })
  );
  write(context, size * ratio);
  const seam = Math.ceil(2 * ratio);
  const height = Math.ceil(size * ratio * 1.35) + 2 * seam;
  const { boxes, width, bottom } = pack(
    words.map((word) => Math.ceil(context.measureText(word).width) + 2 * seam),
    height,
  );
  [canvas.width, canvas.height] = [Math.max(1, width), Math.max(1, bottom)];
  write(context, size * ratio); // a canvas that changes its size forgets
  context.lineWidth = 2 * seam;
  context.lineJoin = "round";
  words.forEach((word, i) => {
    const at = /** @type {const} */ ([boxes[i].x + seam, boxes[i].y + height / 2]);
    context.strokeText(word, ...at);
    context.fillText(word, ...at);
  });
  const texture = new CanvasTexture(canvas);
  texture.flipY = false;
  texture.generateMipmaps = false;
  texture.minFilter = texture.magFilter = NearestFilter;
  texture.premultiplyAlpha = false;
  return { texture, boxes, bytes: 4 * canvas.width * canvas.height };
}

function write(/** @type {CanvasRenderingContext2D} */ context, /** @type {number} */ pixels) {
  context.font = `500 ${pixels}px ${FONT}`;
  context.textBaseline = "middle";
  context.fillStyle = "#f00";
  context.strokeStyle = "#000";
  if ("letterSpacing" in context) context.letterSpacing = `${(pixels * 0.09).toFixed(2)}px`;
}

/**
 * Places words of these widths in lines of one height. Pure.
 * @param {number[]} widths
 * @param {number} height
 * @returns {{boxes: Box[], width: number, bottom: number}}
 */
export function pack(widths, height) {
  let [x, y, most] = [0, 0, 0];
  const boxes = widths.map((width) => {
    if (x && x + width > WIDEST) [x, y] = [0, y + height];
    const box = { x, y, width, height };
    x += width;
    most = Math.max(most, x);
    return box;
  });
  return { boxes, width: most, bottom: widths.length ? y + height : 0 };
}
