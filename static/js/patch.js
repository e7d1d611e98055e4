/**
 * A change of the view as a host page asks for it: any keys of the URL, each checked alone. Pure.
 *
 * @import {Boot, View} from "./types.js"
 */

import { isRequestKey, PROPERTIES } from "./url.js";

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
  const problems = Object.keys(keys).filter((key) => !known.has(key)).map((key) => `${key}: expected a key of the URL, got this; left out`);
  for (const property of PROPERTIES) {
    const asked = Object.hasOwn(keys, property.name) ? keys[property.name] : undefined;
    if (asked === undefined) continue;
    if (boot.exported && isRequestKey(property.name)) {
      problems.push(`${property.name}: expected no change, as an exported page holds one routing; left as it is`);
      continue;
    }
    const text = textOf(asked);
    const value = text === null ? property.fallback(context) : property.parse(text, context);
    if (value !== undefined) Object.assign(next, { [property.name]: value });
    else problems.push(`${property.name}: expected ${property.expected(context)}, got ${text}; left as it is`);
  }
  return { view: { ...next, k: Math.min(next.k, next.experts) }, problems };
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
  return Object.fromEntries(
    PROPERTIES.map(({ name, format }) => {
      const value = view[name];
      const text = value === null ? null : format(value);
      return [name, typeof value === "number" ? Number(text) : typeof value === "boolean" ? value : text];
    }),
  );
}
