/**
 * Layers x experts coloured by a metric; a cell opens the page of its expert.
 *
 * @import {ExpertMap, Pairs} from "../../api/atlas.js"
 */

import { atlasWords as words } from "../../words/words.js";
import { formatDecimal } from "../../words/format.js";
import { levelOf, picture, scaleOf, svg } from "./plot.js";

const WIDTH = 1100;
const LEFT = 64;
const TOP = 8;

/**
 * @param {ExpertMap} map
 * @param {{layer: number, expert: number} | null} chosen
 * @param {(layer: number, expert: number) => void} open
 */
export function createExpertMap(map, chosen, open) {
  const layers = map.values.length;
  const experts = map.values[0].length;
  const cell = (WIDTH - LEFT - 8) / experts;
  const height = Math.max(16, Math.min(36, cell));
  const scale = scaleOf(map.values);
  const floor = TOP + layers * height;
  const cells = map.values.flatMap((row, layer) =>
    row.map((value, expert) => {
      const isChosen = chosen?.layer === layer && chosen.expert === expert;
      const told = `${words.expertOf(expert, layer + 1)}: ${value === null ? "–" : formatDecimal(value, 3)}`;
      return svg(
        "rect",
        {
          x: (LEFT + expert * cell).toFixed(2),
          y: floor - (layer + 1) * height,
          width: Math.max(1, cell - 1).toFixed(2),
          height: height - 1,
          class: `map-cell ${value === null ? "unknown" : `level-${levelOf(scale.at(value))}`}${isChosen ? " chosen" : ""}`,
          "data-layer": layer + 1,
          "data-expert": expert,
          onclick: () => open(layer, expert),
        },
        svg("title", {}, told),
      );
    }),
  );
  const every = Math.max(1, Math.ceil(experts / 16));
  const ticks = Array.from({ length: Math.ceil(experts / every) }, (_, i) => i * every);
  return picture(
    WIDTH,
    floor + 76,
    `${words.mapTitle}, ${words.behind(map.tokens)}`,
    ...cells,
    ...Array.from({ length: layers }, (_, layer) =>
      svg(
        "text",
        { x: LEFT - 8, y: floor - (layer + 0.5) * height + 4, "text-anchor": "end", class: "plot-tick" },
        String(layer + 1),
      ),
    ),
    ...ticks.map((expert) =>
      svg(
        "text",
        { x: LEFT + (expert + 0.5) * cell, y: floor + 16, "text-anchor": "middle", class: "plot-tick" },
        String(expert),
      ),
    ),
    svg("text", { x: 4, y: TOP + 12, class: "plot-name" }, words.layer),
    svg(
      "text",
      { x: LEFT + (WIDTH - LEFT) / 2, y: floor + 32, "text-anchor": "middle", class: "plot-name" },
      words.expert,
    ),
    ...legend(scale, floor + 46),
  );
}

/** Returns the legend of the six levels. @param {{low: number, high: number}} scale @param {number} y */
function legend({ low, high }, y) {
  const levels = Array.from({ length: 6 }, (_, level) =>
    svg("rect", { x: LEFT + level * 44, y, width: 43, height: 12, class: `level-${level}` }),
  );
  return [
    ...levels,
    svg("text", { x: LEFT, y: y + 26, class: "plot-tick" }, formatDecimal(low, 3)),
    svg(
      "text",
      { x: LEFT + 264, y: y + 26, "text-anchor": "end", class: "plot-tick" },
      formatDecimal(high, 3),
    ),
  ];
}

/** Experts x experts of one layer. @param {Pairs} pairs */
export function createPairMap(pairs) {
  const experts = pairs.share.length;
  const size = 440;
  const cell = (size - 40) / experts;
  const scale = scaleOf(pairs.share);
  const cells = pairs.share.flatMap((row, a) =>
    row.map((share, b) =>
      svg(
        "rect",
        {
          x: (32 + b * cell).toFixed(2),
          y: (8 + a * cell).toFixed(2),
          width: Math.max(0.8, cell - 0.6).toFixed(2),
          height: Math.max(0.8, cell - 0.6).toFixed(2),
          class: `level-${levelOf(scale.at(share))}`,
        },
        ...(experts <= 64 ? [svg("title", {}, `${a} → ${b}: ${formatDecimal(share, 3)}`)] : []),
      ),
    ),
  );
  const every = Math.max(1, Math.ceil(experts / 8));
  const ticks = Array.from({ length: Math.ceil(experts / every) }, (_, i) => i * every);
  return picture(
    size,
    size + 50,
    `${words.pairs}, ${words.behind(pairs.tokens)}`,
    ...cells,
    ...ticks.flatMap((expert) => [
      svg(
        "text",
        { x: 32 + (expert + 0.5) * cell, y: size - 18, "text-anchor": "middle", class: "plot-tick" },
        String(expert),
      ),
      svg(
        "text",
        { x: 26, y: 12 + (expert + 0.5) * cell, "text-anchor": "end", class: "plot-tick" },
        String(expert),
      ),
    ]),
    ...legend(scale, size - 4).slice(0),
  );
}
