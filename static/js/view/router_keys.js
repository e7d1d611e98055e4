/**
 * The router and its settings as keys of the address. Null is the router's own value, which is left out.
 *
 * @import {Property} from "./key_types.js"
 * @import {Setting} from "./routers.js"
 */

import { words } from "../words/words.js";
import { fewestGroups, groupsFitting, reads, usualSetting } from "./routers.js";

/** @typedef {import("./key_types.js").Context} Context */

/** @type {Property} */
const router = {
  name: "router",
  fallback: () => "",
  parse: (text, { boot }) =>
    text === "" || (boot.routers?.some(({ name }) => name === text) ?? /^\w{1,40}$/.test(text))
      ? text
      : undefined,
  format: String,
  expected: ({ boot }) => words.oneOf(boot.routers?.map(({ name }) => name) ?? []),
  applies: ({ view }) => view.source !== "recorded",
};

/** The limits of a number that the server tells; an exported page, which asks for nothing, may know none. @param {Context} context @param {string} name */
function limitsOf({ boot }, name) {
  return boot.limits.settings?.[name] ?? /** @type {const} */ ([0, 1e6]);
}

/**
 * @param {Setting | "skew"} name
 * @param {boolean} whole
 * @param {(context: Context) => readonly [number, number]} [range]
 * @returns {Property}
 */
function number(name, whole, range = (context) => limitsOf(context, name)) {
  const spelt = whole ? /^\d{1,6}$/ : /^\d{1,6}(\.\d{1,6})?$/;
  return {
    name,
    fallback: () => null,
    parse(text, context) {
      const [low, high] = range(context);
      const value = spelt.test(text) ? Number(text) : NaN;
      return value >= low && value <= high ? value : undefined;
    },
    format: String,
    expected: (context) => words.range(...range(context)),
    applies: ({ boot, view }) => view.source !== "recorded" && name !== "skew" && reads(boot, view, name),
  };
}

/** @type {Property} */
const groups = {
  ...number("groups", true),
  parse: (text, { view }) => groupsFitting(view.experts).find((count) => String(count) === text),
  expected: ({ view }) => words.oneOf(groupsFitting(view.experts).map(String)),
};

/** @param {Context} context @returns {[number, number]} */
function topkGroupsRange({ boot, view }) {
  const all = usualSetting(boot, view, "groups");
  return [Math.max(1, fewestGroups(view.experts, all, view.k)), all];
}

/** @type {readonly Property[]} in this order: k follows from the router, and the settings from both */
export const ROUTER = [router];
/** @type {readonly Property[]} */
export const SETTING_KEYS = [
  number("capacity", false),
  groups,
  number("topk_groups", true, topkGroupsRange),
  number("scale", false),
  number("noise", false),
  number("updates", true),
  number("rate", false),
  { ...number("skew", false), fallback: () => 0, applies: ({ view }) => view.source === "authored" },
];
