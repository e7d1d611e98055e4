/**
 * The palette for shaders: one array of colours, sent again after a change of theme. Shaders light and blend in sRGB.
 *
 * The light theme is drawn as its negative: its colours reach the shaders as differences from white, and the sum of the
 * shaders is subtracted from white at the end.
 */

import { coloursOf, DEVICES, GROUPS } from "../../view/palettes.js";

/** @type {readonly (keyof import("../../view/palettes.js").Colours)[]} */
const NAMES = [
  "night",
  "dusk",
  "foot",
  "brick",
  "cap",
  "edge",
  "plate",
  "ember",
  "hot",
  "amber",
  "white",
  "gold",
  "text",
  "bright",
  "refused",
];
const HUES = DEVICES.dark.length;
const CLANS = GROUPS.dark.length;

/** GLSL: the array, and a name for each colour: `HOT`; `hue(i)` is the colour of device i, `clan(i)` of group i. */
export const PALETTE = `uniform vec3 inks[${NAMES.length + HUES + CLANS}];
${NAMES.map((name, i) => `#define ${name.toUpperCase()} inks[${i}]`).join("\n")}
vec3 hue(float device) {
  int i = int(device);
  return inks[${NAMES.length} + i % ${HUES}] * ((i / ${HUES}) % 2 == 1 ? 0.5 : 1.0);
}
vec3 clan(float group) { return inks[${NAMES.length + HUES} + int(group)]; }`;

/** Returns whether a theme is drawn as its negative. */
export const isNegative = (/** @type {string} */ theme) => theme === "light";

/**
 * Returns the array of colours.
 * @param {string} [palette]
 * @param {string} [theme]
 * @returns {number[]} red, green, blue of each, 0 to 1
 */
export function inksOf(palette, theme = "dark") {
  const colours = coloursOf(palette, theme);
  const known = /** @type {import("../../view/palettes.js").Theme} */ (theme in GROUPS ? theme : "dark");
  const all = [...NAMES.map((name) => colours[name]), ...DEVICES[known], ...GROUPS[known]];
  return all.flatMap(partsOf).map((part) => (isNegative(theme) ? 1 - part : part));
}

/** Returns red, green, blue of "#rrggbb", 0 to 1. */
function partsOf(/** @type {string} */ hex) {
  return [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255);
}
