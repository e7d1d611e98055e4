/**
 * A change of the view by a host page: any keys of the URL, each validated on its own. Pure.
 *
 * @import {Boot} from "../boot_types.js"
 * @import {View} from "../types.js"
 */

import { expectedOf, formatKey, isFixed, isRequestKey, keyNamed, OTHER, readKey } from "../view/keys.js";
import { unknownLessons } from "../view/lessons.js";
import { withKeys } from "../view/request.js";

/** @typedef {Record<string, string | number | boolean | null>} Keys   as in the URL: tokens and layers from 1 */

const EXPORTED = "expected no change, as an exported page holds one routing in one language; left as it is";

/**
 * Returns the view with these keys changed, and the change itself. Null resets a key to its default. An invalid value
 * leaves its key unchanged and adds a problem. The key of the version is ignored. The server applies the rules of several
 * request keys.
 *
 * @param {View} view
 * @param {Keys} keys
 * @param {Boot} boot
 * @returns {{view: View, patch: Partial<View>, problems: string[]}}
 */
export function patchView(view, keys, boot) {
  /** @type {Record<string, any>} */
  const patch = {};
  /** @type {Record<string, any>} */
  const own = { ...view.b };
  const problems = [];
  for (const [name, asked] of Object.entries(keys)) {
    if (name === "v" || asked === undefined) continue;
    const read = readChange(name, asked, boot);
    if ("problem" in read) problems.push(`${name}: ${read.problem}`);
    else if (!name.startsWith(OTHER)) patch[name] = read.value;
    else if (read.value === null) delete own[name.slice(OTHER.length)];
    else own[name.slice(OTHER.length)] = read.value;
  }
  if (Object.keys(keys).some((name) => name.startsWith(OTHER)) && !boot.exported)
    patch.b = Object.keys(own).length ? own : null;
  const { view: next } = withKeys(boot, view, patch);
  for (const { name, expected, found } of unknownLessons(boot, next)) {
    problems.push(`${name}: expected ${expected}, got ${found}; left as it is`);
    delete patch[name];
    Object.assign(next, { [name]: view[name] });
  }
  return { view: next, patch, problems };
}

/**
 * Returns the new value of one key; null for its default.
 * @param {string} name
 * @param {string | number | boolean | null} asked
 * @param {Boot} boot
 * @returns {{value: any} | {problem: string}}
 */
function readChange(name, asked, boot) {
  const other = name.startsWith(OTHER);
  const key = keyNamed(boot, other ? name.slice(OTHER.length) : name);
  if (!key || (other && !isRequestKey(boot, key.name)))
    return { problem: "expected a key of the URL, got this; left out" };
  if (boot.exported && isFixed(boot, key.name)) return { problem: EXPORTED };
  const text = textOf(asked);
  if (text === null) return { value: key.belongs === "request" ? null : key.default };
  const value = readKey(key, text);
  return value === null ? { problem: `expected ${expectedOf(key)}, got ${text}; left as it is` } : { value };
}

/** Returns the value as in the URL. @param {string | number | boolean | null} value */
function textOf(value) {
  return value === null ? null : String(typeof value === "boolean" ? Number(value) : value);
}

/**
 * Returns all keys of a view with their values as in the URL, numbers as numbers; null if a key is not set.
 * @param {View} view
 * @param {Boot} boot
 * @returns {Keys}
 */
export function keysOf(view, boot) {
  const own = boot.keys.map((key) => {
    const value = view[key.name];
    const text = value === null || value === undefined ? null : formatKey(key, value);
    return [key.name, typeof value === "number" ? Number(text) : typeof value === "boolean" ? value : text];
  });
  const asked = Object.entries(view.b ?? {}).filter(([name]) => isRequestKey(boot, name));
  const other = asked.map(([name, value]) => [OTHER + name, value]);
  return Object.fromEntries([...own, ...other]);
}
