/**
 * The colours of a heat map: steps of equal lightness from unused to busiest. The hue only agrees.
 */

import { coloursOf } from "../../view/palettes.js";

/** @typedef {{light: number, rgb: readonly number[]}} Stop */

/** @param {string} hex @returns {Stop} */
function stopOf(hex) {
  const rgb = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
  const [red, green, blue] = rgb.map((channel) => (channel / 255) ** 2.2);
  return { light: Math.cbrt(0.2126 * red + 0.7152 * green + 0.0722 * blue), rgb };
}

/**
 * The colour of each share from 0 to 1, as channels from 0 to 255.
 * @param {string} [palette]
 * @param {string} [theme]
 * @returns {(share: number) => number[]}
 */
export function heatOf(palette, theme) {
  const { dusk, brick, ember, hot, amber, white } = coloursOf(palette, theme);
  const stops = [dusk, brick, ember, hot, amber, white].map(stopOf);
  const [first, last] = [stops[0].light, stops[stops.length - 1].light];
  const way = Math.sign(last - first);
  return (share) => {
    const light = first + (last - first) * Math.max(0, Math.min(1, share));
    const above = 1 + stops.slice(1, -1).filter((stop) => way * (stop.light - light) < 0).length;
    const [a, b] = [stops[above - 1], stops[above]];
    const part = Math.max(0, Math.min(1, (light - a.light) / (b.light - a.light || 1)));
    return a.rgb.map((channel, i) => Math.round(channel + (b.rgb[i] - channel) * part));
  };
}
