/**
 * A change of the view as a host page asks for it: any keys of the URL, each checked alone. Pure.
 *
 * @import {Boot, View} from "../types.js"
 */

import { isFixed, isRequestKey, PROPERTIES } from "../view/keys.js";
import { withItsShape } from "../view/model_shapes.js";
import { fitted } from "../view/routers.js";
import { formatView, keptOther, OTHER, parseView } from "../view/url.js";

/** @typedef {Record<string, string | number | boolean | null>} Keys   as in the URL: tokens and layers from 1 */

/**
 * The view with these keys changed; null takes a key back to its default. A value that is none leaves its key as it is,
 * and there is a sentence on it. The key of the version is passed over.
 *
 * @param {View} view
 * @param {Keys} keys
 * @param {Boot} boot
 * @returns {{view: View, problems: string[]}}
 */
export function patchView(view, keys, boot) {
  const next = { ...view };
  const context = { boot, view: next };
  const known = new Set(["v", ...PROPERTIES.map(({ name }) => name)]);
  const other = Object.keys(keys).filter(
    (key) => key.startsWith(OTHER) && isRequestKey(key.slice(OTHER.length)),
  );
  const problems = Object.keys(keys)
    .filter((key) => !known.has(key) && !other.includes(key))
    .map((key) => `${key}: expected a key of the URL, got this; left out`);
  for (const property of PROPERTIES) {
    const asked = Object.hasOwn(keys, property.name) ? keys[property.name] : undefined;
    if (asked === undefined) continue;
    if (boot.exported && isFixed(property.name)) {
      problems.push(
        `${property.name}: expected no change, as an exported page holds one routing in one language; left as it is`,
      );
      continue;
    }
    const text = textOf(asked);
    const value = text === null ? property.fallback(context) : property.parse(text, context);
    if (value !== undefined) Object.assign(next, withItsShape(boot, next, { [property.name]: value }));
    else
      problems.push(`${property.name}: expected ${property.expected(context)}, got ${text}; left as it is`);
  }
  Object.assign(next, fitted(boot, next, view));
  next.b = keptOther(next, view, boot);
  if (!other.length) return { view: next, problems };
  const { b, wrong } = patchOther(next, Object.fromEntries(other.map((key) => [key, keys[key]])), boot);
  return { view: { ...next, b }, problems: [...problems, ...wrong] };
}

/** The keys of the second stack, which are read beside those of the first. @param {View} view @param {Keys} keys @param {Boot} boot */
function patchOther(view, keys, boot) {
  if (boot.exported)
    return {
      b: view.b,
      wrong: Object.keys(keys).map(
        (key) => `${key}: expected no change, as an exported page holds its routing; left as it is`,
      ),
    };
  const query = new URLSearchParams(formatView(view, boot));
  for (const [key, value] of Object.entries(keys)) {
    const text = textOf(value);
    if (text === null) query.delete(key);
    else query.set(key, text);
  }
  const { view: read, notices } = parseView(String(query), boot);
  return {
    b: read.b,
    wrong: notices.filter(({ field }) => field.startsWith(OTHER)).map(({ message }) => message),
  };
}

/** As the URL has it. @param {string | number | boolean | null} value */
function textOf(value) {
  return value === null ? null : String(typeof value === "boolean" ? Number(value) : value);
}

/**
 * All keys of a view with their values as the URL spells them, numbers as numbers; null where a key is not set.
 * @param {View} view
 * @returns {Keys}
 */
export function keysOf(view) {
  const own = PROPERTIES.map(({ name, format }) => {
    const value = view[name];
    const text = value === null ? null : format(value);
    return [name, typeof value === "number" ? Number(text) : typeof value === "boolean" ? value : text];
  });
  const other = Object.entries(view.b ?? {}).map(([name, value]) => [OTHER + name, value]);
  return Object.fromEntries([...own, ...other]);
}
