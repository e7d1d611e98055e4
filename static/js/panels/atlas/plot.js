/**
 * Plots as SVG: elements, axes with ticks and units, and lines.
 */

import { h } from "../parts/element.js";

const SVG = "http://www.w3.org/2000/svg";
/** Room for a plot of lines, in its own units. */
export const PLOT = { width: 620, height: 320, left: 56, right: 190, top: 14, bottom: 44 };

/**
 * Returns an SVG element. A property that starts with "on" is a listener.
 * @param {string} tag
 * @param {Record<string, unknown>} [attributes]
 * @param {...(Node | string)} children
 */
export function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), /** @type {EventListener} */ (value));
    else element.setAttribute(name, String(value));
  }
  element.append(...children);
  return element;
}

/** Returns a picture with a name for screen readers. @param {number} width @param {number} height @param {string} label @param {...Node} parts */
export function picture(width, height, label, ...parts) {
  return svg(
    "svg",
    { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label, class: "plot" },
    svg("title", {}, label),
    ...parts,
  );
}

/** @param {number} share from 0 to 1 across */
export const across = (share) => PLOT.left + share * (PLOT.width - PLOT.left - PLOT.right);

/** @param {number} share from 0 to 1 upwards */
export const upward = (share) => PLOT.height - PLOT.bottom - share * (PLOT.height - PLOT.top - PLOT.bottom);

/**
 * Returns two axes with ticks and names.
 * @param {{at: number, text: string}[]} below  ticks of the axis below, at shares of its length
 * @param {{at: number, text: string}[]} beside  of the axis on the left
 * @param {string} nameBelow
 * @param {string} nameBeside
 */
export function axes(below, beside, nameBelow, nameBeside) {
  const floor = upward(0);
  return [
    ...beside.map(({ at, text }) =>
      svg(
        "g",
        {},
        svg("line", { x1: across(0), x2: across(1), y1: upward(at), y2: upward(at), class: "plot-grid" }),
        svg("text", { x: across(0) - 8, y: upward(at) + 4, "text-anchor": "end", class: "plot-tick" }, text),
      ),
    ),
    svg("line", { x1: across(0), x2: across(1), y1: floor, y2: floor, class: "plot-axis" }),
    ...below.map(({ at, text }) =>
      svg("text", { x: across(at), y: floor + 16, "text-anchor": "middle", class: "plot-tick" }, text),
    ),
    svg(
      "text",
      { x: across(0.5), y: PLOT.height - 6, "text-anchor": "middle", class: "plot-name" },
      nameBelow,
    ),
    svg(
      "text",
      {
        x: 12,
        y: upward(0.5),
        transform: `rotate(-90 12 ${upward(0.5)})`,
        "text-anchor": "middle",
        class: "plot-name",
      },
      nameBeside,
    ),
  ];
}

/**
 * Returns lines with their names at their ends. The names do not overlap.
 * @param {{name: string, points: readonly (readonly [number, number])[], faint?: boolean, dashed?: boolean}[]} lines
 *   points as shares of both axes
 */
export function lines(lines) {
  const ends = spread(lines.map(({ points }) => upward(points.at(-1)?.[1] ?? 0)));
  return lines.map(({ name, points, faint, dashed }, number) =>
    svg(
      "g",
      { class: `plot-series tint-${number % 6}${faint ? " faint" : ""}` },
      svg("polyline", {
        points: points.map(([x, y]) => `${across(x).toFixed(1)},${upward(y).toFixed(1)}`).join(" "),
        class: dashed ? "plot-line dashed" : "plot-line",
      }),
      svg("line", {
        ...{ x1: across(1) + 6, x2: across(1) + 20, y1: ends[number], y2: ends[number] },
        class: dashed ? "plot-line dashed" : "plot-line",
      }),
      svg("text", { x: across(1) + 25, y: ends[number] + 4, class: "plot-label" }, name),
    ),
  );
}

/** Returns heights of labels without overlap. @param {number[]} heights @returns {number[]} */
export function spread(heights) {
  const order = heights.map((y, at) => ({ y, at })).sort((a, b) => a.y - b.y);
  for (let i = 1; i < order.length; i++) order[i].y = Math.max(order[i].y, order[i - 1].y + 13);
  const over = (order.at(-1)?.y ?? 0) - upward(0);
  const found = heights.slice();
  for (const { y, at } of order) found[at] = over > 0 ? y - over : y;
  return found;
}

/** Returns a function that maps values to 0 to 1, from the minimum to the maximum of all. @param {readonly (readonly (number | null)[])[]} rows */
export function scaleOf(rows) {
  const known = rows.flat().filter((value) => value !== null);
  const [low, high] = [Math.min(...known), Math.max(...known)];
  return {
    low,
    high,
    at: (/** @type {number} */ value) => (high > low ? (value - low) / (high - low) : 0.5),
  };
}

/** Returns one of six levels of a colour scale. @param {number} share */
export const levelOf = (share) => Math.min(5, Math.floor(share * 6));

/** A figure with a title and a caption. A plot scrolls where its text would become too small. @param {string} title @param {string} hint @param {...Node} parts @returns {HTMLElement} */
export function figure(title, hint, ...parts) {
  const shown = parts.map((part) =>
    part instanceof SVGElement ? h("div", { class: "wide plotted" }, part) : part,
  );
  return h("figure", {}, h("h2", {}, title), ...shown, h("figcaption", {}, hint));
}
