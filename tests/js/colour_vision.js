/**
 * How far apart colours are, and how people see them who lack a kind of cone.
 *
 * Simulation: G. M. Machado, M. M. Oliveira, L. A. F. Fernandes, "A Physiologically-based Model for Simulation of Color
 * Vision Deficiency", IEEE TVCG 15(6), 2009; the matrices for severity 1.0, which work on linear RGB. Distance: Euclidean in
 * OKLab (B. Ottosson, 2020). Contrast: WCAG 2.2, relative luminance.
 */

/** @typedef {readonly number[]} Triple */

/** @type {Record<string, readonly Triple[]>} */
export const DEFICIENCIES = {
  none: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritanopia: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};

const dot = (/** @type {Triple} */ a, /** @type {Triple} */ b) =>
  a.reduce((sum, value, i) => sum + value * b[i], 0);
const through = (/** @type {readonly Triple[]} */ matrix, /** @type {Triple} */ vector) =>
  matrix.map((row) => dot(row, vector));

/** Linear RGB from 0 to 1. @param {string | Triple} colour  "#rrggbb", or channels from 0 to 255 @returns {Triple} */
export function linear(colour) {
  const channels =
    typeof colour === "string" ? [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16)) : colour;
  return channels.map((channel) =>
    channel / 255 <= 0.04045 ? channel / 255 / 12.92 : ((channel / 255 + 0.055) / 1.055) ** 2.4,
  );
}

/** Linear RGB of a colour as a person sees it. @param {readonly Triple[]} deficiency @param {string | Triple} colour */
export function seenBy(deficiency, colour) {
  return through(deficiency, linear(colour)).map((channel) => Math.min(1, Math.max(0, channel)));
}

/** @param {Triple} rgb linear */
function oklab(rgb) {
  const cones = through(
    [
      [0.4122214708, 0.5363325363, 0.0514459929],
      [0.2119034982, 0.6806995451, 0.1073969566],
      [0.0883024619, 0.2817188376, 0.6299787005],
    ],
    rgb,
  ).map(Math.cbrt);
  return through(
    [
      [0.2104542553, 0.793617785, -0.0040720468],
      [1.9779984951, -2.428592205, 0.4505937099],
      [0.0259040371, 0.7827717662, -0.808675766],
    ],
    cones,
  );
}

/** @param {Triple} a linear RGB @param {Triple} b */
export function distance(a, b) {
  const [one, other] = [oklab(a), oklab(b)];
  return Math.hypot(...one.map((value, i) => value - other[i]));
}

/** Of OKLab, 0 to 1. @param {string | Triple} colour */
export function lightness(colour) {
  return oklab(linear(colour))[0];
}

/** @param {string} a @param {string} b */
export function contrast(a, b) {
  const [bright, dark] = [a, b]
    .map((colour) => dot([0.2126, 0.7152, 0.0722], linear(colour)))
    .sort((one, other) => other - one);
  return (bright + 0.05) / (dark + 0.05);
}
