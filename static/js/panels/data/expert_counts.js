/**
 * Counts without tokens: uses of each expert, as a heat map and as loads.
 *
 * @import {Report} from "../../api/captures.js"
 */

import { captureWords } from "../../words/words.js";
import { h, setText } from "../parts/element.js";
import { heatOf } from "./heatmap.js";

/** @param {Report} report @param {number} at  index among the layers of the file */
const numberOf = ({ moe_layers: numbers }, at) => numbers?.[at] ?? at;

/** @param {Report} report @param {{palette: string, theme: string}} look */
export function createCounts(report, { palette, theme }) {
  const counts = report.counts ?? [];
  const canvas = h("canvas", { class: "heat", role: "img", "aria-label": captureWords.counts });
  const readout = h("output", { class: "readout" }, captureWords.countHint);
  paint(canvas, counts, heatOf(palette, theme));
  canvas.addEventListener("pointermove", ({ clientX, clientY }) => {
    const box = canvas.getBoundingClientRect();
    const layer = Math.floor(((clientY - box.top) / box.height) * counts.length);
    const row = counts[layer] ?? [];
    const expert = Math.floor(((clientX - box.left) / box.width) * row.length);
    if (row[expert] === undefined) return;
    setText(
      readout,
      captureWords.countOf(numberOf(report, layer), expert, row[expert], row[expert] / (sum(row) || 1)),
    );
  });
  const loads = counts.map((row, layer) =>
    h(
      "li",
      {},
      captureWords.layerLoad(numberOf(report, layer), (Math.max(...row) * row.length) / (sum(row) || 1)),
    ),
  );
  return h(
    "section",
    { class: "capture-counts" },
    h("h3", {}, captureWords.counts),
    h("p", { class: "caption" }, captureWords.countsNote),
    h("div", { class: "heat-frame" }, canvas),
    readout,
    h("ul", { class: "capture-loads" }, ...loads),
  );
}

/** @param {number[]} row */
const sum = (row) => row.reduce((total, each) => total + each, 0);

/** @param {HTMLCanvasElement} canvas @param {number[][]} counts @param {(share: number) => number[]} heat */
function paint(canvas, counts, heat) {
  canvas.height = counts.length;
  canvas.width = counts[0]?.length ?? 1;
  const context = canvas.getContext("2d");
  if (!context) return;
  const image = context.createImageData(canvas.width, canvas.height);
  counts.forEach((row, layer) => {
    const most = Math.max(1, ...row);
    row.forEach((count, expert) => {
      image.data.set([...heat(count / most), 255], (layer * canvas.width + expert) * 4);
    });
  });
  context.putImageData(image, 0, 0);
}
