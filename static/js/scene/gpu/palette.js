/**
 * The palette as shaders know it: one array of colours, which a change of theme sends anew. Shaders neither light nor
 * blend in linear space.
 *
 * On paper light is taken away where in the dark it is added. So the light theme is drawn as its own negative: its colours
 * reach the shaders as what they take from white, and what the shaders add up is taken from the picture at the end.
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

/** Whether a theme is drawn as its negative. */
export const isNegative = (/** @type {string} */ theme) => theme === "light";

/**
 * What the array holds.
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

/** Red, green, blue of "#rrggbb", 0 to 1. */
function partsOf(/** @type {string} */ hex) {
  return [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255);
}
