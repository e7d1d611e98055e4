/**
 * Words as a texture. The browser draws each word once, at the resolution of the device.
 */

import { CanvasTexture, NearestFilter } from "three";

const FONT = "system-ui, sans-serif";
const WIDEST = 2048; // device pixels

/**
 * @typedef {{x: number, y: number, width: number, height: number}} Box  device pixels of the texture, from
 *   the top left
 */

/**
 * Red holds the letters, alpha the letters with a dark outline, which keeps them legible on any ground.
 * @param {string[]} words
 * @param {{size: number, ratio: number}} how  CSS pixels of the letters, device pixels per CSS pixel
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
  write(context, size * ratio); // a change of size resets the context
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
 * Packs words of these widths in lines of one height. Pure.
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
