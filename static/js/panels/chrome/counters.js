/**
 * The four counters. Each shows its unit, and its full meaning on hover.
 *
 * @import {Model, State} from "../../types.js"
 */

import { activeOf, usedPairs } from "../../counts/expert_uses.js";
import { numberOf, partOf, totalOf } from "../../trace/window.js";
import { captureWords, words } from "../../words/words.js";
import { formatCount } from "../../words/format.js";
import { attribute, changes, h, setStyle, setText } from "../parts/element.js";
import { term } from "../parts/glossary.js";
import { tokenName } from "../parts/token_name.js";

/** @typedef {{value: string | number, figure: string, counts: string, title: string}} Reading */

const NAMES = /** @type {const} */ (["total_p", "active_p", "token", "experts_hit"]);

/** @param {typeof NAMES[number]} name */
function createCounter(name) {
  const figure = h("span", { class: "figure", translate: "no" }, words.none);
  const counts = h("span", { class: "counts" });
  const element = h(
    "div",
    { class: "counter", "data-counter": name, "data-value": "" },
    h("span", { class: "label" }, term(name, words[name])),
    figure,
    counts,
  );
  return {
    element,
    /** @param {Reading} reading */
    update(reading) {
      attribute(element, "data-value", reading.value);
      // The label already has a meaning.
      for (const part of [figure, counts]) attribute(part, "title", reading.title);
      setText(figure, reading.figure);
      setText(counts, reading.counts);
    },
  };
}

/** Returns whether the request was refused. The scene then shows another trace. @param {State} state */
export function isRefused({ loading, notices, view }) {
  return loading === "failed" || (view.source === "live" && notices.some(({ field }) => field === "prompt"));
}

/** The reading of a refused request. @type {Reading} */
const REFUSED = {
  value: "",
  figure: words.none,
  counts: words.connection.refused,
  title: words.troubleBefore,
};

/** Returns the parameters of the shared experts of one layer. @param {Model} model */
function sharedSize({ layers, experts, expert_size, total_p }) {
  return Math.round(total_p / layers - experts * expert_size);
}

/** Returns the reading without sizes, as of a capture without a config. @param {number} value @returns {Reading} */
const unknownSize = (value) => ({
  value,
  figure: words.none,
  counts: captureWords.sizeUnknown,
  title: captureWords.sizeUnknownTitle,
});

/** @param {Model} model @returns {Reading} */
function readTotal(model) {
  const { layers, experts, expert_size, total_p } = model;
  if (!total_p) return unknownSize(total_p);
  return {
    value: total_p,
    figure: formatCount(total_p),
    counts: words.totalCounts(layers, experts, expert_size, model.shared ?? 0),
    title: words.totalTitle(layers, experts, expert_size, total_p, sharedSize(model)),
  };
}

/** Returns the active parameters; as routed if the current token used more or fewer experts than k. @param {State} state @param {Model} model @returns {Reading} */
function readActive({ trace, at, view }, model) {
  const { layers, top_k, expert_size, active_p, total_p } = model;
  if (!total_p) return unknownSize(active_p);
  const known = trace !== null && at.token >= 0 && at.token < trace.received;
  const pairs = known ? usedPairs(trace, view.mode === "all" ? null : at.token) : layers * top_k;
  if (pairs !== layers * top_k) {
    const active = activeOf(model, pairs);
    return {
      value: active,
      figure: formatCount(active),
      counts: words.activeRouted(pairs, expert_size, (model.shared ?? 0) * layers),
      title: words.activeRoutedTitle(pairs, layers * top_k, active),
    };
  }
  return {
    value: active_p,
    figure: formatCount(active_p),
    counts: words.activeCounts(layers, top_k, expert_size, model.shared ?? 0),
    title: words.activeTitle(layers, top_k, expert_size, active_p, sharedSize(model)),
  };
}

/** @param {State} state @returns {Reading} */
export function readToken({ trace, at, view }) {
  const tokens = trace?.tokens ?? [];
  const shown = {
    counts: words.tokenCounts(at.token < 0 ? 0 : numberOf(trace, at.token), trace ? totalOf(trace) : 0),
    title: words.tokenTitle,
  };
  if (!trace || at.token < 0) return { value: "", figure: words.none, ...shown };
  if (view.mode === "all")
    return {
      value: "all",
      figure: words.allTokens(tokens.length),
      ...shown,
      counts: words.atLayer(at.layer + 1),
    };
  const { text, id } = tokens[at.token];
  const figure = tokenName(trace, at.token);
  const counts = id === undefined ? shown.counts : `${shown.counts} · ${words.tokenId(id)}`;
  return { value: text, figure, ...shown, counts };
}

/** @param {State} state @param {Model} model @returns {Reading} */
function readHits({ hits, trace, whole }, { layers, experts }) {
  const all = layers * experts;
  const part = partOf(trace);
  if (part) {
    const [hit, tokens] = whole ? [whole.unique, part.of] : [hits, trace?.tokens.length ?? 0];
    return {
      value: hit,
      figure: words.hitOf(hit, all),
      counts: captureWords.hitInAll(tokens),
      title: captureWords.hitInAllTitle,
    };
  }
  return {
    value: hits,
    figure: words.hitOf(hits, all),
    counts: words.hitCounts(hits, all),
    title: words.hitTitle,
  };
}

/** Experts per layer that fill the bar. */
const WIDE = 64;

/** Draws the stored parameters and those that a token uses on one scale: N lengthens one, k the other. @param {HTMLElement} bar @param {Model} model @param {number} active */
function drawStored(bar, { experts, total_p: total }, active) {
  const stored = Math.min(1, experts / WIDE);
  const [all, used] = /** @type {HTMLElement[]} */ ([...bar.children]);
  setStyle(all, "--share", stored.toFixed(4));
  setStyle(used, "--share", total ? ((stored * active) / total).toFixed(4) : "0");
  attribute(bar, "aria-label", words.stored(total, active));
}

/** @param {HTMLElement} host */
export function createCounters(host) {
  const counters = Object.fromEntries(NAMES.map((name) => [name, createCounter(name)]));
  const row = h("div", { class: "counter-row" });
  row.append(...NAMES.map((name) => counters[name].element));
  const bar = h(
    "div",
    { class: "stored-bar", role: "img" },
    h("span", { class: "stored-all" }),
    h("span", { class: "stored-used" }),
  );
  host.append(row, bar);
  const changed = changes();
  return {
    /** @param {State} state */
    update(state) {
      const { trace, at, hits, view, whole } = state;
      const refused = isRefused(state);
      if (!trace) return;
      const routed = view.mode === "all" ? trace.complete : at.token < trace.received;
      if (!changed(trace.model, trace.tokens, at, hits, view.mode, whole, refused, routed)) return;
      attribute(bar, "hidden", refused);
      if (refused) return NAMES.forEach((name) => counters[name].update(REFUSED));
      counters.total_p.update(readTotal(trace.model));
      const active = readActive(state, trace.model);
      counters.active_p.update(active);
      drawStored(bar, trace.model, Number(active.value));
      counters.token.update(readToken(state));
      counters.experts_hit.update(readHits(state, trace.model));
    },
    dispose: () => host.replaceChildren(),
  };
}
