/**
 * A QR code as the path of an SVG. Pure.
 */

import { encode } from "uqr";

/** The quiet zone that the standard asks for, modules. */
const BORDER = 4;
/** Bytes that the largest code holds at the least error correction. */
const MOST_BYTES = 2953;
/** Bytes above which the code would be too fine for a camera in the last row, if it corrected more. */
const FEW_BYTES = 300;

/**
 * @typedef {object} Code
 * @property {number} size   modules a side, the quiet zone among them
 * @property {string} path   of the dark modules, one unit each
 */

/** Null where a text is too long for any code. @param {string} text @returns {Code | null} */
export function qrCode(text) {
  const bytes = new TextEncoder().encode(text).length;
  if (bytes > MOST_BYTES) return null;
  const { size, data } = encode(text, { ecc: bytes > FEW_BYTES ? "L" : "M", border: BORDER });
  return {
    size,
    path: data
      .map((row, y) =>
        runsOf(row)
          .map(([x, length]) => `M${x} ${y}h${length}v1h-${length}z`)
          .join(""),
      )
      .join(""),
  };
}

/** Start and length of the dark stretches of a row. @param {boolean[]} row @returns {[number, number][]} */
function runsOf(row) {
  /** @type {[number, number][]} */
  const runs = [];
  row.forEach((dark, x) => {
    if (dark && row[x - 1]) runs[runs.length - 1][1]++;
    else if (dark) runs.push([x, 1]);
  });
  return runs;
}

/** Returns whether an address means this machine alone, so that nobody else can open it. @param {string} address */
export function isLocal(address) {
  const { hostname } = new URL(address);
  return (
    hostname === "localhost" ||
    hostname.endsWith(".localhost") ||
    hostname === "[::1]" ||
    /^127\./.test(hostname)
  );
}
