/**
 * Derives statements about the models from measured figures, by rule. Pure; the words are in words.js.
 *
 * @typedef {object} Learned  figures of each layer
 * @property {number[]} js_bits             how far the languages' loads differ
 * @property {number[]} js_bits_untrained   the same of routers of random weights that read the same vectors
 * @property {number[]} js_bits_chance      the same of experts drawn at random for each token
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
 * @property {Record<string, number>} loss   by language, and `mean`: nats a token on held-out text
 * @property {Record<string, {loss: Record<string, number>, cost: number, cost_se: number}>} by_k
 * @property {Learned} learned
 * @property {Record<string, Record<string, {cost: number, cost_se: number, max_violation: number, dropped_share: number}>>} [routers]
 *   other routers than that of the training, by name and k, at their own settings
 *
 * @typedef {object} Measured   GET /api/measured
 * @property {Record<string, Measurement>} models
 * @property {{models: [string, string], change: number, se: number}[]} [compared]   second minus first
 * @property {{tokens: Record<string, number>, window: number}} [heldout]
 *
 * @typedef {"fell" | "rose" | "same"} Verdict
 */

/** A difference counts from so many standard errors on. */
const SURE = 2;
/** Languages part where their loads differ by so many times what an untrained router, or chance, gives. */
const PARTED = 1.5;
/** A layer has collapsed where its busiest expert has so much of the way from even to all tokens. */
const COLLAPSED = 0.5;
/** A layer is uneven where its busiest expert has more than twice the mean. */
const UNEVEN = 1;

/** @param {number} change @param {number} se @returns {Verdict} */
export function verdictOf(change, se) {
  if (Math.abs(change) <= SURE * se) return "same";
  return change < 0 ? "fell" : "rose";
}

/**
 * Returns the finished models that differ in the number of experts alone, smallest first.
 * @param {Measured} measured
 * @returns {{name: string, experts: number, loss: number}[]}
 */
export function sizesOf({ models }) {
  const rows = Object.entries(models)
    .filter(([name, { experts, finished }]) => finished !== false && name === `trio-${experts}`)
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
 * What more experts bought at the same cost of a token: over all sizes, and for each size against the one before.
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

/** Loss at another k than that of the training. @param {Measurement} measurement */
export function otherKs({ by_k, top_k }) {
  return Object.entries(by_k)
    .filter(([k]) => Number(k) !== top_k)
    .map(([k, { cost, cost_se }]) => ({ k: Number(k), cost, verdict: verdictOf(cost, cost_se) }));
}

/** Returns the layers, from 0, in which the languages go to other experts more than without training. @param {Learned} learned */
export function partedLayers({ js_bits, js_bits_untrained, js_bits_chance }) {
  return js_bits.flatMap((bits, layer) =>
    bits > PARTED * Math.max(js_bits_untrained[layer], js_bits_chance[layer]) ? [layer] : [],
  );
}

/**
 * Returns how even the load is, by the worst layer.
 * @param {Measurement} measurement
 * @returns {{verdict: "even" | "uneven" | "collapsed", layer: number, violation: number, most: number}}
 */
export function balanceOf({ experts, top_k, learned }) {
  const violation = Math.max(...learned.max_violation);
  const most = experts / top_k - 1;
  const verdict = violation > COLLAPSED * most ? "collapsed" : violation > UNEVEN ? "uneven" : "even";
  return { verdict, layer: learned.max_violation.indexOf(violation), violation, most };
}

/** Fewer occurrences say nothing. */
const OFTEN = 100;

/**
 * Returns the token that one expert takes for itself the most, of those that occur often; null where none was measured.
 * @param {Learned} learned
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
