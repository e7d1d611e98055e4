/**
 * Text of the atlas in English.
 */

import { formatDecimal, formatExactly, formatShare } from "./format.js";

/** @param {string} value */
const quoted = (value) => `“${value}”`;

export const atlasEn = {
  title: "Atlas",
  about: "What each expert does over a corpus, and what a cache or a placement would do.",
  choose: "Atlas",
  loading: "Asking… The first question to a shipped model records its routing, about five seconds.",
  failed: (/** @type {string} */ reason) => `No answer: ${reason}`,
  corpus: (/** @type {number} */ tokens, /** @type {number} */ documents, /** @type {string} */ engine) =>
    `${formatExactly(tokens)} tokens of ${formatExactly(documents)} documents, routed by ${engine}`,
  behind: (/** @type {number} */ tokens) => `over ${formatExactly(tokens)} tokens`,
  inScene: "see it in the 3D scene",
  idsOnly: "IDS ONLY: this atlas has no weights; whatever needs them is left out.",
  layer: "layer",
  expert: "expert",
  expertOf: (/** @type {number} */ expert, /** @type {number} */ layer) =>
    `Expert ${expert} of layer ${layer}`,
  mapTitle: "Experts of every layer",
  mapHint: "Choose a cell to open the page of its expert.",
  metric: "Coloured by",
  maps: /** @type {Record<string, string>} */ ({
    load: "load: share of the layer’s assignments",
    mass: "share of the layer’s gate mass",
    mass_per_choice: "mean combine weight when chosen",
    focus: "how far its domains are from the corpus’, bits",
    top_domain_times: "its strongest domain, times the corpus’ share",
    top_tokens_share: "share of its ten most frequent tokens",
  }),
  coverage: "Coverage",
  coverageHint: "Share of a layer’s assignments that its busiest experts hold; dashed: if all were alike.",
  busiest: "busiest experts",
  assignments: "share of assignments",
  flows: "From layer to layer",
  flowsHint: "The strongest flows: width by tokens. Layers from left to right, experts from top to bottom.",
  pairs: "Chosen together",
  pairsHint: "Share of a row expert’s tokens that choose the column expert too.",
  caches: "Caches",
  cachesHint: "Mean hit rate of a cache per layer, by the share of its experts that it holds.",
  held: "share of experts held",
  hitRate: "hit rate",
  policies: /** @type {Record<string, string>} */ ({
    lru: "LRU: by recency",
    lfu: "LFU: by frequency",
    pinned: "busiest pinned",
    prefetch: "prefetch one layer ahead",
    belady: "best without prefetch",
  }),
  placement: "Placements",
  placementHint: (/** @type {number} */ devices) =>
    `Experts on ${devices} devices: the fullest device over the mean, and devices that a token goes to.`,
  strategies: /** @type {Record<string, string>} */ ({
    linear: "linear",
    eplb: "EPLB",
    coactivation: "by co-activation",
  }),
  strategy: "placement",
  imbalance: "worst layer",
  reach: "devices per token",
  forSglang: "for SGLang",
  forTrtllm: "for TensorRT-LLM",
  whatDoes: "What does this expert do?",
  nothing: (/** @type {number} */ tokens) =>
    `Nothing in particular that its ${formatExactly(tokens)} tokens can show.`,
  does: (/** @type {import("../api/atlas.js").Finding} */ found) =>
    `It ${found.low > 0.5 ? "mostly" : "often"} serves ${atlasEn.kinds[found.kind](found.value)}: ${formatShare(found.share)} of its ${formatExactly(found.tokens)} tokens (${formatShare(found.low)} to ${formatShare(found.high)}), against ${formatShare(found.corpus_share)} of the corpus.`,
  kinds: /** @type {Record<string, (value: string) => string>} */ ({
    domain: (value) => `tokens of ${value}`,
    language: (value) => `tokens in ${value}`,
    class: (value) => `tokens of the class ${value}`,
    token: (value) => `the token ${quoted(value)}`,
    position: (value) => `tokens at position ${value}`,
  }),
  served: (/** @type {number} */ tokens, /** @type {number} */ documents, /** @type {number} */ rank) =>
    `${formatExactly(tokens)} tokens of ${formatExactly(documents)} documents; number ${rank} of its layer by load`,
  frequent: "Most frequent tokens",
  preferred: "Tokens that it prefers",
  token: "token",
  received: "received",
  ofToken: "of its occurrences",
  sharpest: "Sharpest contexts",
  sharpestHint: "Where its combine weight is largest, at most two of a token.",
  weight: (/** @type {number} */ weight) => `weight ${formatDecimal(weight, 2)}`,
  properties: "Against the corpus",
  propertiesHint: "Bar: share of its tokens with the interval; line: share of the corpus.",
  partners: "Partners in its layer",
  comesFrom: "Its tokens come from",
  goesTo: "Its tokens go to",
  neighbour: (/** @type {number} */ expert, /** @type {number | undefined} */ layer) =>
    layer === undefined ? `expert ${expert}` : `expert ${expert} of layer ${layer + 1}`,
  times: (/** @type {number} */ lift) => `${formatDecimal(lift, 1)} times chance`,
  loadOver: "Load over the corpus",
  loadHint: "Its share of the layer’s assignments in slices of the corpus, in order; dashed: an even share.",
  slice: "slice of the corpus",
  none: "none",
  trainingNamed: (/** @type {string} */ name) => `training ${name}`,
  training: "A training over its steps",
  trainingHint: "Saturation: share of the last step’s experts that a step chooses already, per layer.",
  maxVio: "MaxVio of each layer",
  deadExperts: "experts without a token",
  ranks: "Ranks and their experts",
  ranksHint: "Expert parallel: each rank holds as many experts, in order. Copies over data are added up.",
  rankImbalance: "fullest rank over the mean",
  rankHolds: (/** @type {number} */ rank, /** @type {number} */ first, /** @type {number} */ last) =>
    `rank ${rank}: ${first === last ? `expert ${first}` : `experts ${first} to ${last}`}`,
  ep: "expert parallel",
  pp: "pipeline stages",
  etp: "ranks per expert",
  apply: "Apply",
  saturation: "router saturation",
  step: "training step",
  collapsed: (/** @type {number} */ layers) =>
    `${layers} layers end collapsed: half of their experts get nothing.`,
  yourText: "Your sentence against the corpus",
  yourTextHint: (/** @type {number} */ even) =>
    `Each token: the share of its kind in the corpus that goes to the same experts, mean of layers; by chance it would be ${formatShare(even)}.`,
  compare: "Compare",
  kind: (/** @type {string} */ text, /** @type {number | null} */ share, /** @type {number} */ occurs) =>
    share === null
      ? `${quoted(text)}: ${formatExactly(occurs)} times in the corpus, too few to tell`
      : `${quoted(text)} goes where ${formatShare(share)} of its kind go (${formatExactly(occurs)} in the corpus)`,
};
