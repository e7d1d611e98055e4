/**
 * Text on published models, uploaded configs, and expert parallelism, in English.
 *
 * @import {Known, Notes} from "../api/model_catalogue.js"
 */

import { formatBytes, formatDecimal, formatExactly, formatShare, listed } from "./format.js";

/** @param {number} count @param {string} one @param {string} [many] */
function plural(count, one, many = `${one}s`) {
  return `${formatExactly(count)} ${count === 1 ? one : many}`;
}

export const shapesEn = {
  models: {
    caption: "Choose one: its rings are drawn, and its own router routes authored logits on them.",
    search: "Name, year or router",
    searchIn: (/** @type {number} */ count) => `${count} models: name, year, router`,
    order: "Order",
    orders: {
      total: "By total",
      active: "By active",
      ratio: "Sparsest first",
      experts: "By experts",
      year: "Newest first",
      name: "By name",
    },
    loading: "Asking for the models …",
    unreachable: (/** @type {string} */ reason) => `It could not be fetched: ${reason}`,
    found: (/** @type {number} */ found, /** @type {number} */ all) =>
      found === all ? plural(all, "model") : `${found} of ${plural(all, "model")}`,
    built: (
      /** @type {number} */ layers,
      /** @type {number} */ experts,
      /** @type {number} */ k,
      /** @type {number} */ shared,
    ) => `${layers} × ${formatExactly(experts)}, ${k} chosen${shared ? `, ${shared} shared` : ""}`,
    totalWord: "in all",
    activeWord: "a token",
    all: "← All models",
    small: "Back to the small shape",
    sheet: "The chosen model",
    open: "Open a config.json",
    openHint:
      "The config.json of any mixture-of-experts model on Hugging Face: its parameters are counted, its stack is drawn",
    drop: "or drop one anywhere",
    dropHere: "Drop a capture or trace: its routing is shown. A config.json: its parameters are counted",
    tooLarge: (/** @type {string} */ name, /** @type {number} */ size, /** @type {number} */ most) =>
      `${name}: expected a config.json of at most ${formatBytes(most)}, got ${formatBytes(size)}; choose the file named config.json`,
    took: (/** @type {string} */ config, /** @type {readonly string[]} */ others) =>
      `Read: ${config}. Not read: ${listed(others, (more) => `and ${more} more`)}.`,
    counting: "Counting …",
    ownConfig: "Your config.json",
    ownNote: (/** @type {string} */ architecture) =>
      `Counted from a config.json of the architecture ${architecture}.`,
    ownLink: (/** @type {string} */ key) =>
      `A shape in the link, ${key.split("-")[0]}: the address contains its sizes.`,
    builtLong: (
      /** @type {number} */ layers,
      /** @type {number} */ experts,
      /** @type {number} */ k,
      /** @type {number} */ shared,
      /** @type {number} */ dense,
      /** @type {number} */ below,
    ) =>
      `${plural(layers, "ring")} of ${plural(experts, "expert")}, ${k} chosen${shared ? `, ${shared} shared` : ""}.` +
      (dense
        ? ` ${plural(dense, "layer")} without experts${dense === below ? (dense > 1 ? ", below them" : ", below") : ", between them"}.`
        : ""),
    router: "Router",
    figure: "parameters",
    allOfIt: "all",
    published: "published",
    counted: "same count",
    deviation: "deviation",
    figuresCaption: "Parameters of the whole model, as computed and as published",
    total: "Total",
    active: "Active",
    off: (/** @type {number} */ share) => `${share < 0 ? "−" : "+"}${formatShare(Math.abs(share))}`,
    conventions: /** @type {Record<string, string>} */ ({
      all: "every parameter",
      no_in: "without the input embedding",
      no_emb: "without embedding and head",
      "all+vision": "with the vision tower",
      "mtp-no_emb": "with multi-token prediction, without embedding and head",
      experts: "routed experts alone",
    }),
    ratio: (/** @type {string} */ share, /** @type {string} */ times) =>
      `One token uses ${share} of the parameters: ${times} times as many are stored as are used.`,
    memory: "memory",
    weights: "weights in",
    bits: (/** @type {number} */ bits) => `${bits} bits`,
    deviceMemory: "Memory of one device",
    deviceOf: (/** @type {number} */ gigabytes) => `of ${gigabytes} GB`,
    devices: (/** @type {number} */ count) => plural(count, "device"),
    source: "Source of the published figures",
    configSource: "Source of the config",
    uncounted: "Not counted",
    uncountedNames: /** @type {Record<string, string>} */ ({
      corr_bias: "selection bias, a buffer:",
      mtp: "multi-token prediction:",
      mtp_active: "of which one token uses",
      vision: "vision tower:",
    }),
    assumed: "Not in the file; default of its class",
    notes: notesOf,
    reason: (/** @type {string} */ figure, /** @type {string} */ reason) => `${figure}: ${reason}`,
    routerNote: (/** @type {string} */ note) => note,
    authored:
      "Weights alone, without caches and activations. The routing on this shape is authored, not measured on this model.",
    shapeOf: "Shape",
    leaveShape: "Back to the small shape",
  },
  devices: {
    caption:
      "Expert parallelism: the experts of a layer are on several devices, neighbours together. The vector of a token is sent once to each device that has one of its chosen experts, and returned.",
    label: "Devices",
    none: "None",
    choose: "Choose the number of devices that share the experts.",
    sent: (/** @type {number} */ device, /** @type {number} */ tokens, /** @type {number} */ of) =>
      `Device ${device}: ${formatExactly(tokens)} of ${plural(of, "token")} sent to it in this layer`,
    sentAll: (/** @type {number} */ device, /** @type {number} */ copies) =>
      `Device ${device}: ${plural(copies, "vector")} sent to it over all layers`,
    sentTitle: "Vectors sent to each device per step",
    barsLabel: "Vectors sent to each device",
    reach: "Devices per token",
    most: "at most",
    busiest: "Busiest over mean",
    bytes: "All-to-all, all layers per step",
    formula: (/** @type {number} */ copies, /** @type {number} */ width) =>
      `${formatExactly(copies)} vectors × ${formatExactly(width)} numbers × (2 + 2) bytes`,
    assumptions:
      "All tokens of the prompt in one step; 16 bits per number, in both directions; a copy counts even if its token is already on that device; shared experts are on every device.",
    compareTitle: "Why routers limit the devices per token",
    compareCaption: "The same logits with other routers on these devices",
    compareNote:
      "Fewer devices per token mean fewer bytes. The last column is the cost: the share of the probability of plain top-k that is still chosen.",
    compareLocal:
      "In authored prompts, neighbouring experts are chosen together, so a token reaches few devices even without a limit. In a trained model, the number of an expert has no meaning.",
    columns: ["router", "devices per token", "bytes per step", "probability kept"],
    here: "here",
    limited: (/** @type {number} */ limit) => `limited to ${plural(limit, "device")}`,
    reachOf: (/** @type {number} */ mean, /** @type {number} */ most) =>
      `${formatDecimal(mean, 2)} (at most ${most})`,
    kept: (/** @type {number} */ share) => formatShare(share),
    loading: "Loading the traffic of other routers …",
    unreachable: (/** @type {string} */ reason) =>
      `The traffic of other routers could not be fetched: ${reason}`,
    undivided: (/** @type {number} */ devices, /** @type {number} */ experts) =>
      `${devices} devices do not divide ${experts} experts into groups of two or more, so no limited router can be compared.`,
    allLayers: "All layers",
  },
};

/** Returns the notes on a model in English, as written. @param {Known} known @returns {Notes} */
export function notesOf({ source, config_source, note, compared }) {
  return {
    source,
    config_source,
    note,
    reasons: Object.fromEntries(Object.entries(compared ?? {}).map(([which, { reason }]) => [which, reason])),
  };
}
