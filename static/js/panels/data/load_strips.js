/**
 * The bars of all layers on a canvas, layer 1 at the bottom. A press on a layer selects it.
 *
 * @import {CountedLoad} from "../../counts/load_measures.js"
 */

import { rowAt } from "../../counts/load_measures.js";
import { words } from "../../words/words.js";
import { attribute, h, setStyle } from "../parts/element.js";

/** Pixels between layers, and the least height per layer. */
const GAP = 4;
const LEAST = 18;

/** @param {(layer: number) => void} choose */
export function createStrips(choose) {
  const canvas = h("canvas", { class: "strips", role: "img", hidden: true }); // hidden until it has a name
  let layers = 1;
  canvas.addEventListener("click", (event) => {
    const box = canvas.getBoundingClientRect();
    choose(layers - 1 - Math.min(layers - 1, Math.floor(((event.clientY - box.top) / box.height) * layers)));
  });
  return {
    element: canvas,
    /** @param {CountedLoad} counted */
    update(counted) {
      layers = counted.layers;
      setStyle(canvas, "--least", `${layers * LEAST}px`);
      const fullest = Array.from({ length: layers }, (_, layer) => counted.measures(layer).load_share);
      const most = Math.max(...fullest);
      attribute(canvas, "aria-label", words.balance.strips(layers, fullest.indexOf(most) + 1, most));
      draw(canvas, counted);
    },
  };
}

/** @param {HTMLCanvasElement} canvas @param {CountedLoad} counted */
function draw(canvas, counted) {
  const ratio = globalThis.devicePixelRatio || 1;
  const { width, height } = canvas.getBoundingClientRect();
  [canvas.width, canvas.height] = [Math.max(1, width * ratio), Math.max(1, height * ratio)];
  const context = canvas.getContext("2d");
  if (!context) return;
  const style = getComputedStyle(canvas);
  const colour = (/** @type {string} */ name) => style.getPropertyValue(name);
  const { layers, experts } = counted;
  const tall = canvas.height / layers;
  for (let layer = 0; layer < layers; layer++) {
    const [assigned, kept] = [counted.assigned, counted.kept].map((all) => rowAt(all, layer, experts));
    const foot = canvas.height - layer * tall - (GAP * ratio) / 2;
    const room = tall - GAP * ratio;
    const most = Math.max(...assigned, 1);
    const wide = canvas.width / experts;
    assigned.forEach((count, expert) => {
      const bar = (/** @type {string} */ fill, /** @type {number} */ from, /** @type {number} */ to) => {
        context.fillStyle = fill;
        context.fillRect(
          expert * wide,
          foot - (to / most) * room,
          Math.max(1, wide - Math.min(2 * ratio, wide / 4)),
          ((to - from) / most) * room,
        );
      };
      bar(colour("--bar-fill"), 0, kept[expert]);
      if (count > kept[expert]) bar(colour("--mark"), kept[expert], count);
    });
    const mean = assigned.reduce((sum, count) => sum + count, 0) / experts;
    context.fillStyle = colour("--warm");
    context.fillRect(0, foot - (mean / most) * room, canvas.width, 1);
    context.fillStyle = colour("--dim");
    context.fillRect(0, foot, canvas.width, 1);
  }
}
