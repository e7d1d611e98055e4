/**
 * One picture of all stacks on screen: their scenes side by side, each with its caption.
 *
 * @import {Caption} from "./picture_caption.js"
 */

import { words } from "../words/words.js";
import { drawCaption } from "./picture_caption.js";

/** @typedef {{left: number, top: number, width: number, height: number}} Area */

/** The largest canvas that browsers draw on all systems, whatever the limit of the GPU. */
const MOST_PIXELS = 40e6;

/**
 * Returns the places of the boxes of the page on one canvas. Its sides are even, as video formats require. Pure.
 * @param {readonly Area[]} boxes  CSS pixels
 * @param {number} scale   pixels of the canvas to one of CSS
 */
export function layOut(boxes, scale) {
  const left = Math.min(...boxes.map((box) => box.left));
  const top = Math.min(...boxes.map((box) => box.top));
  const areas = boxes.map((box) => ({
    left: Math.round((box.left - left) * scale),
    top: Math.round((box.top - top) * scale),
    width: Math.round(box.width * scale),
    height: Math.round(box.height * scale),
  }));
  const even = (/** @type {number[]} */ ends) => 2 * Math.ceil(Math.max(...ends) / 2);
  return {
    width: even(areas.map((area) => area.left + area.width)),
    height: even(areas.map((area) => area.top + area.height)),
    areas,
  };
}

/** Returns boxes of one height side by side, together as wide as a page. Pure. @param {number} count @param {number} width @param {number} height */
export function inRow(count, width, height) {
  return Array.from({ length: count }, (_, i) => ({
    left: (i * width) / count,
    top: 0,
    width: width / count,
    height,
  }));
}

/**
 * Returns the reason why a picture of this size is not possible; "" if it is. Pure.
 * @param {{width: number, height: number}} size   CSS pixels
 * @param {number} scale
 * @param {number} largest   the largest scale of the GPU
 * @returns {string}
 */
export function tooLarge({ width, height }, scale, largest) {
  const [across, down] = [Math.round(width * scale), Math.round(height * scale)];
  if (scale <= largest && across * down <= MOST_PIXELS) return "";
  const fits = [2, 1].find((other) => other < scale && !tooLarge({ width, height }, other, largest));
  return words.pictureTooLarge(across, down, fits ?? 0);
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {CanvasImageSource} image
 * @param {Area} area
 * @param {number} scale
 * @param {Caption | null} caption
 */
export function drawPicture(context, image, area, scale, caption) {
  context.clearRect(area.left, area.top, area.width, area.height);
  context.drawImage(image, area.left, area.top, area.width, area.height);
  if (caption) drawCaption(context, area, scale, caption);
}

/**
 * @param {number} width
 * @param {number} height
 */
export function createCanvas(width, height) {
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const context = canvas.getContext("2d");
  if (!context) throw new Error(words.noCanvas);
  return { canvas, context };
}

/** @param {HTMLCanvasElement} canvas @returns {Promise<Blob>} a PNG */
export function toPng(canvas) {
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error(words.noCanvas))));
  });
}
