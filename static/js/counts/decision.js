/**
 * The router's decision for one token at one layer as rows of numbers: the scores sorted, the cut, the combine weights, the
 * margin. Pure; panels/story/decision.js shows it.
 *
 * @import {Model, Trace} from "../types.js"
 */

import { choices, hasZeroExperts, zeroChoices } from "../trace/trace.js";

/**
 * @typedef {object} Row
 * @property {number} expert
 * @property {number} score       the gate score
 * @property {number} selection   the score compared in selection: with the router's bias, if it has one
 * @property {number} weight      combine weight; 0 where not chosen or over capacity
 * @property {"chosen" | "full" | "lost" | "closed"} state   closed: in a group that was not selected
 *
 * @typedef {object} Decision
 * @property {"scores" | "ids" | "experts-choose"} kind   ids: the source gives no scores
 * @property {Row[]} rows         best first; with `ids` only the chosen experts, in the order of their ids
 * @property {number} cut         rows above the cut; 0 without a cut
 * @property {number | null} margin   lowest selected score minus highest rejected one; null if the scores alone did not decide
 * @property {number} resolution  the trace has scores in steps; a margin below this one is not known
 * @property {boolean} shares     the scores sum to 1: shown in percent, the margin in points
 * @property {boolean} biased     a bias was added for selection
 * @property {{won: number, over: number} | null} swayed   the bias selected one expert over another with a higher score
 * @property {number} sum         of the combine weights
 * @property {number} nothing     choices that compute nothing: zero experts, or the skip of a layer
 */

/** Returns whether a trace has expert ids without scores. @param {Trace} trace */
export function isIdsOnly({ origin }) {
  return origin.badge === "IDS ONLY" || origin.ids_only === true;
}

/**
 * Returns the decision; null if the token is not routed yet.
 * @param {Trace} trace
 * @param {number} token
 * @param {number} layer
 * @returns {Decision | null}
 */
export function decisionOf(trace, token, layer) {
  if (token < 0 || layer < 0 || token >= trace.received || layer >= trace.model.layers) return null;
  const chosen = choices(trace, token, layer);
  const sum = chosen.reduce((total, { weight, dropped }) => total + (dropped ? 0 : weight), 0);
  const nothing = zeroChoices(trace, token, layer);
  if (isIdsOnly(trace)) return { ...idsAlone(chosen), nothing };
  const rows = rowsOf(trace, token, layer, chosen);
  const shares = Math.abs(rows.reduce((total, { score }) => total + score, 0) - 1) < 0.08;
  const decided = { rows, shares, sum, nothing, biased: trace.bias !== null };
  if (trace.model.router === "expert_choice")
    return { ...decided, kind: "experts-choose", cut: 0, margin: null, resolution: 0, swayed: null };
  const cut = cutOf(rows);
  // The scores of zero experts are not in the trace, so the margin to the first rejected choice is not known.
  const margin = hasZeroExperts(trace.model) ? null : cut.margin;
  return { ...decided, kind: "scores", ...cut, margin, swayed: swayedIn(rows) };
}

/** @param {ReturnType<typeof choices>} chosen @returns {Omit<Decision, "nothing">} */
function idsAlone(chosen) {
  const rows = chosen.map(({ expert, dropped }) => ({
    expert,
    score: 0,
    selection: 0,
    weight: 0,
    state: /** @type {Row["state"]} */ (dropped ? "full" : "chosen"),
  }));
  rows.sort((a, b) => a.expert - b.expert);
  return {
    kind: "ids",
    rows,
    cut: 0,
    margin: null,
    resolution: 0,
    shares: false,
    biased: false,
    swayed: null,
    sum: 0,
  };
}

/** @param {Trace} trace @param {number} token @param {number} layer @param {ReturnType<typeof choices>} chosen @returns {Row[]} */
function rowsOf({ model, scores, bias }, token, layer, chosen) {
  const from = (token * model.layers + layer) * model.experts;
  const picked = new Map(chosen.map((choice) => [choice.expert, choice]));
  const rows = Array.from({ length: model.experts }, (_, expert) => {
    const score = (scores[from + expert] / 255) ** 2;
    const choice = picked.get(expert);
    const state = !choice ? "lost" : choice.dropped ? "full" : "chosen";
    return {
      expert,
      score,
      selection: score + (bias?.[layer]?.[expert] ?? 0),
      weight: choice && !choice.dropped ? choice.weight : 0,
      state: /** @type {Row["state"]} */ (state),
    };
  });
  closeGroups(rows, model);
  // Chosen experts stand above the cut, even if scores alone would not choose them (noise, a table, groups).
  const taken = (/** @type {Row} */ { state }) => (state === "lost" || state === "closed" ? 1 : 0);
  const ordered = model.router === "expert_choice" ? () => 0 : taken;
  return rows.sort((a, b) => ordered(a) - ordered(b) || b.selection - a.selection || a.expert - b.expert);
}

/**
 * Marks the experts of groups that were not selected: those with the lowest group scores. A group score is the sum of the
 * best two scores (sigmoid routers) or the best score (DeepSeek-V2). A group with a chosen expert was selected.
 * @param {Row[]} rows  in the order of ids
 * @param {Model} model
 */
function closeGroups(rows, { settings, experts, router }) {
  const [groups, open] = [settings?.groups ?? 1, settings?.topk_groups ?? 0];
  if (groups < 2 || open < 1 || open >= groups || experts % groups) return;
  const size = experts / groups;
  const scored = Array.from({ length: groups }, (_, group) => {
    const own = rows.slice(group * size, (group + 1) * size);
    const best = own.map(({ selection }) => selection).sort((a, b) => b - a);
    const held = own.some(({ state }) => state !== "lost");
    return { own, rank: (held ? 10 : 0) + best[0] + (router === "group_limited" ? 0 : (best[1] ?? 0)) };
  });
  scored.sort((a, b) => b.rank - a.rank);
  for (const { own } of scored.slice(open))
    for (const row of own) if (row.state === "lost") row.state = "closed";
}

/** @param {Row[]} rows @returns {Pick<Decision, "cut" | "margin" | "resolution">} */
function cutOf(rows) {
  const won = rows.filter(({ state }) => state === "chosen" || state === "full");
  const lost = rows.find(({ state }) => state === "lost");
  if (!won.length || !lost) return { cut: won.length, margin: null, resolution: 0 };
  const last = won.reduce((low, row) => (row.selection < low.selection ? row : low));
  const margin = last.selection - lost.selection;
  const resolution = (stepAt(last.score) + stepAt(lost.score)) / 2;
  return { cut: won.length, margin: margin < -resolution ? null : Math.max(0, margin), resolution };
}

/** Returns the distance of two neighbouring scores of a trace: their square roots are sent in 255 steps (trace/wire.js). @param {number} score */
const stepAt = (score) => (2 * Math.sqrt(score)) / 255;

/** @param {Row[]} rows @returns {Decision["swayed"]} */
function swayedIn(rows) {
  const won = rows.filter(({ state }) => state === "chosen" || state === "full");
  const last = won.reduce((low, row) => (row.score < low.score ? row : low), won[0]);
  const over = rows.find(
    ({ state, score, selection }) =>
      state === "lost" && last && score > last.score && selection < last.selection,
  );
  return last && over ? { won: last.expert, over: over.expert } : null;
}

/** The rows shown one by one, and the number of rows between and after them. @typedef {{rows: Row[], hidden: number, tail: Row[]}} Ladder */

/**
 * Returns all rows of up to eight experts. Of more: the chosen ones (the first six and the last if there are many), the
 * first rejected one, and the rest as a tail.
 * @param {Decision} decision
 * @returns {Ladder}
 */
export function ladderOf({ rows, cut, kind }) {
  if (kind === "ids" || rows.length <= 8) return { rows, hidden: 0, tail: [] };
  const won = kind === "experts-choose" ? 7 : cut;
  const most = won > 8 ? [...rows.slice(0, 6), rows[won - 1]] : rows.slice(0, won);
  return {
    rows: [...most, rows[won]].filter(Boolean),
    hidden: won > 8 ? won - 7 : 0,
    tail: rows.slice(won + 1),
  };
}
