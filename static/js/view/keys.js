/**
 * The keys of the address, as the server declares them in the page. Each value is read on its own, as
 * app/request/view_keys.py does. Rules of several keys run on the server. Pure.
 *
 * @import {Boot, KeyDeclaration} from "../boot_types.js"
 * @import {Request} from "../types.js"
 */

import { words } from "../words/words.js";
import { formatFold, parseFold } from "./layers.js";

/** Prefix of the request keys of the second stack. */
export const OTHER = "b.";

const WHOLE = /^[0-9]{1,6}$/;
const DECIMAL = /^[0-9]{1,6}(\.[0-9]{1,6})?$/;
const NAME = /^[a-z0-9-]{0,60}$/;
const ATLAS = /^[A-Za-z0-9._-]{0,80}(\/[A-Za-z0-9._-]{1,80})?$/;
const TOWER = /^([0-9]{1,4})\.([0-9]{1,4})$/;
/** A number of a request key, as app/request/schema.py accepts it. */
const REQUEST_NUMBER = /^[+-]?[0-9]{1,10}(\.[0-9]{1,9})?$/;

/** Returns whether a number lies within the limits of its key, both ends included. @param {KeyDeclaration} key @param {number} value */
function within({ limits }, value) {
  return !limits || (value >= limits[0] && value <= limits[1]);
}

/** @param {KeyDeclaration} key @param {string} text @param {RegExp} spelt */
function numberOf(key, text, spelt) {
  return spelt.test(text) && within(key, Number(text)) ? Number(text) : null;
}

/** Readers by kind of view key; they return null for an invalid value. @type {Record<string, (key: KeyDeclaration, text: string) => any>} */
const READERS = {
  choice: ({ values = [] }, text) => (values.includes(text) ? text : null),
  integer(key, text) {
    const value = numberOf(key, text, WHOLE);
    return value === null ? null : value - (key.origin ?? 0);
  },
  number: (key, text) => numberOf(key, text, DECIMAL),
  flag: (_, text) => (text === "0" || text === "1" ? text === "1" : null),
  tower(_, text) {
    const [, layer, expert] = (TOWER.exec(text) ?? []).map(Number);
    return layer >= 1 ? { layer: layer - 1, expert } : null;
  },
  fold: (_, text) => parseFold(text) ?? null,
  name: (_, text) => (NAME.test(text) ? text : null),
  atlas: (_, text) => (ATLAS.test(text) ? text : null),
};

/** Returns the value of a request key from its text, by the rules of this key alone. @param {KeyDeclaration} key @param {string} text */
function readRequestKey(key, text) {
  if (key.kind !== "integer" && key.kind !== "number")
    return text.length <= (key.max_chars ?? Infinity) ? text : null;
  return key.kind === "integer" && text.includes(".") ? null : numberOf(key, text, REQUEST_NUMBER);
}

/** Returns the value of a text, with tokens and layers counted from 0; null for an invalid one. @param {KeyDeclaration} key @param {string} text */
export function readKey(key, text) {
  return key.belongs === "request" ? readRequestKey(key, text) : READERS[key.kind](key, text);
}

/** Returns the text that `readKey` reads as this value. @param {KeyDeclaration} key @param {any} value */
export function formatKey({ kind, origin = 0 }, value) {
  if (kind === "integer") return String(value + origin);
  if (kind === "flag") return value ? "1" : "0";
  if (kind === "tower") return `${value.layer + 1}.${value.expert}`;
  return kind === "fold" ? formatFold(value) : String(value);
}

/** Returns the accepted values of a key in words. @param {KeyDeclaration} key */
export function expectedOf({ kind, values, limits, max_chars: most }) {
  if (kind === "flag") return words.oneOf(["0", "1"]);
  if (kind === "tower") return words.towerKey;
  if (kind === "fold") return words.foldKey;
  if (values) return words.oneOf(values);
  return limits ? words.range(...limits) : words.charactersAtMost(most ?? 60);
}

/** Returns the request keys. @param {Pick<Boot, "keys">} boot */
export const requestKeys = ({ keys }) => keys.filter(({ belongs }) => belongs === "request");

/** Returns the view keys. @param {Pick<Boot, "keys">} boot */
export const viewKeys = ({ keys }) => keys.filter(({ belongs }) => belongs === "view");

/** Returns the declaration of a key. @param {Pick<Boot, "keys">} boot @param {string} name */
export const keyNamed = ({ keys }, name) => keys.find((key) => key.name === name);

/** @param {Pick<Boot, "keys">} boot @param {string} name */
export const isRequestKey = (boot, name) => keyNamed(boot, name)?.belongs === "request";

/** Returns the minimum and maximum of a number. @param {Pick<Boot, "keys">} boot @param {keyof Request} name @returns {[number, number]} */
export const limitsOf = (boot, name) => keyNamed(boot, name)?.limits ?? [0, 0];

/** Returns whether a key is fixed in an exported page, which has one trace and one language. @param {Pick<Boot, "keys">} boot @param {string} name */
export function isFixed(boot, name) {
  return isRequestKey(boot, name) || name === "lang";
}

/** Returns whether the source or the router of a request reads a key. @param {Pick<Boot, "keys">} boot @param {Pick<Request, "source" | "router">} request @param {keyof Request} name */
export function reads(boot, { source, router = "" }, name) {
  const { sources = [], routers } = keyNamed(boot, name) ?? {};
  return sources.includes(source) && (routers?.includes(router) ?? true);
}
