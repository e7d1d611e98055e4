/**
 * The address bar holds the whole view. One list says which keys there are; each is read and written alone, so that a
 * wrong value falls back by itself and the page can say so.
 *
 * @import {Boot, Notice, Request, View} from "./types.js"
 */

import { words } from "./words.js";

/** Of the format of these keys. Raise it when a key changes its meaning, and read the old one still. */
export const VERSION = 1;

/** @typedef {{boot: Boot, view: View}} Context   `view` holds the keys that stand before this one in the list */

/**
 * @typedef {object} Property
 * @property {keyof View} name
 * @property {(context: Context) => any} fallback
 * @property {(text: string, context: Context) => any} parse        undefined where the text is not a value
 * @property {(value: any) => string} format
 * @property {(context: Context) => string} expected                what would have been right, in words
 * @property {(context: Context) => boolean} [applies]              false: not written now
 */

/**
 * @param {keyof View} name
 * @param {readonly string[]} values  the first is the default
 * @param {string} [first]
 * @returns {Property}
 */
function choice(name, values, first = values[0]) {
  return {
    name,
    fallback: () => first,
    parse: (text) => (values.includes(text) ? text : undefined),
    format: String,
    expected: () => words.oneOf(values),
  };
}

/**
 * @param {keyof View} name
 * @param {any} fallback
 * @param {(context: Context) => readonly [number, number]} range
 * @param {number} [origin]  what a person counts from: 1 for tokens and layers, which start at 0 inside
 * @returns {Property}
 */
function integer(name, fallback, range, origin = 0) {
  return {
    name,
    fallback: () => fallback,
    parse(text, context) {
      const [low, high] = range(context);
      const value = /^\d{1,6}$/.test(text) ? Number(text) : NaN;
      return value >= low && value <= high ? value - origin : undefined;
    },
    format: (value) => String(value + origin),
    expected: (context) => words.range(...range(context)),
  };
}

/** How far a trace may reach; whether this one does is known only when it is there (see `withinTrace`). */
const SOME_TOKEN = /** @type {const} */ ([1, 100_000]);
const SOME_LAYER = /** @type {const} */ ([1, 1000]);
const SPEEDS = /** @type {const} */ ([0.1, 10]);
/** Tokens that a model may write, as app/keys.py has it. */
export const MOST_WRITTEN = 256;
const HOTTEST = 2;

/** @type {Property} */
const scenario = {
  name: "scenario",
  fallback: ({ boot }) => (boot.scenarios.find(({ name }) => name === "english") ?? boot.scenarios[0])?.name ?? "english",
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
  parse: (text, { boot }) => (text === "" || boot.models.some(({ name }) => name === text) ? text : undefined),
  format: String,
  expected: ({ boot }) => words.oneOf(boot.models.map(({ name }) => name)),
  applies: ({ view }) => view.source !== "authored",
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

/** The name of the checkpoint that a live or recorded view means. @param {Pick<View, "model" | "experts">} view */
export function checkpointOf({ model, experts }) {
  return model || `trio-${experts}`;
}

/** The moments of training that were recorded of a view's model. @param {Boot} boot @param {View} view */
export function stepsOf(boot, view) {
  return boot.models.find(({ name }) => name === checkpointOf(view))?.steps ?? [];
}

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
const whole = {
  name: "whole",
  fallback: () => false,
  parse: (text) => ({ 0: false, 1: true })[text],
  format: (value) => (value ? "1" : "0"),
  expected: () => words.oneOf(["0", "1"]),
};

/** @type {readonly Property[]} */
export const PROPERTIES = [
  choice("source", ["authored", "live", "recorded"]),
  scenario,
  prompt,
  model,
  integer("experts", 8, ({ boot }) => boot.limits.experts),
  integer("k", 2, ({ view }) => [1, view.experts]),
  { ...integer("continue", 0, () => [0, MOST_WRITTEN]), applies: ({ view }) => view.source === "live" },
  temperature,
  { ...integer("seed", 0, () => [0, 999_999]), applies: ({ view }) => view.source === "live" },
  step,
  choice("mode", ["sequence", "single", "all"]),
  choice("camera", ["orbit", "front", "top"]),
  integer("token", null, () => SOME_TOKEN, 1),
  integer("layer", null, () => SOME_LAYER, 1),
  integer("floor", null, () => SOME_LAYER, 1),
  speed,
  integer("path", null, () => SOME_TOKEN, 1),
  tower,
  choice("panel", ["none", "heatmap", "load", "table", "learned"]),
  whole,
];

/** Those that say what is asked of the server; a change of one is a new page of the browser's history. */
export const REQUEST_KEYS = /** @type {const} */ ([
  "source", "scenario", "prompt", "model", "experts", "k", "continue", "temperature", "seed", "step",
]);

/** Those that each source reads; of a prompt that is not written on, the last three of live decide nothing. */
const READ = /** @type {const} */ ({
  authored: ["source", "scenario", "experts", "k"],
  live: ["source", "scenario", "prompt", "model", "experts", "k", "continue", "temperature", "seed"],
  recorded: ["source", "model", "experts", "step"],
});

/** Before the request keys of the second stack. */
export const OTHER = "b.";

/**
 * The keys of a second stack, each checked as if it stood in the view of the first.
 * @param {URLSearchParams} found
 * @param {Context} context
 * @param {Notice[]} notices
 * @returns {Partial<Request> | null}
 */
function parseOther(found, { boot, view }, notices) {
  const context = { boot, view: { ...view } };
  /** @type {Record<string, unknown>} */
  const b = {};
  for (const property of PROPERTIES.filter(({ name }) => isRequestKey(name))) {
    const text = found.get(OTHER + property.name);
    if (text === null) continue;
    const value = property.parse(text, context);
    if (value === undefined) {
      notices.push({ field: OTHER + property.name, message: words.otherFellBack(OTHER + property.name, property.expected(context), shortened(text)) });
    } else Object.assign(context.view, { [property.name]: (b[property.name] = value) });
  }
  return Object.keys(b).length ? b : null;
}

/** @param {string} key */
export function isRequestKey(key) {
  return REQUEST_KEYS.some((each) => each === key);
}

/**
 * The query string that a page opens with. An exported page holds one routing: an address may say how to look at it, not
 * what it is.
 * @param {Boot} boot
 * @param {string} search  of the address
 */
export function searchOf({ exported }, search) {
  if (!exported) return search;
  const query = new URLSearchParams(exported.query);
  for (const [key, value] of new URLSearchParams(search)) if (!isRequestKey(key) && !key.startsWith(OTHER)) query.set(key, value);
  return `?${query}`;
}

/** What the server is asked: the keys that decide what it answers. @param {View} view @returns {Partial<Request>} */
export function requestOf(view) {
  const read = view.continue ? READ[view.source] : READ[view.source].slice(0, 6);
  return Object.fromEntries(read.filter((key) => view[key] !== null).map((key) => [key, view[key]]));
}

/**
 * The view that a query string asks for, and a sentence for each value that fell back. Unknown keys are passed over.
 *
 * @param {string} search  with or without "?"
 * @param {Boot} boot
 * @returns {{view: View, notices: Notice[]}}
 */
export function parseView(search, boot) {
  const found = new URLSearchParams(search);
  const view = /** @type {View} */ ({});
  const context = { boot, view };
  /** @type {Notice[]} */
  const notices = [];
  for (const property of PROPERTIES) {
    const text = found.get(property.name);
    const value = text === null ? undefined : property.parse(text, context);
    Object.assign(view, { [property.name]: value === undefined ? property.fallback(context) : value });
    if (text !== null && value === undefined) notices.push(fellBack(property, text, context));
  }
  view.b = boot.exported ? null : parseOther(found, context, notices);
  const version = found.get("v");
  if (version !== null && version !== String(VERSION)) notices.push(otherVersion(version));
  return { view, notices };
}

/**
 * @param {Property} property
 * @param {string} text
 * @param {Context} context
 * @returns {Notice}
 */
function fellBack(property, text, context) {
  const shown = property.fallback(context);
  const showing = shown === null || shown === "" ? words.nothing : property.format(shown);
  const message = words.fellBack(property.name, property.expected(context), shortened(text), showing);
  return { field: property.name, message };
}

/** @param {string} version @returns {Notice} */
function otherVersion(version) {
  return { field: "v", message: words.fellBack("v", String(VERSION), shortened(version), String(VERSION)) };
}

/** @param {string} text */
function shortened(text) {
  return text.length > 40 ? `${text.slice(0, 39)}…` : text;
}

/**
 * The query string of a view, defaults left out: "" or "?scenario=code&experts=64&v=1".
 *
 * @param {View} view
 * @param {Boot} boot
 */
export function formatView(view, boot) {
  const context = { boot, view };
  const written = new URLSearchParams();
  for (const { name, fallback, format, applies } of PROPERTIES) {
    const value = view[name];
    if (value === fallback(context) || value === null || applies?.(context) === false) continue;
    written.set(name, format(value));
  }
  for (const { name, format } of PROPERTIES) {
    const value = view.b?.[/** @type {keyof Request} */ (name)];
    if (value !== undefined && value !== null) written.set(OTHER + name, format(value));
  }
  if (!written.size) return "";
  written.set("v", String(VERSION));
  return `?${written}`;
}
