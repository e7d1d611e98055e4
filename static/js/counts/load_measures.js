/**
 * Measures of load balance, as in app/metrics/balance.py. Pure.
 *
 * @import {Loads} from "./loads.js"
 * @import {WholeCounts} from "../api/counts.js"
 */

/** In the order in which they are shown. */
export const MEASURES = /** @type {const} */ ([
  "load_share",
  "max_over_mean",
  "max_violation",
  "entropy",
  "dropped_share",
  "switch_loss",
]);

/** @typedef {typeof MEASURES[number]} Measure */
/** @typedef {Record<Measure, number> & {z_loss?: number}} Measured   z_loss: of the router, where the server was asked for it */

/**
 * A load, counted on the page or on the server.
 * @typedef {object} CountedLoad
 * @property {number} layers
 * @property {number} experts
 * @property {number} texts
 * @property {number} tokens
 * @property {ArrayLike<number>} assigned   [L * N]
 * @property {ArrayLike<number>} kept       [L * N]
 * @property {(layer: number) => Measured} measures
 * @property {string} version
 */

/** Returns the value of a measure for an even load. @param {Measure} measure @param {number} experts */
export function balanced(measure, experts) {
  return {
    load_share: 1 / experts,
    max_over_mean: 1,
    max_violation: 0,
    entropy: 1,
    dropped_share: 0,
    switch_loss: 1,
  }[measure];
}

/** Returns the meanings of the letters that occur in a formula. @param {string} formula @param {Record<string, string>} letters */
export function lettersIn(formula, letters) {
  return Object.keys(letters)
    .filter((letter) => new RegExp(`\\b${letter}\\b`).test(formula))
    .map((letter) => letters[letter]);
}

/** @param {ArrayLike<number>} all @param {number} layer @param {number} experts */
export function rowAt(all, layer, experts) {
  return Array.prototype.slice.call(all, layer * experts, (layer + 1) * experts);
}

/** @param {readonly number[]} values */
const sumOf = (values) => values.reduce((sum, value) => sum + value, 0);

/**
 * Returns the measures that follow from counts alone.
 * @param {readonly number[]} assigned  [N]
 * @param {readonly number[]} kept      [N]
 * @returns {Omit<Measured, "switch_loss">}
 */
export function measuresOfCounts(assigned, kept) {
  const [total, experts, most] = [sumOf(assigned), assigned.length, Math.max(...assigned)];
  const shares = assigned.map((count) => count / (total || 1));
  const bits = sumOf(shares.map((share) => (share ? -share * Math.log(share) : 0)));
  const ratio = total ? (most * experts) / total : 1;
  return {
    load_share: most / (total || 1),
    max_over_mean: ratio,
    max_violation: ratio - 1,
    entropy: experts > 1 ? bits / Math.log(experts) : 1,
    dropped_share: total ? 1 - sumOf(kept) / total : 0,
  };
}

/** Returns N * sum of f_i P_i, without the coefficient of the loss. @param {Pick<Loads, "first" | "scores" | "tokens" | "experts">} loads @param {number} layer */
export function switchLoss({ first, scores, tokens, experts }, layer) {
  let sum = 0;
  for (let i = layer * experts; i < (layer + 1) * experts; i++) sum += first[i] * scores[i];
  return tokens[layer] ? (experts * sum) / tokens[layer] ** 2 : 1;
}

/** Returns a load counted on the page. @param {Loads} loads @param {string} version @returns {CountedLoad} */
export function countedOnPage(loads, version) {
  const { layers, experts, assigned, kept } = loads;
  return {
    layers,
    experts,
    assigned,
    kept,
    version,
    texts: 1,
    tokens: Math.max(0, ...loads.tokens),
    measures: (layer) => ({
      ...measuresOfCounts(rowAt(assigned, layer, experts), rowAt(kept, layer, experts)),
      switch_loss: switchLoss(loads, layer),
    }),
  };
}

/**
 * Returns the load of all tokens of a long trace. The Switch loss needs the scores of all tokens. With ids only, the
 * scores of the chosen experts count as equal; otherwise it is omitted.
 * @param {WholeCounts} whole
 * @param {boolean} idsOnly
 * @returns {CountedLoad}
 */
export function countedWhole({ trace, layers, experts, tokens, counts, first, totals }, idsOnly) {
  const lossOf = (/** @type {number} */ layer) => {
    const scores = Float64Array.from(
      counts,
      (count, at) => (count * tokens) / totals[Math.floor(at / experts)],
    );
    return switchLoss({ first, scores, tokens: new Uint32Array(layers).fill(tokens), experts }, layer);
  };
  return {
    layers,
    experts,
    tokens,
    texts: 1,
    assigned: counts,
    kept: counts,
    version: `${trace} whole`,
    measures: (layer) => {
      const row = rowAt(counts, layer, experts);
      const measured = measuresOfCounts(row, row);
      return /** @type {Measured} */ (idsOnly ? { ...measured, switch_loss: lossOf(layer) } : measured);
    },
  };
}

/**
 * Returns a load counted by the server.
 * @param {{texts: number, tokens: number, assigned: number[][], kept: number[][], measures: Record<string, number[]>}} answer
 * @param {string} version
 * @returns {CountedLoad}
 */
export function countedOnServer({ texts, tokens, assigned, kept, measures }, version) {
  return {
    layers: assigned.length,
    experts: assigned[0].length,
    texts,
    tokens,
    version,
    assigned: assigned.flat(),
    kept: kept.flat(),
    measures: (layer) => ({
      ...measuresOfCounts(assigned[layer], kept[layer]),
      switch_loss: measures.switch_loss[layer],
      ...(measures.z_loss ? { z_loss: measures.z_loss[layer] } : {}),
    }),
  };
}

/**
 * Returns the load over a recorded corpus. An atlas keeps neither the scores of all tokens nor counts of dropped ones: there is no
 * Switch loss and no dropped share.
 * @param {{texts: number, tokens: number, assigned: number[][]}} answer
 * @param {string} atlas
 * @returns {CountedLoad}
 */
export function countedInCorpus({ texts, tokens, assigned }, atlas) {
  const flat = assigned.flat();
  return {
    layers: assigned.length,
    experts: assigned[0].length,
    texts,
    tokens,
    version: `corpus ${atlas}`,
    assigned: flat,
    kept: flat,
    measures: (layer) => {
      const { dropped_share: _, ...known } = measuresOfCounts(assigned[layer], assigned[layer]);
      return /** @type {Measured} */ (known);
    },
  };
}

/** Adds the router z-loss of a load counted by the server, because the page receives no logits. @param {CountedLoad} here @param {CountedLoad | null} there @returns {CountedLoad} */
export function withZLoss(here, there) {
  if (!there || there.layers !== here.layers) return here;
  return {
    ...here,
    version: `${here.version} ${there.version}`,
    measures: (layer) => ({ ...here.measures(layer), z_loss: there.measures(layer).z_loss }),
  };
}

/** Returns the mean of the measures of all layers. @param {CountedLoad} counted @returns {Measured} */
export function overLayers(counted) {
  const each = Array.from({ length: counted.layers }, (_, layer) => counted.measures(layer));
  const names = /** @type {const} */ ([...MEASURES, "z_loss"]).filter(
    (name) => each[0]?.[name] !== undefined,
  );
  return /** @type {Measured} */ (
    Object.fromEntries(
      names.map((name) => [name, sumOf(each.map((found) => found[name] ?? 0)) / each.length]),
    )
  );
}

/**
 * Returns whether every layer is as even as possible: the counts of its experts differ by at most one token.
 * @param {Pick<CountedLoad, "assigned" | "layers" | "experts">} counted
 */
export function isEven({ assigned, layers, experts }) {
  return Array.from({ length: layers }, (_, layer) => rowAt(assigned, layer, experts)).every(
    (row) => Math.max(...row) - Math.min(...row) <= 1,
  );
}
