/**
 * Two views side by side: the second is the first but for a few request keys, which the address has with "b." before
 * them. Pure.
 *
 * @import {Boot, Request, View} from "../types.js"
 */

import { words } from "../words/words.js";
import { routerOf } from "./routers.js";

/**
 * A pair that is worth a look.
 * @typedef {{name: string, a: Partial<Request>, b: Partial<Request>}} Pair
 */

/** The view of the second side. @param {View} view @returns {View} */
export function otherView(view) {
  const other = { ...view, ...view.b, b: null, token: null, layer: null, path: null, tower: null };
  return { ...other, k: Math.min(other.k, other.experts) };
}

/** The pairs that this server can show. @param {Boot} boot @param {View} view @returns {Pair[]} */
export function pairsOf(boot, view) {
  const trained = (/** @type {number} */ experts) =>
    boot.models.some(({ name }) => name === `trio-${experts}`);
  const recorded = (/** @type {string} */ model) =>
    boot.models.find(({ name, steps }) => name === model && steps?.length)?.steps ?? [];
  const source = view.source === "recorded" ? { source: /** @type {const} */ ("live"), model: "" } : {};
  const sizes =
    view.source === "authored" || (trained(8) && trained(64))
      ? source
      : { source: /** @type {const} */ ("authored") };
  const steps = recorded("trio-8");
  const experts = trained(view.experts) ? view.experts : 8;
  /** @type {(Pair | false)[]} */
  const pairs = [
    trained(experts) && {
      name: words.pairs.sources,
      a: { source: "authored", experts },
      b: { source: "live" },
    },
    {
      name: words.pairs.k,
      a: { ...source, ...(routerOf(boot, view)?.fixed_k && { router: "" }), k: 1 },
      b: { k: 4 },
    },
    { name: words.pairs.experts, a: { ...sizes, experts: 8, model: "" }, b: { experts: 64 } },
    steps.length > 1 && {
      name: words.pairs.training,
      a: { source: "recorded", experts: 8, model: "", step: steps[0] },
      b: { step: steps[steps.length - 1] },
    },
    trainedPairs(boot).training ?? false,
  ];
  return pairs.filter((pair) => pair !== false);
}

/**
 * The models that were trained with and without the balancing loss: on this prompt, and as their training was recorded.
 * @param {Boot} boot
 * @returns {{live: Pair | null, training: Pair | null}}
 */
export function trainedPairs(boot) {
  const names = boot.models.map(({ name }) => name);
  const b = { model: "trio-8-unbalanced" };
  const live = names.includes("trio-8") && names.includes(b.model);
  const recorded = ["trio-8", b.model].every((model) =>
    boot.models.some(({ name, steps }) => name === model && steps?.length),
  );
  return {
    live: live
      ? { name: words.pairs.balance, a: { source: "live", experts: 8, model: "", router: "" }, b }
      : null,
    training: recorded
      ? { name: words.pairs.balance, a: { source: "recorded", experts: 8, model: "", step: null }, b }
      : null,
  };
}

/** What sets a side apart, in words. @param {View} view @param {Partial<Request>} b */
export function sideName(view, b) {
  const keys = /** @type {(keyof Request)[]} */ (Object.keys(b));
  return keys
    .map((key) => words.sideName(key, view))
    .filter(Boolean)
    .join(" · ");
}
