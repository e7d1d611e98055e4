/**
 * The plots of an atlas: coverage, caches, load over the corpus, and flows from layer to layer.
 *
 * @import {Caches, Coverage, ExpertPage, Flow, Training} from "../../api/atlas.js"
 */

import { atlasWords as words } from "../../words/words.js";
import { formatDecimal, formatShare } from "../../words/format.js";
import { axes, lines, picture, PLOT, svg } from "./plot.js";

const QUARTERS = [0, 0.25, 0.5, 0.75, 1];
const shares = QUARTERS.map((at) => ({ at, text: formatShare(at) }));

/** @param {Coverage} coverage */
export function createCoverage(coverage) {
  const experts = coverage.curves[0].length;
  const below = QUARTERS.map((at) => ({ at, text: String(Math.round(at * experts)) }));
  const curves = coverage.curves.map((curve, layer) => ({
    name: `${words.layer} ${layer + 1}`,
    points: /** @type {[number, number][]} */ ([[0, 0], ...curve.map((y, n) => [(n + 1) / experts, y])]),
  }));
  const drawn =
    curves.length <= 12 ? curves : curves.filter((_, at) => at % Math.ceil(curves.length / 12) === 0);
  return picture(
    PLOT.width,
    PLOT.height,
    `${words.coverage}, ${words.behind(coverage.tokens)}`,
    ...axes(below, shares, words.busiest, words.assignments),
    svg("polyline", {
      points: `${PLOT.left},${PLOT.height - PLOT.bottom} ${PLOT.width - PLOT.right},${PLOT.top}`,
      class: "plot-line even",
    }),
    ...lines(drawn),
  );
}

/** @param {Caches} caches */
export function createCaches(caches) {
  const series = Object.entries(caches.hit_rate).map(([name, rates]) => ({
    name: words.policies[name] ?? name,
    points: rates.map((rate, at) => /** @type {[number, number]} */ ([caches.shares[at], rate])),
    dashed: name === "belady",
  }));
  return picture(
    PLOT.width,
    PLOT.height,
    `${words.caches}, ${words.behind(caches.tokens)}`,
    ...axes(shares, shares, words.held, words.hitRate),
    ...lines(series),
  );
}

/** @param {ExpertPage["load"]} load */
export function createLoad(load) {
  const most = Math.max(load.even_share, ...load.over_corpus) * 1.1;
  const last = Math.max(1, load.over_corpus.length - 1);
  const beside = QUARTERS.map((at) => ({ at, text: formatDecimal(at * most * 100, 1) + " %" }));
  const below = load.over_corpus.map((_, at) => ({ at: at / last, text: String(at + 1) }));
  return picture(
    PLOT.width,
    PLOT.height,
    words.loadOver,
    ...axes(below, beside, words.slice, words.assignments),
    ...lines([
      {
        name: words.expert,
        points: load.over_corpus.map(
          (share, at) => /** @type {[number, number]} */ ([at / last, share / most]),
        ),
      },
      {
        name: "1 / N",
        points: [
          [0, load.even_share / most],
          [1, load.even_share / most],
        ],
        dashed: true,
      },
    ]),
  );
}

/**
 * The strongest flows as bands between columns of experts.
 * @param {readonly Flow[]} flows
 * @param {number} layers
 * @param {number} experts
 * @param {number} tokens
 * @param {{layer: number, expert: number} | null} chosen
 */
export function createFlows(flows, layers, experts, tokens, chosen) {
  const width = 1100;
  const height = 460;
  const x = (/** @type {number} */ layer) => 30 + (layer * (width - 60)) / Math.max(1, layers - 1);
  const y = (/** @type {number} */ expert) => 30 + ((expert + 0.5) * (height - 40)) / experts;
  const most = Math.max(...flows.map(({ count }) => count), 1);
  const bands = flows.map((flow) => {
    const [x1, y1, x2, y2] = [x(flow.layer), y(flow.from), x(flow.layer + 1), y(flow.to)];
    const isHis =
      (chosen?.layer === flow.layer && chosen.expert === flow.from) ||
      (chosen?.layer === flow.layer + 1 && chosen.expert === flow.to);
    const middle = (x1 + x2) / 2;
    const told = `${words.neighbour(flow.from, flow.layer)} → ${words.neighbour(flow.to, flow.layer + 1)}: ${flow.count}, ${formatShare(flow.share)}`;
    return svg(
      "path",
      {
        d: `M${x1} ${y1} C${middle} ${y1} ${middle} ${y2} ${x2} ${y2}`,
        "stroke-width": Math.max(0.6, (flow.count / most) * 9).toFixed(2),
        class: isHis ? "flow chosen" : "flow",
      },
      svg("title", {}, told),
    );
  });
  const columns = Array.from({ length: layers }, (_, layer) => [
    svg("line", { x1: x(layer), x2: x(layer), y1: 26, y2: height - 6, class: "plot-axis" }),
    svg(
      "text",
      { x: x(layer), y: 16, "text-anchor": "middle", class: "plot-tick" },
      `${words.layer} ${layer + 1}`,
    ),
  ]).flat();
  const every = Math.max(1, Math.ceil(experts / 8));
  const ids = Array.from({ length: Math.ceil(experts / every) }, (_, i) => i * every);
  const ticks = ids.flatMap((expert) => [
    svg("text", { x: x(0) - 6, y: y(expert) + 4, "text-anchor": "end", class: "plot-tick" }, String(expert)),
    svg("text", { x: x(layers - 1) + 6, y: y(expert) + 4, class: "plot-tick" }, String(expert)),
  ]);
  return picture(width, height, `${words.flows}, ${words.behind(tokens)}`, ...bands, ...columns, ...ticks);
}

/**
 * One series of a training over its steps, a line per layer; steps on a logarithmic axis.
 * @param {Training} training
 * @param {number[][]} values  [S][L]
 * @param {string} name
 */
export function createTraining({ steps, name: model }, values, name) {
  const [first, last] = [Math.log(steps[0]), Math.log(steps.at(-1) ?? 1)];
  const right = (/** @type {number} */ step) =>
    last > first ? (Math.log(step) - first) / (last - first) : 0.5;
  const most = Math.max(1, ...values.flat());
  const every = Math.max(1, Math.ceil(steps.length / 6));
  const below = steps
    .filter((_, at) => at % every === 0)
    .map((step) => ({ at: right(step), text: String(step) }));
  const beside = QUARTERS.map((at) => ({ at, text: formatDecimal(at * most, 2) }));
  const series = values[0].map((_, layer) => ({
    name: `${words.layer} ${layer + 1}`,
    points: steps.map(
      (step, at) => /** @type {[number, number]} */ ([right(step), values[at][layer] / most]),
    ),
  }));
  const label = `${model}: ${name}`;
  return picture(PLOT.width, PLOT.height, label, ...axes(below, beside, words.step, name), ...lines(series));
}
