/**
 * A small line chart, drawn as SVG: points over a logarithmic axis, each with its value.
 */

import { formatDecimal } from "../../words/format.js";

const SVG = "http://www.w3.org/2000/svg";
const SIZE = { width: 376, height: 148, left: 72, right: 28, top: 26, bottom: 26 };

/** @param {string} tag @param {Record<string, string | number>} attributes @param {string} [text] */
function svg(tag, attributes, text) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  if (text !== undefined) element.textContent = text;
  return element;
}

/**
 * @param {object} what
 * @param {readonly {x: number, y: number, hollow?: boolean}[]} what.points  hollow ones are not on the line
 * @param {string} what.label   accessible name of the chart
 * @param {string} what.across  label of the horizontal axis
 */
export function createChart({ points, label, across }) {
  const chart = svg("svg", {
    viewBox: `0 0 ${SIZE.width} ${SIZE.height}`,
    role: "img",
    "aria-label": label,
    class: "chart",
  });
  const [lowX, highX] = [Math.min(...points.map(({ x }) => x)), Math.max(...points.map(({ x }) => x))];
  const [lowY, highY] = [Math.min(...points.map(({ y }) => y)), Math.max(...points.map(({ y }) => y))];
  const right = (/** @type {number} */ x) =>
    SIZE.left +
    (highX > lowX ? Math.log(x / lowX) / Math.log(highX / lowX) : 0.5) *
      (SIZE.width - SIZE.left - SIZE.right);
  const down = (/** @type {number} */ y) =>
    SIZE.top +
    (highY > lowY ? (highY - y) / (highY - lowY) : 0.5) * (SIZE.height - SIZE.top - SIZE.bottom - 16);
  const line = points.filter(({ hollow }) => !hollow);
  const base = SIZE.height - SIZE.bottom;
  chart.append(
    svg("line", { x1: SIZE.left - 24, x2: SIZE.width - 8, y1: base, y2: base, class: "chart-axis" }),
    svg("polyline", {
      points: line.map(({ x, y }) => `${right(x).toFixed(1)},${down(y).toFixed(1)}`).join(" "),
      class: "chart-line",
    }),
    ...[...new Set(points.map(({ x }) => x))].map((x) =>
      svg("text", { x: right(x), y: base + 16, class: "chart-tick", "text-anchor": "middle" }, String(x)),
    ),
    svg("text", { x: 0, y: base + 16, class: "chart-tick" }, across),
  );
  for (const { x, y, hollow } of points) {
    chart.append(
      svg("circle", { cx: right(x), cy: down(y), r: 4, class: hollow ? "chart-dot hollow" : "chart-dot" }),
      svg(
        "text",
        {
          x: right(x) + (hollow ? 10 : 0),
          y: down(y) + (hollow ? 4 : -10),
          class: "chart-value",
          "text-anchor": hollow ? "start" : "middle",
        },
        formatDecimal(y, 3),
      ),
    );
  }
  return chart;
}
