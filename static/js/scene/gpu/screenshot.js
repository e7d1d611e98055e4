/**
 * Pictures of the scene, larger or smaller than the canvas, with or without background.
 *
 * @import {PerspectiveCamera, Scene, WebGLRenderer} from "three"
 */

import { WebGLRenderTarget } from "three";

/**
 * Draws a frame off screen. Without the backdrop, added light has no alpha. It gets that of its brightest colour, so that
 * it looks the same over black.
 * @param {WebGLRenderer} renderer
 * @param {Scene} scene
 * @param {PerspectiveCamera} camera
 * @param {number} width   pixels
 * @param {number} height
 * @returns {ImageData}
 */
export function paint(renderer, scene, camera, width, height) {
  const target = new WebGLRenderTarget(width, height, { samples: 4 });
  const pixels = new Uint8Array(4 * width * height);
  renderer.setClearAlpha(0);
  renderer.setRenderTarget(target);
  renderer.render(scene, camera);
  renderer.readRenderTargetPixels(target, 0, 0, width, height, pixels);
  renderer.setRenderTarget(null);
  renderer.setClearAlpha(1);
  target.dispose();
  return new ImageData(straighten(pixels, width, height), width, height);
}

/**
 * Converts premultiplied rows, lowest first, to straight alpha, highest row first.
 * @param {Uint8Array} pixels
 * @param {number} width
 * @param {number} height
 */
export function straighten(pixels, width, height) {
  const straight = new Uint8ClampedArray(pixels.length);
  const row = 4 * width;
  for (let y = 0; y < height; y++) {
    for (let from = y * row, to = (height - 1 - y) * row; from < (y + 1) * row; from += 4, to += 4) {
      const [r, g, b] = [pixels[from], pixels[from + 1], pixels[from + 2]];
      const alpha = Math.max(pixels[from + 3], r, g, b);
      const share = alpha ? 255 / alpha : 0;
      straight[to] = r * share;
      straight[to + 1] = g * share;
      straight[to + 2] = b * share;
      straight[to + 3] = alpha;
    }
  }
  return straight;
}

/** @returns {Promise<Blob>} a PNG */
export function encode(/** @type {ImageData} */ image) {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [image.width, image.height];
  canvas.getContext("2d")?.putImageData(image, 0, 0);
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) =>
      blob ? resolve(blob) : reject(new Error("picture: the browser made no PNG; try a smaller scale")),
    );
  });
}
