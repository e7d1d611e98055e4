/**
 * Derives statements about the models from measured figures, by rule. Pure; the words are in words.js.
 *
 * @typedef {object} Learned  figures of each layer
 * @property {number[]} js_bits             Jensen-Shannon divergence of the languages' loads
 * @property {number[]} js_bits_untrained   the same for routers with random weights and the same inputs
 * @property {number[]} js_bits_chance      the same for experts drawn at random per token
 * @property {number} js_bits_most
 * @property {number[]} max_violation       (max - mean) / mean of the load
 * @property {number[]} entropy             of the load, over ln N
 * @property {[string, number, number][][][]} likes   [L][N]: token, times the expert received it, times it occurs
 *
 * @typedef {object} Measurement
 * @property {number} experts
 * @property {number} top_k
 * @property {number} total_p
 * @property {number} active_p
 * @property {boolean} [finished]
 * @property {Record<string, number>} loss   by language, and `mean`: nats per token on held-out text
 * @property {Record<string, {loss: Record<string, number>, cost: number, cost_se: number}>} by_k
 * @property {Learned} learned
 * @property {Record<string, Record<string, {cost: number, cost_se: number, max_violation: number, dropped_share: number}>>} [routers]
 *   routers other than the trained one, by name and k, with their default settings
 *
 * @typedef {object} Measured   GET /api/measured
 * @property {Record<string, Measurement>} models
 * @property {{models: [string, string], change: number, se: number}[]} [compared]   second minus first
 * @property {{tokens: Record<string, number>, window: number}} [heldout]
 *
 * @typedef {"fell" | "rose" | "same"} Verdict
 */

/** Standard errors from which a difference is significant. */
const SURE = 2;
/** Languages are separated if their loads differ by this factor over an untrained router and over chance. */
const PARTED = 1.5;
/** A layer has collapsed if its busiest expert exceeds this share of the range from an even load to all tokens. */
const COLLAPSED = 0.5;
/** A layer is uneven if its busiest expert has more than twice the mean. */
const UNEVEN = 1;

/** @param {number} change @param {number} se @returns {Verdict} */
export function verdictOf(change, se) {
  if (Math.abs(change) <= SURE * se) return "same";
  return change < 0 ? "fell" : "rose";
}

/** Returns whether a model is a variant of another one: `small-8-unbalanced` of `small-8`. @param {string} name @param {Measured["models"]} models */
const isVariant = (name, models) => Object.keys(models).some((other) => name.startsWith(`${other}-`));

/**
 * Returns the finished models that differ only in the number of experts, smallest first.
 * @param {Measured} measured
 * @returns {{name: string, experts: number, loss: number}[]}
 */
export function sizesOf({ models }) {
  const rows = Object.entries(models)
    .filter(([name, { finished }]) => finished !== false && !isVariant(name, models))
    .sort(([, a], [, b]) => a.experts - b.experts);
  const active = rows[0]?.[1].active_p;
  return rows
    .filter(([, { active_p }]) => active_p === active)
    .map(([name, { experts, loss }]) => ({ name, experts, loss: loss.mean }));
}

/** Returns the difference of two models' losses on the same text, second minus first. @param {Measured} measured @param {string} a @param {string} b */
export function changeOf({ compared = [] }, a, b) {
  for (const {
    models: [first, second],
    change,
    se,
  } of compared) {
    if (first === a && second === b) return { change, se };
    if (first === b && second === a) return { change: -change, se };
  }
  return null;
}

/**
 * Returns the gain of more experts at equal cost per token: over all sizes, and for each size against the one before.
 * @param {Measured} measured
 */
export function capacityOf(measured) {
  const sizes = sizesOf(measured);
  const judged = (/** @type {typeof sizes[number]} */ from, /** @type {typeof sizes[number]} */ to) => {
    const found = changeOf(measured, from.name, to.name);
    return (
      found && { from: from.experts, to: to.experts, ...found, verdict: verdictOf(found.change, found.se) }
    );
  };
  const last = sizes.at(-1);
  const steps = sizes
    .slice(1)
    .map((size, i) => judged(sizes[i], size))
    .filter((step) => step !== null);
  return { whole: last && sizes.length > 1 ? judged(sizes[0], last) : null, steps };
}

/** Returns the losses at values of k other than the trained one. @param {Measurement} measurement */
export function lossesByK({ by_k, top_k }) {
  return Object.entries(by_k)
    .filter(([k]) => Number(k) !== top_k)
    .map(([k, { cost, cost_se }]) => ({ k: Number(k), cost, verdict: verdictOf(cost, cost_se) }));
}

/** Returns the layers, from 0, whose languages are separated more than without training. @param {Learned} learned */
export function separatedLayers({ js_bits, js_bits_untrained, js_bits_chance }) {
  return js_bits.flatMap((bits, layer) =>
    bits > PARTED * Math.max(js_bits_untrained[layer], js_bits_chance[layer]) ? [layer] : [],
  );
}

/**
 * Returns the balance of the load in the least balanced layer.
 * @param {{experts: number, top_k: number, learned: Pick<Learned, "max_violation">}} measurement
 * @returns {{verdict: "even" | "uneven" | "collapsed", layer: number, violation: number, most: number}}
 */
export function balanceOf({ experts, top_k, learned }) {
  const violation = Math.max(...learned.max_violation);
  const most = experts / top_k - 1;
  const verdict = violation > COLLAPSED * most ? "collapsed" : violation > UNEVEN ? "uneven" : "even";
  return { verdict, layer: learned.max_violation.indexOf(violation), violation, most };
}

/** Tokens with fewer occurrences are ignored. */
const OFTEN = 100;

/**
 * Returns the frequent token that is routed most exclusively to one expert; null if none was measured.
 * @param {Pick<Learned, "likes">} learned
 * @returns {{layer: number, expert: number, text: string, times: number, of: number} | null}
 */
export function strongestOf({ likes }) {
  const all = likes.flatMap((experts, layer) =>
    experts.flatMap((tokens, expert) =>
      tokens.map(([text, times, of]) => ({ layer, expert, text, times, of })),
    ),
  );
  const often = all.filter(({ of }) => of >= OFTEN);
  return often.sort((a, b) => b.times / b.of - a.times / a.of || b.of - a.of)[0] ?? null;
}

/**
 * Returns the cost of routing a model with another router than that of its training, or null if it was not measured.
 * @param {Measured} measured
 * @param {string} model
 * @param {string} router
 * @param {number} k
 */
export function routerCost({ models }, model, router, k) {
  const found = models[model]?.routers?.[router]?.[k];
  return found ? { cost: found.cost, se: found.cost_se, k } : null;
}

/** @type {Promise<Measured> | null} asked for once a page */
let asked = null;

/** @returns {Promise<Measured>} */
export function fetchMeasured() {
  asked ??= fetch("api/measured").then((answer) => {
    if (!answer.ok) throw new Error(`${answer.status}`);
    return answer.json();
  });
  return asked;
}
