/**
 * The heat map: layers by experts.
 *
 * @import {State} from "../../types.js"
 * @import {Tally} from "../../counts/expert_uses.js"
 * @import {Actions} from "../../state/actions.js"
 */

import { rowOf } from "../../counts/expert_uses.js";
import { coloursOf } from "../../view/palettes.js";
import { words } from "../../words/words.js";
import { attribute, changes, h, setStyle, setText } from "../parts/element.js";
import { createSpan } from "./count_scope.js";

/** @param {HTMLElement} host @param {Actions} actions */
export function createHeatmap(host, actions) {
  const span = createSpan(actions);
  const canvas = h("canvas", {
    class: "heat",
    tabindex: 0,
    role: "img",
    "aria-label": words.heatmapTimes,
    "data-keys": "arrows",
  });
  const readout = h("output", { class: "readout" }, words.heatmapHint);
  const axis = h("div", { class: "heat-axis", "aria-hidden": "true" });
  const frame = h("div", { class: "heat-frame" }, axis, canvas);
  const columns = h("div", { class: "heat-columns", "aria-hidden": "true" });
  const scale = h("canvas", { class: "heat-scale", width: 64, height: 1, "aria-hidden": "true" });
  const least = h("span", {}, "0");
  const most = h("span");
  host.append(
    h("p", { class: "caption" }, words.heatmapCaption),
    span.element,
    h("p", { class: "heat-name" }, words.heatmapLayer),
    frame,
    columns,
    h("p", { class: "heat-name heat-under" }, words.heatmapExpert),
    h("p", { class: "heat-legend" }, words.heatmapTimes, least, scale, most),
    readout,
  );
  /** @type {Tally | null} */
  let map = null;
  let cell = { layer: 0, expert: 0 };

  /** @param {{layer: number, expert: number} | null} at */
  function point(at) {
    if (!map || !at) {
      setText(readout, words.heatmapHint);
      return actions.hover(null);
    }
    cell = at;
    setText(readout, cellInWords(map, at));
    actions.hover(at);
  }
  /** @param {PointerEvent} event */
  function cellAt(event) {
    if (!map) return null;
    const box = canvas.getBoundingClientRect();
    const expert = Math.floor(((event.clientX - box.left) / box.width) * map.experts);
    const row = Math.floor(((event.clientY - box.top) / box.height) * map.layers);
    const layer = map.layers - 1 - row;
    return expert >= 0 && expert < map.experts && layer >= 0 && layer < map.layers ? { layer, expert } : null;
  }
  canvas.addEventListener("pointermove", (event) => point(cellAt(event)));
  canvas.addEventListener("pointerleave", () => point(null));
  canvas.addEventListener("click", (event) =>
    actions.chooseTower(cellAt(/** @type {PointerEvent} */ (event))),
  );
  canvas.addEventListener("focus", () => canvas.matches(":focus-visible") && point(cell));
  canvas.addEventListener("blur", () => point(null));
  canvas.addEventListener("keydown", (event) => {
    if (event.key === "Enter") return actions.chooseTower(cell);
    const moved = map && movedBy(event.key, cell, map);
    if (moved) point(moved);
    if (moved) event.preventDefault();
  });

  const changed = changes();
  return {
    /** @param {State} state @param {Tally} tally */
    update(state, tally) {
      span.update(state);
      const here = state.playing ? -1 : state.at.layer;
      if (!changed(tally.version, state.theme, state.view.palette, here)) return;
      map = tally;
      const { layers, experts } = tally;
      attribute(canvas, "aria-label", words.heatmapName(layers, experts));
      paint(canvas, map, heatOf(state.view.palette, state.theme));
      const numbers = layers <= 24 ? Array.from({ length: layers }, (_, i) => layers - i) : [layers, 1];
      columns.replaceChildren(...labelledColumns(experts).map((expert) => h("span", {}, String(expert))));
      setText(most, String(mostOf(tally)));
      paintScale(scale, heatOf(state.view.palette, state.theme));
      setStyle(frame, "--rows", String(numbers.length));
      axis.replaceChildren(
        ...numbers.map((layer) => h("span", { "data-here": layer === here + 1 }, String(layer))),
      );
    },
    dispose: () => host.replaceChildren(),
  };
}

/** @param {Tally} map @param {{layer: number, expert: number}} at */
function cellInWords(map, { layer, expert }) {
  const count = rowOf(map, layer)[expert];
  return words.cell(layer + 1, expert, count, count / (map.totals[layer] || 1));
}

/** @param {string} key @param {{layer: number, expert: number}} cell @param {Tally} map */
function movedBy(key, { layer, expert }, { layers, experts }) {
  const direction = { ArrowUp: [1, 0], ArrowDown: [-1, 0], ArrowRight: [0, 1], ArrowLeft: [0, -1] }[key];
  if (!direction) return null;
  return {
    layer: Math.max(0, Math.min(layers - 1, layer + direction[0])),
    expert: Math.max(0, Math.min(experts - 1, expert + direction[1])),
  };
}

/** Returns the largest count, at least 1. @param {Pick<Tally, "counts">} map */
function mostOf({ counts }) {
  return counts.reduce((max, count) => Math.max(max, count), 1);
}

/** Returns the labelled columns: all of a few, else the first and the last. @param {number} experts */
export function labelledColumns(experts) {
  return experts <= 16 ? Array.from({ length: experts }, (_, expert) => expert) : [0, experts - 1];
}

/** Paints the scale of colours. @param {HTMLCanvasElement} canvas @param {(share: number) => number[]} heat */
function paintScale(canvas, heat) {
  const context = canvas.getContext("2d");
  if (!context) return;
  const image = context.createImageData(canvas.width, 1);
  for (let x = 0; x < canvas.width; x++) image.data.set([...heat(x / (canvas.width - 1)), 255], 4 * x);
  context.putImageData(image, 0, 0);
}

/** Paints one pixel per cell; the style sheet enlarges them. @param {HTMLCanvasElement} canvas @param {Tally} map @param {(share: number) => number[]} heat */
function paint(canvas, { layers, experts, counts }, heat) {
  canvas.width = experts;
  canvas.height = layers;
  const context = canvas.getContext("2d");
  if (!context) return;
  const image = context.createImageData(experts, layers);
  const most = mostOf({ counts });
  for (let layer = 0; layer < layers; layer++) {
    for (let expert = 0; expert < experts; expert++) {
      const colour = heat(counts[layer * experts + expert] / most);
      image.data.set([...colour, 255], ((layers - 1 - layer) * experts + expert) * 4);
    }
  }
  context.putImageData(image, 0, 0);
}

/** @typedef {{light: number, rgb: readonly number[]}} Stop */

/** @param {string} hex @returns {Stop} */
function stopOf(hex) {
  const rgb = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
  const [red, green, blue] = rgb.map((channel) => (channel / 255) ** 2.2);
  return { light: Math.cbrt(0.2126 * red + 0.7152 * green + 0.0722 * blue), rgb };
}

/**
 * Returns the colour of a share from 0 to 1, as channels from 0 to 255.
 * @param {string} [palette]
 * @param {string} [theme]
 * @returns {(share: number) => number[]}
 */
export function heatOf(palette, theme) {
  const { dusk, brick, ember, hot, amber, white } = coloursOf(palette, theme);
  const stops = [dusk, brick, ember, hot, amber, white].map(stopOf);
  const [first, last] = [stops[0].light, stops[stops.length - 1].light];
  const direction = Math.sign(last - first);
  return (share) => {
    const light = first + (last - first) * Math.max(0, Math.min(1, share));
    const above = 1 + stops.slice(1, -1).filter((stop) => direction * (stop.light - light) < 0).length;
    const [a, b] = [stops[above - 1], stops[above]];
    const part = Math.max(0, Math.min(1, (light - a.light) / (b.light - a.light || 1)));
    return a.rgb.map((channel, i) => Math.round(channel + (b.rgb[i] - channel) * part));
  };
}
