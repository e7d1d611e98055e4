/**
 * A table on the GPU: an array in a texture. Only changed texels are sent.
 */

import { DataTexture, FloatType, NearestFilter, RGBAFormat, UnsignedByteType } from "three";

/**
 * @param {Float32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>} array  four numbers per texel
 * @param {number} width
 * @param {number} height
 */
export function createTable(array, width, height) {
  const floats = array instanceof Float32Array;
  const texture = new DataTexture(array, width, height, RGBAFormat, floats ? FloatType : UnsignedByteType);
  texture.minFilter = texture.magFilter = NearestFilter;
  texture.generateMipmaps = false;
  texture.needsUpdate = true;
  let bytes = array.byteLength;

  return {
    array,
    texture,
    /** Sends `count` texels of a row with the next frame. */
    send(/** @type {number} */ row, /** @type {number} */ from, /** @type {number} */ count) {
      texture.addUpdateRange(4 * (row * width + from), 4 * count);
      texture.needsUpdate = true;
      bytes += 4 * count * array.BYTES_PER_ELEMENT;
    },
    /** Sends everything with the next frame. */
    resend() {
      texture.clearUpdateRanges();
      texture.needsUpdate = true;
      bytes += array.byteLength;
    },
    /** Bytes sent since the last call. */
    spent() {
      const sum = bytes;
      bytes = 0;
      return sum;
    },
    dispose: () => texture.dispose(),
  };
}
