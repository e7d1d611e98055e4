/**
 * A key of the address bar: how it is read, written and told about. Here are the kinds that several keys share.
 *
 * @import {Boot, View} from "../types.js"
 */

import { words } from "../words/words.js";

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
export function choice(name, values, first = values[0]) {
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
export function integer(name, fallback, range, origin = 0) {
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
