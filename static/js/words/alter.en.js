/**
 * Text on altered routers and next tokens, in English.
 */

import { formatDecimal, formatExactly, formatShare, formatSigned } from "./format.js";

/** @param {number} count @param {string} one */
const several = (count, one) => `${formatExactly(count)} ${count === 1 ? one : `${one}s`}`;

export const alterEn = {
  change: "Change this expert",
  changes: { "": "As it is", off: "Off", force: "Force", add: "Logit" },
  hints: {
    "": "The router decides, as it was trained",
    off: "No token may choose this expert",
    force: "Every token chooses this expert",
    add: "Added to this expert’s logit before the router chooses",
  },
  added: "Added to the logit",
  kOf: (/** @type {number} */ layer) => `Experts per token in layer ${layer}`,
  own: "Own",
  undo: "Undo all changes",
  remove: (/** @type {string} */ what) => `Undo: ${what}`,
  item: (/** @type {number} */ layer, /** @type {number | null} */ expert, /** @type {string} */ change) => {
    const where = expert === null ? `layer ${layer}` : `expert ${expert} of layer ${layer}`;
    if (change.startsWith("k")) return `${where}: k = ${change.slice(1)}`;
    if (change.startsWith("add")) return `${where}: logit ${formatSigned(Number(change.slice(3)), 1)}`;
    return `${where}: ${change === "off" ? "off" : "forced"}`;
  },
  reading: "Comparing with the model as it is…",
  moved: (/** @type {number} */ choices, /** @type {number} */ tokens) =>
    choices
      ? `${several(choices, "choice")} of ${several(tokens, "token")} moved.`
      : "No choice moved: the router would not have chosen otherwise.",
  takers: (/** @type {{expert: number, taken: number}[]} */ takers) =>
    `Its tokens go to ${takers.map(({ expert, taken }) => `expert ${expert} (${formatExactly(taken)})`).join(", ")}.`,
  taken: (/** @type {number} */ taken) => `It takes ${several(taken, "token")} more.`,
  loss: (/** @type {number} */ before, /** @type {number} */ after) =>
    `Loss on the prompt ${formatDecimal(before, 3)} → ${formatDecimal(after, 3)} (${formatSigned(after - before, 3)})`,
  lossHint:
    "Mean of minus the logarithm of the probability that the model gave to each token that came. Higher is worse.",
  plainLoss: (/** @type {number} */ loss) => `Loss on the prompt ${formatDecimal(loss, 3)}`,
  beside: "Show the model as it is beside it",
  details: "Next tokens",
  after: (/** @type {string} */ token) => `After ${token} the model would write`,
  before: "as it is",
  now: "altered",
  came: "came",
  candidate: (/** @type {string} */ text, /** @type {number} */ share) => `${text} ${formatShare(share)}`,
  end: "Next",
  endLabel: "The most likely next tokens",
  none: "No model here says what comes next in this routing: choose LIVE, and a model that runs on this machine.",
  kind: "Kind",
  layerKinds: /** @type {Record<string, string>} */ ({
    hash: "a table of token ids chooses here",
    "attention experts": "experts of attention",
  }),
  alteredWord: "ALTERED",
  alteredNote: (/** @type {string[]} */ items) =>
    `Somebody changed the routers of this model: ${items.join("; ")}.`,
};
