/**
 * All text of the page in English. Every other language is a module of the same structure. Terms are those of
 * glossary.en.js.
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
 * Values of the trace in the caption of a beat of the shot.
 * @typedef {{kind: string, all: number, won: number, parts: number[], layers: number}} BeatValues
 */

const NUMBERS = "no one two three four five six seven eight nine ten eleven twelve".split(" ");

/** Writes numbers up to twelve in letters. @param {number} count */
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

/** Quotes a token inside a sentence. @param {string} text */
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
  compareNote: "Both show the same share of their playback time. Panels show the first.",
  closeCompare: "Back to one stack",
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
    if (key === "alter") return view.alter ? "altered" : "as it is";
    if (key === "step") return view.step === null ? "last step" : `step ${formatExactly(view.step)}`;
    if (key === "shape")
      return view.source !== "authored" ? "" : view.shape ? `shape ${view.shape}` : "small shape";
    return `${key} ${view[/** @type {"scenario"} */ (key)]}`;
  },

  // Masthead
  badges: /** @type {Record<string, string>} */ ({
    AUTHORED: "Authored routing: written by hand to teach, not measured.",
    LIVE: "Live routing: computed now, from trained weights.",
    RECORDED: "Recorded routing: computed earlier and read from a file.",
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
  liveModel: "Model",
  modelsRefused: "Cannot be run here",
  modelRefused: (/** @type {string} */ name, /** @type {string} */ why) => `${name} cannot be run: ${why}`,
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
    beats: /** @type {((told: BeatValues) => string)[]} */ ([
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
    within: (/** @type {string} */ margin) => `Less than ${margin} apart.`,
    points: (/** @type {string} */ points) => `${points} points`,
    otherwise: "Not decided by these scores alone.",
    swayed: (/** @type {number} */ won, /** @type {number} */ over) => `The bias chose ${won} over ${over}.`,
    taken: (/** @type {number} */ took, /** @type {number} */ all) =>
      `Taken by ${took} of ${all}; each sets its own cut.`,
    next: (/** @type {number} */ layer) => `Then attention, and layer ${layer}`,
    noScores: "This source gives ids, not scores.",
    none: "No expert took it.",
    nothing: (/** @type {number} */ count, /** @type {number} */ k) =>
      `${count} of ${k} choices compute nothing.`,
    nothingRow: (/** @type {number} */ count) => (count > 1 ? `${count} zero experts` : "zero expert"),
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
  hitTitle: "Distinct (layer, expert) pairs used so far, of all pairs",
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
  levels: {
    label: "How much is shown",
    names: { story: "Story", explore: "Explore", data: "Data" },
    hints: { story: "What happens", explore: "Why, and what if", data: "How much: load, heat map, table" },
    summary: (/** @type {number} */ experts, /** @type {number} */ k) =>
      `${formatExactly(experts)} experts · top-${k}`,
    taught:
      "The outputs of the chosen experts return as one {weighted sum|combine weight}. Between two rings lies {attention}.",
    summaryLabel: (/** @type {string} */ told) => `${told}: change source, experts, top-k, mode`,
    present: "Present",
    presentHint: "For a projector: one key a beat",
    presentKeys: "→ next · ← back · Esc ends",
    menu: "Menu",
    views: "Data view",
    atlas: "Atlas",
    atlasHint: "Each expert over a whole corpus; caches and placements",
  },
  controls: "Controls",
  source: "Source",
  sources: { authored: "Authored", live: "Live", recorded: "Training" },
  scenario: "Prompt",
  prompt: "Your own text",
  promptHint: "Type any text; the live model routes it",
  route: "Route",
  routeHint: "Shortcut: Ctrl + Enter",
  promptTokens: (/** @type {number} */ used, /** @type {number} */ limit) =>
    `${formatExactly(used)} of ${formatExactly(limit)} tokens${used > limit ? ": shorten the text" : ""}`,
  promptBlank: "Only spaces: type a word",
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
  writeOnHint: "Generate further tokens, one by one",
  anotherDraw: "Again",
  anotherDrawHint: "Another continuation, with the next seed",
  temperature: "Temperature",
  temperatureHint: "Temperature: 0 always takes the most likely token; higher values sample more widely",
  written: "generated by the model",
  writtenCount: (/** @type {number} */ count, /** @type {number} */ seed) =>
    `${plural(count, "token")} generated, seed ${seed}`,
  experts: "Experts",
  k: "Top-k",
  mode: "Mode",
  modes: { single: "SINGLE", sequence: "SEQUENCE", all: "ALL AT ONCE" },
  modeHints: {
    single: "One token at a time, slowly",
    sequence: "The whole prompt, with several tokens in flight",
    all: "All tokens reach a layer at the same time, as in one step of real inference",
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
  foldAroundHint: "Fold all layers except those around this one (key Z)",
  unfold: "Unfold",
  unfoldHint: "Show all layers at full height (key Z)",

  // Routers and their settings
  routing: {
    capacityLegend: {
      label: "Capacity in the scene",
      taken: "level: tokens taken",
      full: "rim: full",
      dropped: "bounces off: dropped",
    },
    label: "Router",
    hint: "The rule by which a layer chooses the experts of a token",
    families: ["Top-k", "With a capacity", "Balanced assignment", "Sigmoid, groups, bias"],
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
      topk_norm: "Each token uses its k best experts; their probabilities are divided by their sum.",
      topk: "Each token uses its k best experts; their probabilities are not rescaled and sum to less than 1.",
      softmax_after: "Each token uses its k largest logits; a softmax over these alone gives the weights.",
      noisy_topk:
        "Noise is added to the logits before the k best are chosen, so that rarely chosen experts get tokens.",
      switch:
        "One expert per token. Each expert has a capacity; tokens over it are dropped and skip the layer through the residual connection.",
      gshard: "The best expert always, a second one by chance; an expert at capacity drops later tokens.",
      st_moe: "Two experts per token; each expert has a capacity, and tokens over it are dropped.",
      base: "All tokens are assigned together: every expert gets the same number, and the sum of the scores is maximal.",
      expert_choice:
        "Experts choose: each takes its highest-scoring tokens. Some tokens get many experts, some none.",
      sigmoid_top1: "The best logit is chosen; its sigmoid scales the input of the expert.",
      group_limited: "A token first chooses a few groups by their best expert, then k experts within them.",
      sigmoid_bias:
        "Sigmoid scores plus a bias for the choice alone, not the weights: it falls for busy experts and rises for idle ones, batch by batch.",
      softmax_bias:
        "Probabilities plus a bias for the choice alone, not the weights: it falls for busy experts and rises for idle ones.",
      sqrt_softplus_bias:
        "Scores without an upper bound, the square root of softplus; a bias affects the choice but not the weights.",
      hash: "A fixed table chooses the experts of a token, independent of its context; the scores only give the weights.",
      zero_experts: "Some experts compute nothing: a token that chooses them uses fewer than k.",
      skip_expert: "One more class than experts: a token that chooses it skips the layer.",
      sigmoid_joint: "The weights of chosen and shared experts are divided by their joint sum.",
      topk_norm_scaled:
        "The weights are divided by their sum, then multiplied by a learned scale per expert.",
    }),
    settings: {
      capacity: "Capacity",
      groups: "Groups",
      topk_groups: "Groups per token",
      scale: "Scale",
      noise: "Noise",
      updates: "Updates",
      rate: "Rate",
      seed: "Seed",
      skew: "Skew",
    },
    hints: {
      capacity: "Capacity factor: an expert takes tokens × factor ÷ experts, rounded down, at least 1",
      groups: "Groups of equal size; if each group is on one device, fewer groups mean less traffic",
      topk_groups: "Number of groups from which a token may choose experts",
      scale: "Factor of the combine weights",
      noise: "Standard deviation of the noise added to a logit",
      updates: "Updates of the bias on this prompt before it is routed",
      rate: "Size of one update of the bias",
      seed: "Seed of the noise and of sampling",
      skew: "Added to the logits of two experts per layer, for every token: set by hand, to teach",
    },
    capacityOf: (/** @type {number} */ factor, /** @type {number | undefined} */ tokens) =>
      tokens === undefined ? formatDecimal(factor) : `${formatDecimal(factor)} = ${plural(tokens, "token")}`,
    skewed: (/** @type {number} */ skew) =>
      `Skewed by hand: ${formatDecimal(skew)} is added to the logits of two experts per layer, for every token.`,
    anotherSeed: "Another draw",
    asking: "Loading the cost of this change …",
    trained: (/** @type {string} */ model, /** @type {string} */ router) =>
      `${model} was trained with another router: ${router}.`,
    cost: (/** @type {{cost: number, se: number, k: number}} */ { cost, se, k }) =>
      Math.abs(cost) < 0.00005
        ? `The change costs nothing: the same held-out loss (k = ${k}).`
        : `The change costs ${cost > 0 ? "+" : "−"}${formatDecimal(Math.abs(cost), 3)} ± ${formatDecimal(se, 3)} nats per token in held-out loss (k = ${k}${Math.abs(cost) <= 2 * se ? "; no difference that this text can show" : ""}).`,
    atDefaults: "Measured with the default settings of the router, not with those chosen here.",
    notMeasured: (/** @type {number} */ k) => `The cost of the change was not measured at k = ${k}.`,
    looksAhead: "This router uses later tokens, so this is not the loss of a model that generates text.",
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
  stripHint: "Point at a token to show its path; select it to go there",
  tokenName: (
    /** @type {string} */ text,
    /** @type {number} */ number,
    /** @type {string | undefined} */ group,
  ) => `${formatToken(text)}, token ${number}${group ? `, ${group}` : ""}`,
  connection: {
    connecting: "connecting",
    streaming: (/** @type {number} */ got, /** @type {number} */ all) => `streaming ${got} of ${all}`,
    done: "all received",
    lost: "lost, retrying",
    refused: "not routed",
  },
  socketBlocked: (/** @type {string} */ host) =>
    `No WebSocket connects to ${host}, so traces use HTTP. A proxy blocks it, or the server needs ORIGIN.`,
  socketBlockedBrief: "No WebSocket connects, so traces use HTTP.",

  // Flat views
  views: "Data views",
  panels: {
    heatmap: "Heat map",
    load: "Load",
    table: "Table",
    learned: "Learned",
    models: "Models",
    next: "Next",
    devices: "Devices",
  },
  soFar: "So far",
  wholePrompt: "Whole prompt",
  span: "Counted over",
  heatmapCaption:
    "How often each expert was chosen. One row per layer, layer 1 at the bottom; one column per expert.",
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

  // Load balance
  balance: {
    allPrompts: "All prompts",
    ownText: "A text",
    corpus: "Corpus",
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
      `${formatExactly(dropped)} over its capacity of ${formatExactly(capacity)}`,
    biasName: "Bias",
    biasScale: (/** @type {number} */ most) => `bias, to ±${formatDecimal(most, 3)}`,
    capacityLine: (/** @type {number} */ tokens) => `capacity ${formatExactly(tokens)}`,
    counted: (/** @type {number} */ texts, /** @type {number} */ tokens) =>
      `Counted over ${plural(tokens, "token")}${texts > 1 ? ` of ${plural(texts, "text")}, each one batch` : ""}. Small batches look less even by chance.`,
    countedInCorpus: (
      /** @type {string} */ name,
      /** @type {number} */ documents,
      /** @type {number} */ tokens,
    ) => `Recorded over ${plural(tokens, "token")} of ${plural(documents, "document")}: atlas ${name}.`,
    noCorpus: "No corpus of this model was recorded.",
    asking: "Counting …",
    refused: (/** @type {string} */ reason) => `Not counted: ${reason}`,
    recordedSpan: "A recording has a fixed text.",
    textLabel: "A text to count over",
    textHint: "Paste a text, up to 20,000 characters; the live model routes it in windows",
    textCount: "Count",
    textNeedsLive: "Authored routing has fixed tokens: a pasted text needs the live model.",
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
        says: "Shannon 1948, divided by that of an even load.",
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
        says: "l: the router’s logits of a token; mean over all tokens of the text. It keeps logits small and does not measure balance. Zoph et al. 2022, ST-MoE.",
      },
    },
    letters: { c: "c: assignments of each expert, dropped ones included.", N: "N: experts." },
    atBalance: (/** @type {string} */ value) => `even: ${value}`,
    noBalance: "depends on the logits",
    measureHint: "Point at a measure to see its formula",
    lab: "Collapse and its cures",
    labNote: "Skew the router until a few experts get all tokens, then try the remedies of the papers.",
    skewLive:
      "Only authored routers can be skewed. Compare the models that were trained with and without the balancing loss.",
    cures: {
      plain: "No cure",
      capacity: "Capacity",
      bias: "Bias update",
      choice: "Expert Choice",
      base: "BASE",
    },
    cureLabel: "Cure",
    stepUpdate: "Step",
    stepHint: "Route the batch, then update every bias once",
    runUpdates: "Run",
    stopUpdates: "Stop",
    resetUpdates: "From 0",
    updatesDone: (/** @type {number} */ updates, /** @type {number} */ violation) =>
      `${plural(updates, "update")}: MaxVio ${formatDecimal(violation, 2)}, mean of layers`,
    evenNow: (/** @type {number} */ updates) =>
      `As even as these tokens allow, after ${plural(updates, "update")}.`,
    bestNow: (/** @type {number} */ updates, /** @type {number} */ violation) =>
      `Most even after ${plural(updates, "update")}: MaxVio ${formatDecimal(violation, 2)}. Similar tokens move together, so further updates oscillate.`,
    trainedPair: "Two trained models:",
    trainedLinks: { live: "this prompt, live", training: "their training" },
  },

  // Measurements
  learned: {
    loading: "Loading the measurements …",
    nothing: "These models have no measurements yet; run python -m app measure.",
    unreachable: (/** @type {string} */ reason) => `The measurements could not be fetched: ${reason}`,
    caption: (/** @type {number} */ tokens) =>
      `Measured on ${tokens ? plural(tokens, "token") : "text"} of held-out text, with the weights that LIVE runs. Rules derive the sentences from the figures.`,
    sizesTitle: "More experts at the same ACTIVE_P: held-out loss, nats per token",
    sizesChart: (/** @type {readonly {experts: number, loss: number}[]} */ sizes) =>
      `Held-out loss by experts per layer: ${sizes.map(({ experts, loss }) => `${experts} experts ${loss.toFixed(3)}`).join(", ")}`,
    expertsAxis: "experts",
    oneSize: "Only one size is measured, so the effect of more experts is unknown.",
    oneRun:
      "± covers the held-out text alone. Each model is one training run; another seed may differ by more.",
    hollow: "The hollow point was trained without the balancing loss.",
    unfinished: (/** @type {readonly string[]} */ names) =>
      `Not in the line, because training is not finished: ${names.join(", ")}.`,
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
        : `From ${from} to ${to} experts the loss ${verdict} by ${Math.abs(change).toFixed(3)} ± ${se.toFixed(3)} nats per token${verdict === "rose" ? ": more experts did not help, they hurt" : ", with the same parameters per token"}.`,
    capacityStep: (/** @type {{from: number, to: number, verdict: string}} */ { from, to, verdict }) =>
      verdict === "same"
        ? `Between ${from} and ${to} experts there is no difference.`
        : `From ${from} to ${to} experts it ${verdict}.`,
    model: "Model",
    ksTitle: "A k that differs from training",
    loss: "loss",
    change: "change",
    trainedWith: "(trained)",
    otherK: (/** @type {{k: number, verdict: string}} */ { k, verdict }) =>
      `${plural(k, "expert")} per token: ${{ fell: "better than the k of its training", rose: "worse", same: "no difference that this text can show" }[verdict] ?? ""}.`,
    layersTitle: "Do languages go to different experts, and is the load even?",
    layerColumns: ["layer", "JS bits", "random router", "chance", "MaxVio", "entropy"],
    layersNote: (/** @type {number} */ most) =>
      `JS bits: how far the languages’ loads differ (Jensen-Shannon; 0 equal, ${most.toFixed(2)} disjoint), with a router of random weights on the same vectors, and with random experts, for comparison. MaxVio: busiest over mean, minus 1. Entropy of the load: 1 is even.`,
    spread: (/** @type {number} */ low, /** @type {number} */ high, /** @type {number} */ most) =>
      `Their loads differ by ${low.toFixed(2)} to ${high.toFixed(2)} bits of at most ${most.toFixed(2)}: 0 means the same experts for all, the maximum means separate experts for each.`,
    parted: (/** @type {readonly number[]} */ layers, /** @type {number} */ all) =>
      layers.length === 0
        ? "Experts did not specialise by language: no layer separates the languages clearly more than an untrained router does."
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
        collapsed: `The routing collapsed: in layer ${layer + 1} the busiest expert has ${(1 + violation).toFixed(1)}× the mean, where ${(1 + most).toFixed(0)}× would be all tokens.`,
      })[verdict] ?? "",
    strongestTitle: "One expert, one token",
    strongest: (
      /** @type {{layer: number, expert: number, text: string, times: number, of: number}} */ {
        layer,
        expert,
        text,
        times,
        of,
      },
    ) =>
      `Expert ${expert} of layer ${layer + 1} takes ${formatExactly(times)} of ${formatExactly(of)} ${text === "\n" ? "newlines" : `“${formatToken(text)}”`}. Nobody told it to.`,
    likesTitle: "Preferred tokens of each expert",
    expert: "expert",
    likesColumn: "token, times received of occurrences",
    liked: (/** @type {number} */ times, /** @type {number} */ of) =>
      `${formatExactly(times)}/${formatExactly(of)}`,
    likesNothing: "none clearly",
    likesNote: "Ordered by the ratio of received tokens to those that the load of the expert explains.",
    corpus: {
      option: (/** @type {string} */ name) => `${name} (corpus)`,
      caption: (
        /** @type {string} */ model,
        /** @type {number} */ tokens,
        /** @type {number} */ documents,
        /** @type {string} */ name,
      ) =>
        `Recorded: ${model} over ${plural(tokens, "token")} of ${plural(documents, "document")} (${name}). Rules derive the sentences from the figures.`,
      layersTitle: "Do domains go to different experts, and is the load even?",
      layerColumns: ["layer", "JS bits", "chance", "MaxVio", "entropy"],
      loadColumns: ["layer", "MaxVio", "entropy"],
      layersNote: (/** @type {number} */ most) =>
        `JS bits: how far the domains’ loads differ (Jensen-Shannon; 0 equal, ${most.toFixed(2)} disjoint), with random experts for comparison. MaxVio: busiest over mean, minus 1. Entropy of the load: 1 is even.`,
    },
  },

  // Inspector
  inspector: "Expert",
  towerTitle: (/** @type {number} */ layer, /** @type {number} */ expert) =>
    `Layer ${layer} · expert ${expert}`,
  hits: "Tokens so far",
  load: "Load of the layer",
  served: "Tokens of this expert, with their weights",
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
    frame: "A titled frame that loads when it is near the viewport.",
    element: "The same, controlled by your page: attributes, methods, events.",
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
  qrTooLong: "The link is too long for a QR code; use a shorter prompt.",
  qrLocal:
    "This address works on this machine alone. For a lecture hall, serve the page at an address that others can reach.",
  opensAt: "Opens",
  thisMoment: "At this moment",
  beginning: "From the start",
  copied: "Copied",
  copyFailed: "The browser refused to copy. The text is selected: press Ctrl + C.",
  save: "Save",
  savePng: "Picture (PNG)",
  pictureScale: "Picture size",
  background: "With background",
  pictureSize: (/** @type {number} */ width, /** @type {number} */ height) => `${width} × ${height} pixels`,
  pictureTooLarge: (/** @type {number} */ width, /** @type {number} */ height, /** @type {number} */ fits) =>
    `${width} × ${height} pixels are more than this browser and its graphics card can draw${fits ? `; choose ${fits}×` : "; make the window smaller"}`,
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
    spread: (
      /** @type {number} */ low,
      /** @type {number} */ high,
      /** @type {number} */ chance,
      /** @type {number} */ most,
    ) =>
      `The loads of the domains differ by ${low.toFixed(3)} to ${high.toFixed(3)} bits of at most ${most.toFixed(2)}; random experts give up to ${chance.toFixed(3)}.`,
    noDomains: "Fewer than two domains are named in this corpus, so they cannot be compared.",
    kindsTitle: "This text against the corpus",
    kindsHint: (/** @type {string} */ name, /** @type {number} */ tokens, /** @type {number} */ even) =>
      `Each token: the share of its occurrences among ${plural(tokens, "token")} of ${name} that go to the same experts, mean of layers. Random experts give ${formatShare(even)}.`,
    kindsCut: (/** @type {number} */ most) => `The first ${formatExactly(most)} tokens.`,
    kind: (/** @type {string} */ text, /** @type {number | null} */ share, /** @type {number} */ occurs) =>
      share === null
        ? `“${text}”: ${formatExactly(occurs)} times in the corpus, too few to tell`
        : `“${text}” goes where ${formatShare(share)} of its kind go (${formatExactly(occurs)} in the corpus)`,
    asking: "Comparing with the corpus …",
    kindsFailed: (/** @type {string} */ reason) => `Not compared: ${reason}`,
  },
  plateShape: (/** @type {number} */ layers, /** @type {number} */ experts, /** @type {number} */ k) =>
    `${plural(layers, "layer")} of ${experts} experts, ${k} per token`,
  plateMoment: (/** @type {string} */ token, /** @type {number} */ layer) => `“${token}”, layer ${layer}`,
  film: "Video",
  filmStart: "Record one pass",
  filmLength: (/** @type {string} */ length, /** @type {number} */ speed) =>
    `About ${length} from the first token to the last, at speed ${speed}×.`,
  filmStill: "In steps, because motion is reduced.",
  filming: (/** @type {number} */ share) => `Recording, ${formatShare(share)}`,
  filmCancel: "Cancel",
  filmProgress: "Recorded share of the pass",
  filmBroken: "the recording was interrupted",
  noRecorder: "this browser has no video recorder; Chrome, Edge, Firefox and Safari have one",
  data: "Data",
  saveCsv: "Table (CSV)",
  saveJson: "Table (JSON)",
  saveTrace: "Trace (safetensors)",
  saveTraces: ["Trace of the first", "Trace of the second"],
  bothStacks: "Picture, video and tables contain both stacks.",
  saveFailed: (/** @type {string} */ reason) => `Nothing was saved: ${reason}`,
  notReady: "the trace is not complete yet; wait until it is complete",
  noPicture: "a picture needs the 3D scene, which this browser does not show",
  embedTitle: (/** @type {string} */ title) => `Moescope: ${title}`,
  openFull: "Open in Moescope",

  // Tours, questions, glossary
  glossary,
  tours: "Tours",
  toursTitle: "Tours and questions",
  toursIntro: "Each step is an ordinary view: stop, turn it, change it, and continue.",
  stepCount: (/** @type {number} */ steps) => plural(steps, "step"),
  tourKicker: (/** @type {string} */ title) => `Tour: ${title}`,
  stepPlace: (/** @type {number} */ step, /** @type {number} */ steps) => `${step} of ${steps}`,
  nextStep: "Next",
  stepBack: "Back",
  finishTour: "Done",
  leaveTour: "Leave the tour",
  quiz: "Questions",
  quizSummary: "What did the scene show? The scene shows every answer.",
  questionCount: (/** @type {number} */ questions) => plural(questions, "question"),
  leaveQuiz: "Leave the questions",
  right: "Right.",
  wrong: (/** @type {string} */ right) => `Wrong. The answer is: ${right}.`,
  rightMark: "right",
  wrongMark: "chosen, wrong",
  score: (/** @type {number} */ right, /** @type {number} */ answered) => `${right} of ${answered} right`,
  scoreNote: "Stored in this browser alone.",
  quizAgain: "Start again",
  article: "Article: where a token goes",
  articleSummary: "What MoE replaces, how its router works, what it costs",
  references: "References",
  referencesSummary: "Who described the routers and the models",

  // Keys
  keys: "Menu",
  keysTitle: "Menu",
  keysHeading: "Keys",
  theme: "Theme",
  themes: { dark: "Dark", light: "Light", contrast: "Contrast" },
  palette: "Colours",
  palettes: { ember: "Ember", cobalt: "Cobalt", mono: "Mono" },
  attentionPlate: "attention",
  colour: "Colour says",
  colours: { group: "Who (groups)", heat: "How often (heat)" },
  showHeat: "Show heat",
  showGroups: "Show groups",
  colourHint:
    "Towers and trails in the colours of the groups that used them, or brighter the more they were used (O)",
  keyList: /** @type {readonly (readonly [string, string])[]} */ ([
    ["Space", "Play or pause"],
    ["→ ←", "Next token, previous token"],
    ["↑ ↓", "Next layer, previous layer"],
    ["R", "Restart"],
    ["V", "Next level: Story, Explore, Data"],
    ["Shift P", "Present: one key a beat"],
    ["M", "Next mode"],
    ["C", "Next camera"],
    ["O", "Colour by group or by heat"],
    ["[ ]  + −", "Turn, zoom"],
    ["1 to 4", "Top-k"],
    ["H L T F", "Heat map, load, table, findings"],
    ["B", "Compare two stacks"],
    ["S", "Share and save"],
    ["W", "Whole-model figures"],
    ["G", "Guided tours and questions"],
    ["N P", "Next step of a tour, previous step"],
    ["Z", "Fold a tall stack around one layer, or unfold it"],
    ["Page ↑ ↓", "If folded: layers further up or down"],
    ["D", "Next theme: dark, light, contrast"],
    ["Esc", "Close, or clear the selection"],
    ["?", "Menu, and this list"],
  ]),
  stillSwitch: "Reduced motion: steps instead of flights",

  // Scene
  scene: "The stack of layers, drawn in 3D",
  sceneDescribed: (/** @type {number} */ layers, /** @type {number} */ experts) =>
    `A stack of ${plural(layers, "ring")}, one per layer, of ${plural(experts, "tower")} each, one per expert. The heat map and the table show the same as text.`,
  noScene: {
    missing:
      "The 3D scene needs WebGL 2, which this browser does not offer. A still picture stands in its place; counters, heat map, load and table show the same routing.",
    failed:
      "The 3D scene could not start. A still picture stands in its place; counters, heat map, load and table show the same routing.",
    lost: "The graphics card lost the scene. It usually returns by itself; otherwise reload the page.",
    unreachable: (/** @type {string} */ host) =>
      `No trace reaches this page: ${host} answers neither over a WebSocket nor over HTTP. The still picture stands until it does.`,
  },
  /** In an embed, which may be small. */
  noSceneBrief: {
    missing: "The 3D scene needs WebGL 2. This is a still picture.",
    failed: "The 3D scene could not start. This is a still picture.",
    lost: "This browser moves only so many scenes at once. Press the picture to move it.",
    unreachable: (/** @type {string} */ host) => `No trace reaches this page from ${host}.`,
  },
  /** On a printed page. */
  printed: (/** @type {string} */ address, /** @type {string} */ date) => `${address} · printed ${date}`,
  starting: "Starting",

  // Trouble
  trouble: "This view could not be routed",
  troubleBefore: "The picture is that of another text, so the counters are empty.",
  problem: (/** @type {string} */ message) => message,
  partOf: (/** @type {string} */ notice) => notice,
  retry: "Try again",
  backToDefault: "Show the default view",
  towerBeyond: (/** @type {number} */ layers, /** @type {number} */ experts) =>
    `tower: expected a layer from 1 to ${layers} and an expert from 0 to ${experts - 1}, got another; showing none`,
  beyondTrace: (/** @type {string} */ name, /** @type {number} */ last, /** @type {number} */ got) =>
    `${name}: expected 1 to ${last}, got ${got}; showing ${last}`,

  // Announcements for screen readers
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
