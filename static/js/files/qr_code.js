/**
 * A QR code as the path of an SVG. Pure.
 */

import { encode } from "uqr";

/** The quiet zone of the standard, in modules. */
const BORDER = 4;
/** Capacity of the largest code at the lowest error correction, in bytes. */
const MOST_BYTES = 2953;
/** Bytes up to which a code with higher error correction stays legible from the last row of a room. */
const FEW_BYTES = 300;

/**
 * @typedef {object} Code
 * @property {number} size   modules per side, with the quiet zone
 * @property {string} path   of the dark modules, one unit each
 */

/** Returns the code of a text; null if it is too long. @param {string} text @returns {Code | null} */
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

/** Returns start and length of the dark runs of a row. @param {boolean[]} row @returns {[number, number][]} */
function runsOf(row) {
  /** @type {[number, number][]} */
  const runs = [];
  row.forEach((dark, x) => {
    if (dark && row[x - 1]) runs[runs.length - 1][1]++;
    else if (dark) runs.push([x, 1]);
  });
  return runs;
}

/** Returns whether an address is reachable from this machine only. @param {string} address */
export function isLocal(address) {
  const { hostname } = new URL(address);
  return (
    hostname === "localhost" ||
    hostname.endsWith(".localhost") ||
    hostname === "[::1]" ||
    /^127\./.test(hostname)
  );
}
