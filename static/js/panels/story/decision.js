/**
 * The router's decision as rows of numbers: the sorted scores, the cut between chosen and rejected experts, the weights
 * of the chosen ones, and the margin in words.
 *
 * @import {State} from "../../types.js"
 * @import {Decision, Row} from "../../counts/decision.js"
 * @import {Actions} from "../../state/actions.js"
 */

import { decisionOf, ladderOf } from "../../counts/decision.js";
import { phaseAt } from "../../playback/shot.js";
import { formatDecimal, formatPercent, formatWeights } from "../../words/format.js";
import { words } from "../../words/words.js";
import { attribute, changes, h, setText } from "../parts/element.js";
import { term } from "../parts/glossary.js";
import { tokenName } from "../parts/token_name.js";

const { decision: said } = words;

/** The shown part of a decision: all scores in the order of ids, the sorted rows with the cut, or also the weights. */
/** @typedef {"scores" | "cut" | "weights"} Phase */

/** Returns the decimals of percents. More are used if the rows next to the cut would look equal. @param {Decision} decision */
function decimalsOf({ rows, cut, margin, resolution }) {
  const [won, lost] = [rows[cut - 1], rows[cut]];
  if (margin !== null && margin < resolution) return 0;
  return won && lost && Math.round(won.score * 100) === Math.round(lost.score * 100) ? 1 : 0;
}

/** @param {number} value @param {number} parts  of one */
const roundedUp = (value, parts) => Math.ceil(value * parts) / parts;

/** Returns the margin in words. @param {Decision} decision */
export function marginInWords(decision) {
  const { kind, margin, resolution, rows, shares, swayed, sum, nothing } = decision;
  const won = rows.filter(({ state }) => state === "chosen" || state === "full");
  const full = rows.find(({ state }) => state === "full");
  if (nothing) return said.nothing(nothing, nothing + won.length);
  if (kind === "ids") return said.noScores;
  if (kind === "experts-choose") return said.taken(won.length, rows.length);
  if (!won.length) return said.none;
  if (full) return said.full1(full.expert, formatDecimal(sum, 2));
  if (swayed) return said.swayed(swayed.won, swayed.over);
  if (margin === null) return won.length === rows.length ? "" : said.otherwise;
  const inWords = (/** @type {number} */ share) =>
    shares ? said.points(formatDecimal(100 * share, share < 0.0995 ? 1 : 0)) : formatDecimal(share, 2);
  if (margin < resolution) return said.within(inWords(roundedUp(margin + resolution, shares ? 1000 : 100)));
  const points = margin * 100;
  const told = inWords(margin);
  return (points < 1 ? said.near : points < 5 ? said.close : said.clear)(told);
}

/** @param {string} kind @param {Record<string, string>} attributes */
function svg(kind, attributes) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", kind);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

/** Returns a score as a line, with the amount that a bias adds or subtracts; in percent of the track. @param {number} score @param {[number, number] | null} lean */
function barOf(score, lean) {
  const line = (/** @type {string} */ name, /** @type {number} */ from, /** @type {number} */ to) =>
    svg("line", { class: name, x1: from.toFixed(2), x2: to.toFixed(2), y1: "5", y2: "5" });
  const bar = svg("svg", { class: "ladder-bar", viewBox: "0 0 100 10", preserveAspectRatio: "none" });
  bar.setAttribute("aria-hidden", "true");
  bar.append(line("score", 0, Math.max(1, score)), ...(lean ? [line("lean", ...lean)] : []));
  return bar;
}

/** Returns the text of each weight in the sum, by expert. @param {Pick<Decision, "rows">} decision @returns {Map<number, string>} */
function weightsInWords({ rows }) {
  const kept = rows.filter(({ state }) => state === "chosen");
  const shown = formatWeights(kept.map(({ weight }) => weight));
  return new Map(kept.map(({ expert }, at) => [expert, shown[at]]));
}

/** @param {Row} row @param {Decision} decision @param {Phase} phase @param {{most: number, weights: Map<number, string>}} scale  the largest selection, and weightsInWords */
function rowOf({ expert, score, selection, state }, decision, phase, { most, weights }) {
  const ids = decision.kind === "ids";
  const share = (/** @type {number} */ value) => (100 * Math.max(0, value)) / most;
  const bar = barOf(ids ? 50 : share(score), decision.biased ? [share(score), share(selection)] : null);
  const figure = decision.shares ? formatPercent(score, decimalsOf(decision)) : formatDecimal(score, 2);
  const factor = state === "full" ? said.full : state === "chosen" ? `× ${weights.get(expert)}` : "";
  return h(
    "tr",
    { "data-expert": expert, "data-state": phase === "scores" ? "scored" : state, "data-ids": ids },
    h("th", { scope: "row" }, String(expert)),
    h("td", { class: "ladder-track" }, bar),
    h("td", { class: "ladder-score" }, ids ? "" : figure),
    h("td", { class: "ladder-weight" }, phase !== "weights" ? "" : ids ? words.none : factor),
  );
}

/** Returns a row with a note on several experts. @param {string} kind @param {string} text */
function note(kind, text) {
  return h("tr", { class: kind }, h("td", { colspan: 4 }, text));
}

/** Returns the scores of the rest as one falling curve, on the scale of the bars; it takes no more height than it has. @param {readonly Row[]} tail @param {number} scale */
function curveOf(tail, scale) {
  const highs = tail.map(({ selection }) => Math.max(0.1, (24 * selection) / scale));
  const top = Math.max(...highs);
  const points = highs.map((high, i) => `${i},${(top - high).toFixed(2)}`);
  const curve = svg("svg", {
    viewBox: `0 0 ${tail.length} ${top.toFixed(2)}`,
    height: `${Math.max(0.125, top / 16).toFixed(3)}rem`,
    preserveAspectRatio: "none",
    "aria-hidden": "true",
  });
  const ends = [
    `0,${top}`,
    ...points,
    `${tail.length},${(top - highs[highs.length - 1]).toFixed(2)}`,
    `${tail.length},${top}`,
  ];
  curve.append(svg("polyline", { points: ends.join(" ") }));
  return h(
    "tr",
    { class: "ladder-tail" },
    h("td", { colspan: 4 }, curve, h("span", {}, said.tail(tail.length))),
  );
}

/** Returns the row of the choices that compute nothing: they stand above the cut, without a score. @param {number} count */
function nothingOf(count) {
  return h(
    "tr",
    { class: "ladder-nothing", "data-state": "nothing" },
    h("th", { scope: "row" }, "∅"),
    h("td", { colspan: 3 }, said.nothingRow(count)),
  );
}

/** Returns all rows of the table. @param {Decision} decision @param {Phase} phase @param {number} experts */
function ladder(decision, phase, experts) {
  const { rows, hidden, tail } = ladderOf(decision);
  const scale = Math.max(1e-6, ...decision.rows.map(({ score, selection }) => Math.max(score, selection)));
  const shown = phase === "scores" ? [...rows].sort((a, b) => a.expert - b.expert) : rows;
  const weights = weightsInWords(decision);
  const lines = shown.map((row) => rowOf(row, decision, phase, { most: scale, weights }));
  let last = hidden ? 6 : decision.cut - 1;
  if (decision.nothing && phase !== "scores") lines.splice(++last, 0, nothingOf(decision.nothing));
  if (phase !== "scores" && decision.kind === "scores" && lines[last] && lines[last + 1]) {
    attribute(lines[last], "data-cut", true);
    lines[last].lastElementChild?.append(
      h("span", { class: "cut-tag" }, said.cut(decision.cut + decision.nothing)),
    );
  }
  if (hidden) lines.splice(6, 0, note("ladder-note", said.hidden(hidden)));
  if (tail.length) lines.push(curveOf(tail, scale));
  if (decision.kind === "ids" && rows.length < experts)
    lines.push(note("ladder-note", said.unknown(experts - rows.length)));
  return lines;
}

/** Returns "0.63 + 0.37 = 1", with as many terms as fit. @param {Decision} decision */
export function sumInWords({ rows, sum, kind }) {
  const terms = [...weightsInWords({ rows }).values()];
  if (kind === "ids" || terms.length < 2 || terms.length > 4) return "";
  const total = Math.abs(sum - 1) < 0.005 ? "1" : formatDecimal(sum, 2);
  return `${terms.join(" + ")} = ${total}`;
}

/** @param {HTMLElement} host @param {Actions} actions */
export function createDecision(host, actions) {
  const title = h("h2", { class: "decision-title", translate: "no" });
  const body = h("tbody");
  const head = h("tr", {}, ...said.columns.map((name) => h("th", { scope: "col" }, name)));
  const cols = h(
    "colgroup",
    {},
    ...["id", "track", "score", "weight"].map((name) => h("col", { class: `col-${name}` })),
  );
  const table = h("table", { class: "ladder" }, cols, h("thead", { class: "sr-only" }, head), body);
  const margin = h("p", { class: "margin" });
  const sum = term("combine_weight", "");
  const next = term("attention", "");
  const after = h("p", { class: "decision-next" }, next);
  const place = h("p", { class: "decision-layer", "aria-hidden": "true" }); // in the place of the title on phones
  host.append(
    title,
    table,
    place,
    h("div", { class: "verdict" }, margin, h("p", { class: "weight-sum" }, sum), after),
  );
  let layer = 0;
  table.addEventListener("pointerover", (event) => {
    const row = /** @type {Element} */ (event.target).closest("[data-expert]");
    if (row instanceof HTMLElement) actions.hover({ layer, expert: Number(row.dataset.expert) });
  });
  table.addEventListener("pointerleave", () => actions.hover(null));
  const changed = changes();
  return {
    /** @param {State} state */
    update({ trace, at, view, shot }) {
      const phase = shot === null ? "weights" : (phaseAt(shot) ?? "scores");
      const token = view.mode === "all" && at.token >= 0 && view.path !== null ? view.path : at.token;
      if (!changed(trace, token, at.layer, phase, shot === null, view.camera)) return;
      const decision = trace && decisionOf(trace, token, at.layer);
      attribute(host, "hidden", !decision);
      if (!trace || !decision) return;
      layer = at.layer;
      const name = decision.kind === "ids" ? said.titleIds : said.title;
      setText(place, words.atLayer(layer + 1));
      attribute(place, "data-first", view.camera === "top"); // no ring of the scene is named there
      setText(title, name(layer + 1, tokenName(trace, token)));
      body.replaceChildren(...ladder(decision, phase, trace.model.experts));
      setText(margin, phase === "scores" ? "" : marginInWords(decision));
      setText(sum, phase === "weights" ? sumInWords(decision) : "");
      attribute(sum, "hidden", sum.textContent === "");
      attribute(after, "hidden", phase !== "weights" || shot !== null || layer + 1 >= trace.model.layers);
      setText(next, said.next(layer + 2));
    },
    dispose: () => host.replaceChildren(),
  };
}
