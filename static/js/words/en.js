/**
 * Every word of the page in English. Another language is another module of this shape. Terms are those of the field; see
 * the glossary in the README.
 */

import {
  formatCount,
  formatDecimal,
  formatExactly,
  formatShare,
  formatSigned,
  formatToken,
} from "./format.js";
import { glossary } from "./glossary.en.js";
import { shapesEn } from "./models.en.js";

/**
 * What a beat of the shot says is filled in from the trace.
 * @typedef {{kind: string, all: number, won: number, parts: number[], layers: number}} Told
 */

const NUMBERS = "no one two three four five six seven eight nine ten eleven twelve".split(" ");

/** Up to twelve in letters. @param {number} count */
function spelled(count) {
  return NUMBERS[count] ?? formatExactly(count);
}

/** @param {string} text */
function capital(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** @param {readonly string[]} values */
function list(values) {
  return values.length < 2 ? values.join("") : `${values.slice(0, -1).join(", ")} or ${values.at(-1)}`;
}

/** @param {number} count @param {string} one @param {string} [many] */
function plural(count, one, many = `${one}s`) {
  return `${formatExactly(count)} ${count === 1 ? one : many}`;
}

/** A token as it stands inside a sentence. @param {string} text */
function quoted(text) {
  return `“${formatToken(text)}”`;
}

export const en = {
  product: "Moescope",
  ...shapesEn,
  nothing: "nothing",
  none: "–",
  between: ", ", // numbers with decimals
  times: (/** @type {number} */ ratio) => `${formatDecimal(ratio, 2)}×`,
  quoted,
  plural,
  close: "Close",
  dismiss: "Dismiss",
  notices: "Notices",

  // Addresses
  oneOf: list,
  range: (/** @type {number} */ low, /** @type {number} */ high) => `${low} to ${high}`,
  charactersAtMost: (/** @type {number} */ count) => `at most ${plural(count, "character")}`,
  towerKey: "layer.expert, such as 3.5",
  fellBack: (
    /** @type {string} */ name,
    /** @type {string} */ expected,
    /** @type {string} */ got,
    /** @type {string} */ showing,
  ) => `${name}: expected ${expected}, got ${got || "nothing"}; showing ${showing}`,

  // Comparing
  compare: "Compare",
  compareTitle: "Two stacks, one clock",
  compareNote: "Both move by the same share of the way. Panels show the first.",
  closeCompare: "One stack again",
  pairs: {
    sources: "Authored | Live",
    k: "Top-k 1 | 4",
    experts: "8 | 64 experts",
    training: "Training: start | end",
    balance: "Balanced | collapsed",
  },
  sideLabel: (/** @type {"a" | "b"} */ side) => (side === "a" ? "First stack" : "Second stack"),
  sideName: (/** @type {string} */ key, /** @type {import("../types.js").View} */ view) => {
    if (key === "source") return view.source === "trace" ? "" : en.sources[view.source];
    if (key === "experts") return `${view.experts} experts`;
    if (key === "k") return `k = ${view.k}`;
    if (key === "model") return view.model;
    if (key === "router") return en.routing.names[view.router ?? ""] ?? "";
    if (key === "step") return view.step === null ? "last step" : `step ${formatExactly(view.step)}`;
    if (key === "shape")
      return view.source !== "authored" ? "" : view.shape ? `shape ${view.shape}` : "small shape";
    return `${key} ${view[/** @type {"scenario"} */ (key)]}`;
  },

  // Masthead
  badges: /** @type {Record<string, string>} */ ({
    AUTHORED: "Authored routing: written by hand to teach, not measured.",
    LIVE: "Live routing: computed now, from trained weights.",
    RECORDED: "Recorded routing: computed before and kept in a file.",
  }),
  badgeWords: /** @type {Record<string, string>} */ ({
    AUTHORED: "AUTHORED",
    LIVE: "LIVE",
    RECORDED: "RECORDED",
    "IDS ONLY": "IDS ONLY",
  }),
  originNote: (
    /** @type {import("../types.js").Origin} */ origin,
    /** @type {import("../types.js").Model} */ _model,
  ) => origin.note,
  groupNames: /** @type {Record<string, string>} */ ({}),
  languages: { en: "English", fr: "Français" },
  badgeName: (/** @type {string} */ badge) => `${badge}: where this routing comes from`,
  ownPrompt: "Your own text",
  trainingOf: (/** @type {string} */ model) => `Training of ${model}`,
  trainedLooks: "Uneven, overlapping choices are what a trained router looks like.",

  // Counters
  counters: "Counters",
  total_p: "TOTAL_P",
  active_p: "ACTIVE_P",
  token: "TOKEN",
  experts_hit: "EXPERTS_HIT",
  hitOf: (/** @type {number} */ hits, /** @type {number} */ all) =>
    `${formatExactly(hits)} of ${formatExactly(all)}`,
  allTokens: (/** @type {number} */ tokens) => `all ${tokens}`,
  totalCounts: (
    /** @type {number} */ layers,
    /** @type {number} */ experts,
    /** @type {number} */ size,
    /** @type {number} */ shared,
  ) => `${layers} × ${shared ? `(${experts} + ${shared})` : experts} × ${formatCount(size)}`,
  totalTitle: (
    /** @type {number} */ layers,
    /** @type {number} */ experts,
    /** @type {number} */ size,
    /** @type {number} */ total,
    /** @type {number} */ shared,
  ) =>
    `Parameters of every expert: ${layers} layers × ${shared ? "(" : ""}${experts} experts × ${formatExactly(size)}${shared ? ` + ${formatExactly(shared)} shared)` : ""} = ${formatExactly(total)}`,
  activeCounts: (
    /** @type {number} */ layers,
    /** @type {number} */ k,
    /** @type {number} */ size,
    /** @type {number} */ shared,
  ) => `${layers} × ${shared ? `(${k} + ${shared})` : k} × ${formatCount(size)}`,
  activeTitle: (
    /** @type {number} */ layers,
    /** @type {number} */ k,
    /** @type {number} */ size,
    /** @type {number} */ active,
    /** @type {number} */ shared,
  ) =>
    `Parameters that one token uses: ${layers} layers × ${shared ? "(" : ""}${k} chosen experts × ${formatExactly(size)}${shared ? ` + ${formatExactly(shared)} shared)` : ""} = ${formatExactly(active)}`,
  activeRouted: (/** @type {number} */ pairs, /** @type {number} */ size, /** @type {number} */ shared) =>
    `${shared ? `(${formatDecimal(Number(pairs.toFixed(1)))} + ${shared})` : formatDecimal(Number(pairs.toFixed(1)))} × ${formatCount(size)}`,
  activeRoutedTitle: (
    /** @type {number} */ pairs,
    /** @type {number} */ nominal,
    /** @type {number} */ active,
  ) =>
    `Parameters that this token uses as routed: ${formatDecimal(Number(pairs.toFixed(1)))} experts over all layers, where k asks for ${nominal}; ${formatExactly(active)}`,
  story: {
    skip: "Skip",
    next: "Next",
    again: "Play the opening",
    beats: /** @type {((told: Told) => string)[]} */ ([
      ({ all }) => `One word meets ${spelled(all)} experts.`,
      ({ all, won, kind }) =>
        kind === "ids"
          ? `This source names ${spelled(won)}, unscored.`
          : `The router scores all ${spelled(all)}.`,
      ({ won, kind }) =>
        won === 0
          ? "No expert takes it."
          : kind === "ids"
            ? `This source names ${spelled(won)}, unscored.`
            : won === 1
              ? "Only the best one passes."
              : `Only the best ${spelled(won)} pass.`,
      ({ won, all }) =>
        won === 0
          ? "Nothing computes here."
          : `${capital(spelled(won))} ${won === 1 ? "computes" : "compute"}, ${spelled(all - won)} ${all - won === 1 ? "waits" : "wait"}.`,
      ({ won, parts, kind }) =>
        won === 0
          ? "The word goes on as it came."
          : won === 1
            ? "Its answer comes back alone."
            : won === 2 && kind !== "ids"
              ? `Their answers blend, ${parts[0]} to ${parts[1]}.`
              : "Their answers blend by weight.",
      ({ layers }) =>
        layers === 1 ? "One layer." : `${capital(spelled(layers))} layers: every word its own path.`,
    ]),
  },
  ending: {
    used: (/** @type {{tokens: number, hit: number, all: number}} */ { tokens, hit, all }) =>
      `${formatExactly(tokens)} tokens used ${formatExactly(hit)} of ${formatExactly(all)} experts.`,
    live: (/** @type {{tokens: number, hit: number, all: number}} */ { hit, all }) =>
      `Real weights: ${formatExactly(hit)} of ${formatExactly(all)} experts, few tidy corners.`,
    together: (/** @type {{tokens: number, hit: number, all: number}} */ { tokens, hit, all }) =>
      `One step: ${formatExactly(tokens)} tokens share ${formatExactly(hit)} of ${formatExactly(all)} experts.`,
    try64: "Try 64 experts",
    goLive: "Is that real? Switch to LIVE",
    lookDown: "Look from above",
    lookAtOnce: "Send all tokens at once",
    openLoad: "Who was busiest? Open Load",
  },
  stored: (/** @type {number} */ stored, /** @type {number} */ used) =>
    `Stored ${formatCount(stored)}, used for a token ${formatCount(used)}: ${formatShare(used / stored)}`,
  decision: {
    label: "The router's decision",
    title: (/** @type {number} */ layer, /** @type {string} */ token) => `Layer ${layer} scores “${token}”`,
    titleIds: (/** @type {number} */ layer, /** @type {string} */ token) =>
      `Layer ${layer} routes “${token}”`,
    columns: ["expert", "score", "score", "weight"],
    cut: (/** @type {number} */ k) => `top ${k}`,
    full: "full",
    hidden: (/** @type {number} */ count) => `${count} more chosen`,
    tail: (/** @type {number} */ count) => `${count} others`,
    unknown: (/** @type {number} */ count) => `${count} others: nothing is known`,
    clear: (/** @type {string} */ margin) => `Clear by ${margin}.`,
    close: (/** @type {string} */ margin) => `Close: ${margin}.`,
    near: (/** @type {string} */ margin) => `Near tie: ${margin}.`,
    tie: "A tie: the lower id won.",
    points: (/** @type {string} */ points) => `${points} points`,
    otherwise: "Not decided by these scores alone.",
    swayed: (/** @type {number} */ won, /** @type {number} */ over) => `The bias chose ${won} over ${over}.`,
    taken: (/** @type {number} */ took, /** @type {number} */ all) =>
      `Taken by ${took} of ${all}; each sets its own cut.`,
    noScores: "This source gives ids, not scores.",
    none: "No expert took it.",
    full1: (/** @type {number} */ expert, /** @type {string} */ kept) =>
      `${expert} is full: ${kept} of the mix is left.`,
  },
  tokenId: (/** @type {number} */ id) => `id ${id}`,
  tokenCounts: (/** @type {number} */ token, /** @type {number} */ tokens) =>
    `${formatExactly(token)} of ${formatExactly(tokens)}`,
  atLayer: (/** @type {number} */ layer) => `layer ${layer}`,
  tokenTitle: "The token being routed now, and its place in the prompt",
  hitCounts: (/** @type {number} */ hits, /** @type {number} */ all) =>
    `${formatShare(all ? hits / all : 0)} of experts`,
  hitTitle: "Different experts used so far, over all layers, out of how many there are",
  wholeModel: "Whole model",
  whole: {
    title: "Whole model",
    experts: "Experts",
    attention: "Attention",
    embeddings: "Embeddings",
    router: "Routers",
    norms: "Norms",
    dense: "Dense layers",
    total: "All of it",
    active: "One token uses",
    memory: "Memory, 16 bits",
    parameters: "parameters",
    bytes: "bytes for the weights, two each",
  },

  // Controls
  controls: "Controls",
  source: "Source",
  sources: { authored: "Authored", live: "Live", recorded: "Training" },
  scenario: "Prompt",
  prompt: "Your own text",
  promptHint: "Type anything; the live model routes it",
  route: "Route",
  routeHint: "Ctrl + Enter routes it too",
  promptRoom: (/** @type {number} */ used, /** @type {number} */ limit) =>
    `${formatExactly(used)} of ${formatExactly(limit)} characters`,
  trainedModel: "Model",
  trainingStep: "Training step",
  watchTraining: "Watch the training",
  pauseTraining: "Pause the training",
  stepOf: (/** @type {number} */ step, /** @type {number} */ last) =>
    `step ${formatExactly(step)} of ${formatExactly(last)}`,
  busiestOf: (/** @type {number} */ ratio, /** @type {number} */ layer, /** @type {number} */ most) =>
    `busiest expert ${ratio.toFixed(1)}× the mean (layer ${layer}; ${most.toFixed(0)}× is all tokens)`,
  busiestHint: "The largest load of any expert in these prompts, over the mean of its layer: 1 is even",
  writeOn: "Continue",
  writeMore: "Continue further",
  stopWriting: "Stop",
  writeOnHint: "Let the model write on, token by token",
  anotherDraw: "Again",
  anotherDrawHint: "Another continuation: the next seed",
  temperature: "Temperature",
  temperatureHint: "Temperature: 0 always takes the likeliest token; higher draws more freely",
  written: "written by the model",
  writtenCount: (/** @type {number} */ count, /** @type {number} */ seed) =>
    `${plural(count, "token")} written, seed ${seed}`,
  experts: "Experts",
  k: "Top-k",
  mode: "Mode",
  modes: { single: "SINGLE", sequence: "SEQUENCE", all: "ALL AT ONCE" },
  modeHints: {
    single: "One token at a time, slowly",
    sequence: "The whole prompt, several tokens on their way at once",
    all: "Every token reaches a layer at the same moment, as in one step of real inference",
  },
  camera: "Camera",
  cameras: { orbit: "ORBIT", front: "FRONT", top: "TOP" },
  floor: "Layer",
  floorOf: (/** @type {number} */ layer, /** @type {number} */ layers) => `${layer} of ${layers}`,
  floorDown: "One layer down",
  floorUp: "One layer up",
  layerRange: (/** @type {number} */ first, /** @type {number} */ last) =>
    first === last ? `${first}` : `${first}–${last}`,
  denseLayers: (/** @type {number} */ count) => (count === 1 ? "dense" : `${count} dense`),
  denseBrief: "D",
  fold: "Layers",
  foldOf: (/** @type {string} */ range, /** @type {number} */ layers) => `${range} of ${layers}`,
  foldNone: (/** @type {number} */ layers) => `all ${layers}`,
  foldDown: "Layers further down",
  foldUp: "Layers further up",
  foldKey: "two layers, from 1, as in 10-20",
  foldBeyond: (/** @type {number} */ layers, /** @type {number} */ got) =>
    `fold: expected layers up to ${layers}, got ${got}; showing all`,
  foldAround: "Fold",
  foldAroundHint: "Fold all layers but those around this one (key Z)",
  unfold: "Unfold",
  unfoldHint: "Show all layers at full height again (key Z)",

  // Routers and their settings
  routing: {
    label: "Router",
    hint: "How a layer decides which experts a token goes to",
    families: ["Top-k", "With a capacity", "Balanced at once", "Sigmoid, groups, bias"],
    names: /** @type {Record<string, string>} */ ({
      topk_norm: "Top-k, renormalised (Mixtral)",
      topk: "Top-k, plain (OLMoE)",
      softmax_after: "Top-k, then softmax (gpt-oss)",
      noisy_topk: "Noisy top-k (Shazeer 2017)",
      switch: "Switch, top-1",
      gshard: "GShard, top-2",
      st_moe: "ST-MoE, top-2",
      base: "BASE assignment",
      expert_choice: "Expert Choice",
      sigmoid_top1: "Sigmoid, top-1 (Llama 4)",
      group_limited: "Group-limited (DeepSeek-V2)",
      sigmoid_bias: "Sigmoid + bias (DeepSeek-V3)",
      softmax_bias: "Softmax + bias (ERNIE 4.5)",
      sqrt_softplus_bias: "√softplus + bias (DeepSeek-V4)",
      hash: "Hash of the token",
      zero_experts: "Zero experts (LongCat-Flash)",
      skip_expert: "Skip expert (ZAYA1)",
      sigmoid_joint: "Joint with shared experts (Inkling)",
      topk_norm_scaled: "Scale per expert (Gemma 4)",
    }),
    does: /** @type {Record<string, string>} */ ({
      topk_norm: "Each token takes its k best experts; their probabilities are divided by their sum.",
      topk: "Each token takes its k best experts; their probabilities stay as they are and sum to less than 1.",
      softmax_after: "Each token takes its k largest logits; a softmax over these alone weighs them.",
      noisy_topk:
        "Noise on the logits before the k best are taken: experts that would never be tried get tokens.",
      switch:
        "One expert a token. An expert takes only so many: whoever comes later is dropped and passes by on the residual.",
      gshard:
        "The best expert for sure, a second one by chance; an expert that is full drops whoever comes later.",
      st_moe: "Two experts a token; an expert takes only so many, and whoever comes later is dropped.",
      base: "All tokens are assigned together: every expert gets equally many, and the sum of the scores is as large as it can be.",
      expert_choice:
        "Experts choose: each takes the tokens that score highest with it. Some tokens get many experts, some none.",
      sigmoid_top1: "The best logit wins; its sigmoid scales what the expert reads.",
      group_limited:
        "A token first chooses a few groups of experts, each by its best one, then its k experts within them.",
      sigmoid_bias:
        "Sigmoid scores plus a bias that selects and does not weigh: busy experts lose it, idle ones gain it, batch after batch.",
      softmax_bias:
        "Probabilities plus a bias that selects and does not weigh: busy experts lose it, idle ones gain it.",
      sqrt_softplus_bias:
        "Scores without an upper bound, the square root of softplus; a bias selects and does not weigh.",
      hash: "A fixed table says which experts a token uses, whatever stands before it; the scores only weigh them.",
      zero_experts: "Some experts compute nothing: a token that chooses them uses fewer than k.",
      skip_expert: "One more class than experts: a token that chooses it skips the layer.",
      sigmoid_joint: "The weights of chosen and shared experts are divided by their joint sum.",
      topk_norm_scaled:
        "The weights are divided by their sum, then multiplied with a learned scale of each expert.",
    }),
    settings: {
      capacity: "Capacity",
      groups: "Groups",
      topk_groups: "Of them",
      scale: "Scale",
      noise: "Noise",
      updates: "Updates",
      rate: "Rate",
      seed: "Seed",
      skew: "Skew",
    },
    hints: {
      capacity: "Capacity factor: an expert takes tokens × factor ÷ experts, rounded down, at least 1",
      groups: "Groups of equally many experts; where a group is a device, fewer groups mean less traffic",
      topk_groups: "In how many groups a token may choose",
      scale: "What the combine weights are multiplied with",
      noise: "Standard deviation of what is added to a logit",
      updates: "Steps of the bias on this prompt before it is routed",
      rate: "By how much one step moves the bias",
      seed: "Of the noise and the draws",
      skew: "A logit that two experts of each layer have on top, for every token: by hand, to teach",
    },
    capacityOf: (/** @type {number} */ factor, /** @type {number | undefined} */ tokens) =>
      tokens === undefined ? formatDecimal(factor) : `${formatDecimal(factor)} = ${plural(tokens, "token")}`,
    skewed: (/** @type {number} */ skew) =>
      `Skewed by hand: two experts of each layer have ${formatDecimal(skew)} on top of their logits, for every token.`,
    anotherSeed: "Another draw",
    asking: "Asking what this change costs …",
    trained: (/** @type {string} */ model, /** @type {string} */ router) =>
      `${model} was trained with another router: ${router}.`,
    cost: (/** @type {{cost: number, se: number, k: number}} */ { cost, se, k }) =>
      Math.abs(cost) < 0.00005
        ? `The change costs nothing: the same held-out loss (k = ${k}).`
        : `The change costs ${cost > 0 ? "+" : "−"}${formatDecimal(Math.abs(cost), 3)} ± ${formatDecimal(se, 3)} nats a token in held-out loss (k = ${k}${Math.abs(cost) <= 2 * se ? "; no difference that this text can show" : ""}).`,
    atDefaults: "Measured at the router’s own settings, not at those chosen here.",
    notMeasured: (/** @type {number} */ k) => `What the change costs was not measured at k = ${k}.`,
    looksAhead: "It looks at later tokens, so this is not the loss of a model that writes text.",
  },

  // Transport
  transport: "Playback",
  play: "Play",
  pause: "Pause",
  restart: "Restart",
  replay: "Replay",
  layerBack: "One layer back",
  layerOn: "One layer on",
  tokenBack: "One token back",
  tokenOn: "One token on",
  speed: "Speed",
  speedOf: (/** @type {number} */ speed) => `${speed}×`,
  scrub: "Position in the trace",
  position: (
    /** @type {string} */ token,
    /** @type {number} */ number,
    /** @type {number} */ tokens,
    /** @type {number} */ layer,
  ) => `Token ${number} of ${tokens}, ${quoted(token)}, layer ${layer}`,
  positionAll: (/** @type {number} */ layer, /** @type {number} */ layers) =>
    `All tokens, layer ${layer} of ${layers}`,
  atStart: "Before the first token",
  strip: "Tokens of the prompt",
  stripHint: "Point at a token to light its path; choose it to go there",
  tokenName: (
    /** @type {string} */ text,
    /** @type {number} */ number,
    /** @type {string | undefined} */ group,
  ) => `${formatToken(text)}, token ${number}${group ? `, ${group}` : ""}`,
  connection: {
    connecting: "connecting",
    streaming: (/** @type {number} */ got, /** @type {number} */ all) => `streaming ${got} of ${all}`,
    done: "all here",
    lost: "lost, retrying",
    refused: "not routed",
  },
  socketBlocked: (/** @type {string} */ host) =>
    `No WebSocket reaches ${host}, so traces come over HTTP. A proxy drops it, or the server needs ORIGIN.`,

  // Flat views
  views: "Flat views",
  panels: {
    heatmap: "Heat map",
    load: "Load",
    table: "Table",
    learned: "Learned",
    models: "Models",
    devices: "Devices",
  },
  soFar: "So far",
  wholePrompt: "Whole prompt",
  span: "Counted over",
  heatmapCaption:
    "How often each expert was chosen. One row a layer, layer 1 at the bottom; one column an expert.",
  heatmapName: (/** @type {number} */ layers, /** @type {number} */ experts) =>
    `Heat map, ${layers} layers by ${experts} experts. Arrow keys move, Enter shows the expert.`,
  heatmapLayer: "Layer",
  heatmapExpert: "Expert",
  heatmapTimes: "Times chosen",
  heatmapHint: "Point at a cell",
  cell: (
    /** @type {number} */ layer,
    /** @type {number} */ expert,
    /** @type {number} */ hits,
    /** @type {number} */ load,
  ) => `Layer ${layer}, expert ${expert}: ${plural(hits, "token")}, ${formatShare(load)} of the layer`,
  loadLayer: "Layer",
  even: (/** @type {number} */ share) => `even split ${formatShare(share)}`,
  nothingYet: "Nothing routed yet: press Play.",
  tableCaption: "Chosen experts and their combine weights, for every token and layer.",
  tableColumns: { token: "Token", layer: "Layer", experts: "Experts", weights: "Weights" },
  tableRows: (/** @type {number} */ rows) => plural(rows, "row"),
  tableOnlyLayer: "Layer",
  allLayers: "All",
  dropped: "dropped",

  // How even the load is
  balance: {
    allPrompts: "All prompts",
    ownText: "A text",
    allLayers: "All, together",
    caption:
      "Share of the layer’s assignments that each expert received; hatched: dropped. Dashed: an even split.",
    captionAll: "Every layer, layer 1 at the bottom; paler: dropped. Measures: mean of all layers.",
    strips: (/** @type {number} */ layers, /** @type {number} */ layer, /** @type {number} */ most) =>
      `Load of ${plural(layers, "layer")}. The fullest expert is in layer ${layer}, with ${formatShare(most)} of its assignments. The heat map has each cell.`,
    bar: (
      /** @type {number} */ layer,
      /** @type {number} */ expert,
      /** @type {number} */ assigned,
      /** @type {number} */ dropped,
      /** @type {number} */ share,
      /** @type {number | null} */ bias,
    ) =>
      `Layer ${layer}, expert ${expert}: ${plural(assigned, "token")}, ${formatShare(share)} of the layer${dropped ? `, ${formatExactly(dropped)} dropped` : ""}${bias === null ? "" : `, bias ${formatSigned(bias, 3)}`}`,
    turnedAway: (/** @type {number} */ dropped, /** @type {number} */ capacity) =>
      `${formatExactly(dropped)}, it takes ${formatExactly(capacity)}`,
    biasName: "Bias",
    biasScale: (/** @type {number} */ most) => `bias, to ±${formatDecimal(most, 3)}`,
    capacityLine: (/** @type {number} */ tokens) => `capacity ${formatExactly(tokens)}`,
    counted: (/** @type {number} */ texts, /** @type {number} */ tokens) =>
      `Counted over ${plural(tokens, "token")}${texts > 1 ? ` of ${plural(texts, "text")}, each a batch of its own` : ""}. Small batches look less even by chance.`,
    asking: "Counting …",
    refused: (/** @type {string} */ reason) => `Not counted: ${reason}`,
    recordedSpan: "A recording holds its own text.",
    textLabel: "A text to count over",
    textHint: "Paste a text, up to 20,000 characters; the live model routes it in windows",
    textCount: "Count",
    textNeedsLive: "Authored routing is about given tokens: a pasted text needs the live model.",
    textGoLive: "Switch to Live",
    measures: {
      load_share: {
        name: "Fullest",
        formula: "max(c) / Σc",
        says: "The share of the layer’s assignments that the fullest expert received.",
      },
      max_over_mean: { name: "Max over mean", formula: "max(c) / mean(c)", says: "Shazeer et al. 2017." },
      max_violation: {
        name: "MaxVio",
        formula: "(max(c) − mean(c)) / mean(c)",
        says: "Wang et al. 2024, eq. 4.",
      },
      entropy: {
        name: "Entropy",
        formula: "−Σ q ln q / ln N, q = c / Σc",
        says: "Shannon 1948, over that of an even load.",
      },
      dropped_share: { name: "Dropped", formula: "1 − kept / assigned", says: "Fedus et al. 2022." },
      switch_loss: {
        name: "Switch loss",
        formula: "N Σ f P",
        says: "f: share of tokens whose first choice an expert is; P: its mean gate score. Fedus et al. 2022, without α.",
      },
      z_loss: {
        name: "z-loss",
        formula: "mean((ln Σ eˡ)²)",
        says: "l: the router’s logits of a token; mean over all tokens of the text. It keeps logits small and says nothing of balance. Zoph et al. 2022, ST-MoE.",
      },
    },
    letters: { c: "c: assignments of each expert, dropped ones too.", N: "N: experts." },
    atBalance: (/** @type {string} */ value) => `even: ${value}`,
    noBalance: "of the logits",
    measureHint: "Point at a measure for its formula",
    lab: "Collapse and its cures",
    labNote: "Lean the router until a few experts win everything, then try what the papers do about it.",
    skewLive:
      "A trained router is not skewed by hand. Compare the models that were trained with and without the balancing loss.",
    cures: {
      plain: "No cure",
      capacity: "Capacity",
      bias: "Bias update",
      choice: "Expert Choice",
      base: "BASE",
    },
    cureLabel: "Cure",
    stepUpdate: "Step",
    stepHint: "Route the batch, then move every bias once",
    runUpdates: "Run",
    stopUpdates: "Stop",
    resetUpdates: "From 0",
    updatesDone: (/** @type {number} */ updates, /** @type {number} */ violation) =>
      `${plural(updates, "update")}: MaxVio ${formatDecimal(violation, 2)}, mean of layers`,
    evenNow: (/** @type {number} */ updates) =>
      `As even as these tokens allow, after ${plural(updates, "update")}.`,
    bestNow: (/** @type {number} */ updates, /** @type {number} */ violation) =>
      `Most even after ${plural(updates, "update")}: MaxVio ${formatDecimal(violation, 2)}. Like tokens move together, so that the rest goes back and forth.`,
    trainedPair: "Two trained models:",
    trainedLinks: { live: "this prompt, live", training: "their training" },
  },

  // What the models learned
  learned: {
    loading: "Asking for what was measured …",
    nothing: "Nothing was measured of these models yet: python -m app measure does.",
    unreachable: (/** @type {string} */ reason) => `What was measured could not be fetched: ${reason}`,
    caption: (/** @type {number} */ tokens) =>
      `Measured on ${tokens ? plural(tokens, "token") : "text"} that training never saw, from the weights that LIVE runs. The sentences follow from the figures by rule.`,
    sizesTitle: "More experts at the same ACTIVE_P: held-out loss, nats a token",
    sizesChart: (/** @type {readonly {experts: number, loss: number}[]} */ sizes) =>
      `Held-out loss by experts a layer: ${sizes.map(({ experts, loss }) => `${experts} experts ${loss.toFixed(3)}`).join(", ")}`,
    expertsAxis: "experts",
    oneSize: "Only one size is measured, so that nothing is known yet of what more experts buy.",
    oneRun:
      "± is over the held-out text alone. Each model is one training run; another seed may differ by more.",
    hollow: "The hollow point was trained in another way: without the balancing loss.",
    unfinished: (/** @type {readonly string[]} */ names) =>
      `Still in training, so left out of the line: ${names.join(", ")}.`,
    capacity: (
      /** @type {{from: number, to: number, change: number, se: number, verdict: string}} */ {
        from,
        to,
        change,
        se,
        verdict,
      },
    ) =>
      verdict === "same"
        ? `More experts did not help: from ${from} to ${to} the loss changed by ${change.toFixed(3)} ± ${se.toFixed(3)}, which is no difference.`
        : `From ${from} to ${to} experts the loss ${verdict} by ${Math.abs(change).toFixed(3)} ± ${se.toFixed(3)} nats a token${verdict === "rose" ? ": more experts did not help, they hurt" : ", at the same parameters a token"}.`,
    capacityStep: (/** @type {{from: number, to: number, verdict: string}} */ { from, to, verdict }) =>
      verdict === "same"
        ? `Between ${from} and ${to} experts there is no difference.`
        : `From ${from} to ${to} experts it ${verdict}.`,
    model: "Model",
    ksTitle: "Another k than in training",
    loss: "loss",
    change: "change",
    trainedWith: "(trained)",
    otherK: (/** @type {{k: number, verdict: string}} */ { k, verdict }) =>
      `${plural(k, "expert")} a token: ${{ fell: "better than the number it was trained with", rose: "worse", same: "no difference that this text can show" }[verdict] ?? ""}.`,
    layersTitle: "Do languages go to different experts, and is the load even?",
    layerColumns: ["layer", "JS bits", "random router", "chance", "MaxVio", "entropy"],
    layersNote: (/** @type {number} */ most) =>
      `JS bits: how far the languages’ loads differ (Jensen-Shannon; 0 the same, ${most.toFixed(2)} wholly apart), beside a router of random weights that reads the same vectors, and beside drawing experts by chance. MaxVio: busiest over mean, less 1. Entropy of the load: 1 is even.`,
    spread: (/** @type {number} */ low, /** @type {number} */ high, /** @type {number} */ most) =>
      `Their loads differ by ${low.toFixed(2)} to ${high.toFixed(2)} bits of at most ${most.toFixed(2)}: 0 would be the same experts for all, the most experts of their own for each.`,
    parted: (/** @type {readonly number[]} */ layers, /** @type {number} */ all) =>
      layers.length === 0
        ? "Experts did not specialise by language: no layer parts the languages clearly more than an untrained router does."
        : layers.length === all
          ? `In all ${all} layers the languages go to different experts, clearly more than in an untrained router.`
          : `In ${layers.length} of ${all} layers (${layers.map((layer) => layer + 1).join(", ")}) the languages go to different experts clearly more than in an untrained router; in the others they do not.`,
    balance: (
      /** @type {{verdict: string, layer: number, violation: number, most: number}} */ {
        verdict,
        layer,
        violation,
        most,
      },
    ) =>
      ({
        even: `The load is balanced: the busiest expert, in layer ${layer + 1}, has ${(1 + violation).toFixed(1)}× the mean.`,
        uneven: `The load is uneven: the busiest expert, in layer ${layer + 1}, has ${(1 + violation).toFixed(1)}× the mean.`,
        collapsed: `The routing collapsed: in layer ${layer + 1} the busiest expert has ${(1 + violation).toFixed(1)}× the mean, where ${(1 + most).toFixed(0)}× would be every token.`,
      })[verdict] ?? "",
    likesTitle: "Tokens that each expert likes most",
    expert: "expert",
    likesColumn: "token, times received of times there",
    liked: (/** @type {number} */ times, /** @type {number} */ of) =>
      `${formatExactly(times)}/${formatExactly(of)}`,
    likesNothing: "none clearly",
    likesNote: "Ordered by how much more often the expert got the token than its load alone explains.",
  },

  // Inspector
  inspector: "Expert",
  towerTitle: (/** @type {number} */ layer, /** @type {number} */ expert) =>
    `Layer ${layer} · expert ${expert}`,
  hits: "Tokens so far",
  load: "Load of the layer",
  served: "Tokens it serves, with their weights",
  servedNone: "No token of this prompt goes here.",
  more: (/** @type {number} */ count) => `and ${formatExactly(count)} more`,

  // Sharing and saving
  share: "Share",
  shareTitle: "Share and save",
  copyLink: "Copy link",
  copyEmbed: "Copy embed code",
  link: "Link",
  copyElement: "Copy element",
  copyMarkdown: "Copy Markdown",
  shareAs: "Share as",
  shareKinds: { link: "Link", frame: "Embed code", element: "Element", markdown: "Markdown" },
  shareHints: {
    link: "Opens this view in any browser.",
    frame: "A titled frame that loads when a reader comes near.",
    element: "The same, driven by your page: attributes, methods, events.",
    markdown: "The preview picture, linked to the view.",
  },
  frameSize: "Size",
  frameSizes: { wide: "As wide as its column", fixed: "720 × 450" },
  driveButton: (/** @type {number} */ k) => `Set top-k to ${k}`,
  card: "What a link to this view shows",
  cardWaiting: "Drawing the preview …",
  cardMissing: "The preview could not be fetched.",
  qrCode: "QR code",
  qrFor: (/** @type {string} */ title) => `QR code for ${title}`,
  qrTooLong: "The link is too long for a QR code; a shorter prompt makes it shorter.",
  qrLocal:
    "This address works on this machine alone. For a lecture hall, serve the page under an address that others reach.",
  opensAt: "Opens",
  thisMoment: "At this moment",
  beginning: "From the start",
  copied: "Copied",
  copyFailed: "This browser did not let the page copy. The text is selected: press Ctrl + C.",
  save: "Save",
  savePng: "Picture (PNG)",
  pictureScale: "Picture size",
  background: "With background",
  pictureSize: (/** @type {number} */ width, /** @type {number} */ height) => `${width} × ${height} pixels`,
  pictureTooLarge: (/** @type {number} */ width, /** @type {number} */ height, /** @type {number} */ fits) =>
    `${width} × ${height} pixels are more than this browser and its graphics card draw${fits ? `; choose ${fits}×` : "; make the window smaller"}`,
  noCanvas: "the browser could not make a picture of this size; choose a smaller one",
  corpus: {
    label: "Corpus",
    off: "None",
    heldout: "Held-out text",
    heldoutName: "held-out text",
    page: "Its page in the atlas",
    recorded: (/** @type {number} */ tokens, /** @type {string} */ name) =>
      `RECORDED over ${plural(tokens, "token")} of ${name}`,
    note: "Recorded beforehand, over all of these tokens. A tower is as high as its expert's share of the layer's assignments. A beam between rings is a pair of experts that many tokens choose one after the other; select a tower to see its own.",
    load: "Load over the corpus",
    times: (/** @type {number} */ times) => `${formatDecimal(times, 2)} × even`,
    failed: (/** @type {string} */ reason) => `corpus: not shown; ${reason}`,
    otherShape: (/** @type {number} */ layers, /** @type {number} */ experts) =>
      `corpus: it has ${plural(layers, "layer")} of ${experts} experts, the picture has others; choose its model`,
  },
  plateShape: (/** @type {number} */ layers, /** @type {number} */ experts, /** @type {number} */ k) =>
    `${plural(layers, "layer")} of ${experts} experts, ${k} a token`,
  plateMoment: (/** @type {string} */ token, /** @type {number} */ layer) => `“${token}”, layer ${layer}`,
  film: "Video",
  filmStart: "Record one pass",
  filmLength: (/** @type {string} */ length, /** @type {number} */ speed) =>
    `About ${length} from the first token to the last, at speed ${speed}×.`,
  filmStill: "In steps, as motion is reduced.",
  filming: (/** @type {number} */ share) => `Recording, ${formatShare(share)}`,
  filmCancel: "Cancel",
  filmProgress: "How much of the pass is recorded",
  filmBroken: "the recording was interrupted",
  noRecorder: "this browser has no video recorder; Chrome, Edge, Firefox and Safari have one",
  data: "Data",
  saveCsv: "Table (CSV)",
  saveJson: "Table (JSON)",
  saveTrace: "Trace (safetensors)",
  saveTraces: ["Trace of the first", "Trace of the second"],
  bothStacks: "Picture, video and tables hold both stacks.",
  saveFailed: (/** @type {string} */ reason) => `Nothing was saved: ${reason}`,
  notReady: "the trace is not complete yet; wait until it is done",
  noPicture: "a picture needs the 3D scene, which this browser does not show",
  embedTitle: (/** @type {string} */ title) => `Moescope: ${title}`,
  openFull: "Open in Moescope",

  // Tours, questions, glossary
  glossary,
  tours: "Tours",
  toursTitle: "Tours and questions",
  toursIntro: "Each step is a view like any other: stop, turn it, change it, and go on.",
  stepCount: (/** @type {number} */ steps) => plural(steps, "step"),
  tourKicker: (/** @type {string} */ title) => `Tour: ${title}`,
  stepPlace: (/** @type {number} */ step, /** @type {number} */ steps) => `${step} of ${steps}`,
  nextStep: "Next",
  stepBack: "Back",
  finishTour: "Done",
  leaveTour: "Leave the tour",
  quiz: "Questions",
  quizSummary: "What did the scene show? Every answer is shown in it.",
  questionCount: (/** @type {number} */ questions) => plural(questions, "question"),
  leaveQuiz: "Leave the questions",
  right: "Right.",
  wrong: (/** @type {string} */ right) => `Not so. It is: ${right}.`,
  rightMark: "right",
  wrongMark: "chosen, wrong",
  score: (/** @type {number} */ right, /** @type {number} */ answered) => `${right} of ${answered} right`,
  scoreNote: "Kept in this browser alone.",
  quizAgain: "Start again",
  article: "Article: where a token goes",
  articleSummary: "What MoE replaces, what its router does, what it costs",
  references: "References",
  referencesSummary: "Who described the routers and the models",

  // Keys
  keys: "Display",
  keysTitle: "Display and keys",
  keysHeading: "Keys",
  theme: "Theme",
  themes: { dark: "Dark", light: "Light", contrast: "Contrast" },
  palette: "Colours",
  palettes: { ember: "Ember", cobalt: "Cobalt", mono: "Mono" },
  keyList: /** @type {readonly (readonly [string, string])[]} */ ([
    ["Space", "Play or pause"],
    ["→ ←", "One token on, back"],
    ["↑ ↓", "One layer on, back"],
    ["R", "Restart"],
    ["M", "Next mode"],
    ["C", "Next camera"],
    ["[ ]  + −", "Turn, zoom"],
    ["1 to 4", "Top-k"],
    ["H L T F", "Heat map, load, table, findings"],
    ["B", "Compare: two beside each other"],
    ["S", "Share and save"],
    ["W", "Whole-model figures"],
    ["G", "Guided tours and questions"],
    ["N P", "Next step of a tour, the one before"],
    ["Z", "Fold a tall stack around one layer, or unfold it"],
    ["Page ↑ ↓", "Folded: the layers further up or down"],
    ["D", "Next theme: dark, light, contrast"],
    ["Esc", "Close, or let go of what is selected"],
    ["?", "Display, and this list"],
  ]),
  stillSwitch: "Less motion: step instead of flying",

  // Scene
  scene: "The stack of layers, drawn in 3D",
  sceneDescribed: (/** @type {number} */ layers, /** @type {number} */ experts) =>
    `A stack of ${plural(layers, "ring")}, one a layer, of ${plural(experts, "tower")} each, one an expert. The heat map and the table show the same as text.`,
  noWebgl:
    "The 3D scene needs WebGL 2, which this browser does not offer. Counters, heat map, load and table show the same routing.",
  sceneFailed: "The 3D scene could not start. Counters, heat map, load and table show the same routing.",
  contextLost:
    "The graphics card let go of the scene. It comes back by itself; if it does not, reload the page.",
  starting: "Starting",

  // Trouble
  trouble: "This view could not be routed",
  problem: (/** @type {string} */ message) => message,
  partOf: (/** @type {string} */ notice) => notice,
  retry: "Try again",
  backToDefault: "Show the default view",
  towerBeyond: (/** @type {number} */ layers, /** @type {number} */ experts) =>
    `tower: expected a layer from 1 to ${layers} and an expert from 0 to ${experts - 1}, got another; showing none`,
  beyondTrace: (/** @type {string} */ name, /** @type {number} */ last, /** @type {number} */ got) =>
    `${name}: expected 1 to ${last}, got ${got}; showing ${last}`,

  // What just happened, for those who listen
  saidPlaying: "Playing",
  saidPaused: "Paused",
  saidFinished: (/** @type {number} */ hits, /** @type {number} */ all) =>
    `Finished: ${formatExactly(hits)} of ${formatExactly(all)} experts were used.`,
  saidTrace: (
    /** @type {string} */ badge,
    /** @type {number} */ tokens,
    /** @type {number} */ layers,
    /** @type {number} */ experts,
    /** @type {number} */ k,
  ) =>
    `${badge.toLowerCase()} routing of ${plural(tokens, "token")} through ${plural(layers, "layer")} of ${experts} experts, ${k} chosen.`,
  saidEvent: (
    /** @type {string} */ token,
    /** @type {number} */ layer,
    /** @type {readonly {expert: number, weight: number}[]} */ chosen,
    /** @type {readonly number[]} */ full,
  ) => {
    const went = `goes to ${chosen.length > 1 ? "experts" : "expert"} ${chosen.map(({ expert, weight }) => `${expert} (${formatShare(weight)})`).join(", ")}`;
    const turned = full.length
      ? `dropped by ${full.length > 1 ? "experts" : "expert"} ${full.join(", ")}, which ${full.length > 1 ? "were" : "was"} full`
      : "";
    const said = [chosen.length ? went : "", turned && (chosen.length ? turned : `is ${turned}`)]
      .filter(Boolean)
      .join("; ");
    return `Layer ${layer}: ${said ? `${quoted(token)} ${said}` : `no expert chose ${quoted(token)}`}.`;
  },
  saidLayerOfAll: (
    /** @type {number} */ layer,
    /** @type {number} */ tokens,
    /** @type {number} */ used,
    /** @type {number} */ experts,
    /** @type {number} */ dropped,
  ) =>
    `Layer ${layer}: all ${tokens} tokens at once, ${used} of ${experts} experts used${dropped ? `, ${plural(dropped, "choice")} dropped` : ""}.`,
};
