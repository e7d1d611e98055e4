/**
 * The keys of the address bar, in the order in which they are read: each may depend on those before it.
 *
 * @import {Property} from "./key_types.js"
 * @import {Boot, Request, View} from "../types.js"
 */

import { LANGUAGES } from "../words/language.js";
import { words } from "../words/words.js";
import { choice, integer } from "./key_types.js";
import { formatFold, parseFold } from "./layers.js";
import { tourOf } from "./lessons.js";
import { findShape, shapeOf } from "./model_shapes.js";
import { PALETTE_NAMES, THEMES } from "./palettes.js";
import { ROUTER, SETTING_KEYS } from "./router_keys.js";
import { checkpointOf, rangeOfK, reads, usualK } from "./routers.js";

/** How far a trace may reach; whether this one does is known only when it is there (see `withinTrace`). */
const SOME_TOKEN = /** @type {const} */ ([1, 100_000]);
const SOME_LAYER = /** @type {const} */ ([1, 1000]);
const SPEEDS = /** @type {const} */ ([0.1, 10]);
/** Tokens that a model may write, as app/keys.py has it. */
export const MOST_WRITTEN = 256;
const HOTTEST = 2;
/** As app/parallel.py has it. */
const MOST_DEVICES = 512;

/** @type {Property} */
const scenario = {
  name: "scenario",
  fallback: ({ boot }) =>
    (boot.scenarios.find(({ name }) => name === "english") ?? boot.scenarios[0])?.name ?? "english",
  parse: (text, { boot }) => (boot.scenarios.some(({ name }) => name === text) ? text : undefined),
  format: String,
  expected: ({ boot }) => words.oneOf(boot.scenarios.map(({ name }) => name)),
};

/** @type {Property} */
const prompt = {
  name: "prompt",
  fallback: () => "",
  parse: (text, { boot }) => (text.length <= boot.limits.prompt_chars ? text : undefined),
  format: String,
  expected: ({ boot }) => words.charactersAtMost(boot.limits.prompt_chars),
  applies: ({ view }) => view.source === "live", // an authored view has its scenario's text
};

/** @type {Property} */
const model = {
  name: "model",
  fallback: () => "",
  parse: (text, { boot }) =>
    text === "" || boot.models.some(({ name }) => name === text) ? text : undefined,
  format: String,
  expected: ({ boot }) => words.oneOf(boot.models.map(({ name }) => name)),
  applies: ({ view }) => view.source !== "authored",
};

/** @type {Property} */
const shape = {
  name: "shape",
  fallback: () => "",
  parse: (text, { boot }) => (text === "" || findShape(boot, text) ? text : undefined),
  format: String,
  expected: ({ boot }) => words.oneOf((boot.shapes ?? []).map(({ key }) => key)),
  applies: ({ view }) => view.source === "authored",
};

/** @type {Property} */
const speed = {
  name: "speed",
  fallback: () => 1,
  parse(text) {
    const value = /^\d{1,2}(\.\d{1,3})?$/.test(text) ? Number(text) : NaN;
    return value >= SPEEDS[0] && value <= SPEEDS[1] ? value : undefined;
  },
  format: String,
  expected: () => words.range(...SPEEDS),
};

/** @type {Property} */
const temperature = {
  name: "temperature",
  fallback: () => 0.8,
  parse(text) {
    const value = /^\d(\.\d{1,3})?$/.test(text) ? Number(text) : NaN;
    return value <= HOTTEST ? value : undefined;
  },
  format: String,
  expected: () => words.range(0, HOTTEST),
  applies: ({ view }) => view.source === "live",
};

/** @type {Property} */
const step = {
  name: "step",
  fallback: () => null,
  parse: (text, { boot, view }) => stepsOf(boot, view).find((each) => String(each) === text),
  format: String,
  expected: ({ boot, view }) => words.oneOf(stepsOf(boot, view).map(String)),
  applies: ({ view }) => view.source === "recorded",
};

/** The moments of training that were recorded of a view's model. @param {Boot} boot @param {View} view */
export function stepsOf(boot, view) {
  return boot.models.find(({ name }) => name === checkpointOf(view))?.steps ?? [];
}

/** @type {Property} */
const trace = {
  name: "trace",
  fallback: () => "",
  parse: String,
  format: String,
  expected: () => "",
  applies: ({ view }) => view.source === "trace",
};

/** @type {Property} */
const tower = {
  name: "tower",
  fallback: () => null,
  parse(text, { view }) {
    const [, layer, expert] = (/^(\d{1,4})\.(\d{1,4})$/.exec(text) ?? []).map(Number);
    return layer >= 1 && expert < view.experts ? { layer: layer - 1, expert } : undefined;
  },
  format: ({ layer, expert }) => `${layer + 1}.${expert}`,
  expected: ({ view }) => words.towerKey(view.experts),
};

/** @type {Property} */
const fold = {
  name: "fold",
  fallback: () => null,
  parse: parseFold,
  format: formatFold,
  expected: () => words.foldKey,
};

/** @type {Property} */
const whole = {
  name: "whole",
  fallback: () => false,
  parse: (text) => ({ 0: false, 1: true })[text],
  format: (value) => (value ? "1" : "0"),
  expected: () => words.oneOf(["0", "1"]),
};

/** @type {Property} */
const tour = {
  name: "tour",
  fallback: () => "",
  parse: (text, { boot }) => (text === "" || tourOf(boot, { tour: text }) ? text : undefined),
  format: String,
  expected: ({ boot }) => words.oneOf((boot.tours ?? []).map(({ name }) => name)),
};

/** A shape has its own number of experts and no other. @param {Boot} boot @param {View} view @returns {[number, number] | null} */
function ownExperts(boot, view) {
  const own = shapeOf(boot, view);
  return own && [own.experts, own.experts];
}

/** @type {readonly Property[]} */
export const PROPERTIES = [
  choice("source", ["authored", "live", "recorded", "trace"]),
  scenario,
  prompt,
  model,
  shape,
  {
    ...integer("experts", 8, ({ boot, view }) => ownExperts(boot, view) ?? boot.limits.experts),
    fallback: ({ boot, view }) => shapeOf(boot, view)?.experts ?? 8,
  },
  ...ROUTER,
  {
    ...integer("k", null, ({ boot, view }) => rangeOfK(boot, view)),
    fallback: ({ boot, view }) => usualK(boot, view),
  },
  ...SETTING_KEYS,
  { ...integer("continue", 0, () => [0, MOST_WRITTEN]), applies: ({ view }) => view.source === "live" },
  temperature,
  {
    ...integer("seed", 0, () => [0, 999_999]),
    applies: ({ boot, view }) => view.source === "live" || reads(boot, view, "seed"),
  },
  step,
  trace,
  choice("mode", ["sequence", "single", "all"]),
  choice("camera", ["orbit", "front", "top"]),
  integer("token", null, () => SOME_TOKEN, 1),
  integer("layer", null, () => SOME_LAYER, 1),
  integer("floor", null, () => SOME_LAYER, 1),
  fold,
  speed,
  integer("path", null, () => SOME_TOKEN, 1),
  tower,
  integer("devices", 0, ({ view }) => [0, Math.min(MOST_DEVICES, view.experts)]),
  choice("panel", ["none", "heatmap", "load", "table", "learned", "models", "devices"]),
  whole,
  choice("theme", THEMES),
  choice("palette", PALETTE_NAMES),
  choice("lang", LANGUAGES),
  tour,
  {
    ...integer("at", 0, ({ boot, view }) => [1, tourOf(boot, view)?.steps.length ?? 1], 1),
    applies: ({ view }) => view.tour !== "",
  },
  integer("quiz", null, ({ boot }) => [1, boot.questions?.length ?? 0], 1),
];

/** Those that say what is asked of the server; a change of one is a new page of the browser's history. */
export const REQUEST_KEYS = /** @type {const} */ ([
  "source",
  "scenario",
  "prompt",
  "model",
  "shape",
  "experts",
  "k",
  "continue",
  "temperature",
  "seed",
  "step",
  "trace",
  "router",
  "capacity",
  "groups",
  "topk_groups",
  "scale",
  "noise",
  "updates",
  "rate",
  "skew",
]);

/** Those that each source reads. */
const READ = /** @type {const} */ ({
  authored: ["source", "scenario", "experts", "k"],
  live: ["source", "scenario", "prompt", "model", "experts", "k"],
  recorded: ["source", "model", "experts", "step"],
  trace: ["source", "trace"],
});
/** Those that say how a router decides; the server passes over those that the router does not read. */
const ROUTED = /** @type {const} */ ([
  "router",
  "capacity",
  "groups",
  "topk_groups",
  "scale",
  "noise",
  "updates",
  "rate",
]);

/** @param {string} key */
export function isRequestKey(key) {
  return REQUEST_KEYS.some((each) => each === key);
}

/** Whether an exported page has but one value of a key: it holds one routing, in one language. @param {string} key */
export function isFixed(key) {
  return isRequestKey(key) || key === "lang";
}

/** What the server is asked: the keys that decide what it answers. @param {View} view @returns {Partial<Request>} */
export function requestOf(view) {
  const { source, continue: more, router, skew, seed } = view;
  const routed =
    source === "recorded" || source === "trace" ? [] : ROUTED.filter((key) => view[key]?.toString());
  /** @type {readonly (keyof Request | false | "" | 0 | undefined)[]} */
  const read = [
    ...READ[source],
    ...routed,
    source === "authored" && view.shape && "shape",
    source === "authored" && skew && "skew",
    source === "live" && more && "continue",
    source === "live" && more && "temperature",
    ((source === "live" && more) || (routed.length && router && seed)) && "seed",
  ];
  return Object.fromEntries(read.flatMap((key) => (key && view[key] !== null ? [[key, view[key]]] : [])));
}

/** @param {View} a @param {View} b */
export function asksTheSame(a, b) {
  const [one, other] = [requestOf(a), requestOf(b)];
  return REQUEST_KEYS.every((key) => one[key] === other[key]);
}

/** The query string that asks the server for a view, in the API's words. @param {Partial<Request>} request  of `requestOf` @returns {URLSearchParams} */
export function requestQuery(request) {
  return new URLSearchParams(Object.entries(request).map(([key, value]) => [key, String(value)]));
}
