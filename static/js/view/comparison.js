/**
 * Comparison of two views. The second differs in a few request keys, which have the prefix "b." in the address. Pure.
 *
 * @import {Boot} from "../boot_types.js"
 * @import {Request, View} from "../types.js"
 */

import { words } from "../words/words.js";
import { routerOf } from "./model.js";

/**
 * A suggested comparison.
 * @typedef {{name: string, a: Partial<Request>, b: Partial<Request>}} Pair
 */

/** Returns the view of the second stack, as far as it is known before the server's answer. @param {View} view @returns {View} */
export function secondView(view) {
  return { ...view, ...view.b, token: null, layer: null, path: null, tower: null };
}

/** Returns the pairs that this server can show. @param {Boot} boot @param {View} view @returns {Pair[]} */
export function pairsOf(boot, view) {
  const trained = (/** @type {number} */ count) => boot.models.some(({ experts }) => experts === count);
  const source = view.source === "recorded" ? { source: /** @type {const} */ ("live") } : {};
  const sizes =
    view.source === "authored" || (trained(8) && trained(64))
      ? source
      : { source: /** @type {const} */ ("authored") };
  const recorded = boot.models.find(({ steps = [] }) => steps.length > 1);
  const experts = trained(view.experts) ? view.experts : 8;
  /** @type {(Pair | false | undefined)[]} */
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
    { name: words.pairs.experts, a: { ...sizes, experts: 8 }, b: { experts: 64 } },
    recorded?.steps && {
      name: words.pairs.training,
      a: { source: "recorded", model: recorded.name, step: recorded.steps[0] },
      b: { step: recorded.steps[recorded.steps.length - 1] },
    },
    trainedPairs(boot).training ?? false,
  ];
  return pairs.filter((pair) => pair !== false && pair !== undefined);
}

/** Suffix of the name of a model trained without the balancing loss. Its counterpart has the name without the suffix. */
const UNBALANCED = "-unbalanced";

/**
 * Returns the comparisons of the models trained with and without the balancing loss: on this prompt, and during training.
 * @param {Boot} boot
 * @returns {{live: Pair | null, training: Pair | null}}
 */
export function trainedPairs(boot) {
  const twins = boot.models.flatMap((collapsed) => {
    const balanced = boot.models.find(({ name }) => name + UNBALANCED === collapsed.name);
    return balanced ? [{ balanced, collapsed }] : [];
  });
  const [live] = twins;
  const training = twins.find((pair) => pair.balanced.steps?.length && pair.collapsed.steps?.length);
  const name = words.pairs.balance;
  return {
    live: live
      ? {
          name,
          a: { source: "live", model: live.balanced.name, router: "" },
          b: { model: live.collapsed.name },
        }
      : null,
    training: training
      ? {
          name,
          a: { source: "recorded", model: training.balanced.name, step: null },
          b: { model: training.collapsed.name },
        }
      : null,
  };
}

/** Returns the difference of a stack in words; `file` stands for a dropped file, whose name is in its trace. @param {View} view @param {Partial<Request>} b */
export function sideName(view, b) {
  const keys = /** @type {(keyof Request)[]} */ (Object.keys(b).filter((key) => key !== "file"));
  return keys
    .map((key) => words.sideName(key, view))
    .filter(Boolean)
    .join(" · ");
}
