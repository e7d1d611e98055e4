/**
 * The request of a view: the keys that a user set, and the request as understood by the server. Pure.
 *
 * A view holds every request key as the server set it. `given` holds the fewest keys for the same request: those of the
 * address. After a change both hold the new keys until the answer arrives; `asks` keeps the last answer.
 *
 * @import {Boot} from "../boot_types.js"
 * @import {Answer, Notice, Request, View} from "../types.js"
 */

import { words } from "../words/words.js";
import { OTHER, requestKeys } from "./keys.js";

/** The expectation in the message of a refused model. The advice in it is the reason. */
const RUNNABLE = "a model that can be run";

/** Characters of a value that a message quotes at most. */
const QUOTED = 40;

/** @typedef {{view: View, changed: string[]}} RequestChange  `changed`: request keys that a person just changed */

/**
 * Returns the view with other request keys, and the names of these keys. Null resets a key.
 * @param {Boot} boot
 * @param {View} view
 * @param {Partial<Record<keyof View, any>>} patch  keys of the view too
 * @returns {RequestChange}
 */
export function withKeys(boot, view, patch) {
  const names = requestKeys(boot).filter(({ name }) =>
    patch[name] === null ? name in view.given : patch[name] !== undefined && patch[name] !== view[name],
  );
  const given = { ...view.given };
  /** @type {Partial<View>} */
  const plain = {};
  for (const { name, default: usual } of names) {
    if (patch[name] !== null) given[name] = patch[name];
    else {
      delete given[name];
      Object.assign(plain, { [name]: usual });
    }
  }
  return { view: { ...view, ...patch, ...plain, given }, changed: names.map(({ name }) => name) };
}

/** Returns a view with the understood request of another one. @param {Boot} boot @param {View} view @param {View} other @returns {View} */
export function withRequestOf(boot, view, other) {
  const request = Object.fromEntries(requestKeys(boot).map(({ name }) => [name, other[name]]));
  return { ...view, ...request, given: other.given, asks: other.asks };
}

/** Returns the view after the answer of the server. @param {View} view @param {Answer} answer @returns {View} */
export function withAnswer(view, { request, given }) {
  return { ...view, ...request, given, asks: given };
}

/** Returns the view with the second stack after the answer of the server. @param {View} view @param {Answer} answer @returns {View} */
export function withSecondAnswer(view, answer) {
  const asks = Object.fromEntries(
    Object.entries(answer.request).filter(([, value]) => value !== null && value !== ""),
  );
  return { ...view, ...answer.request, asks, b: secondKeysOf(view.b, answer) };
}

/**
 * Returns the keys of a second stack as the server understood them. A stack without a difference keeps its own keys.
 * @param {Partial<Request> | null} own  of its request
 * @param {Answer} answer
 * @returns {Partial<Request> | null}
 */
export function secondKeysOf(own, { request, given }) {
  if (Object.keys(given).length) return given;
  const held = Object.entries(own ?? {}).filter(
    ([key, value]) => String(request[/** @type {keyof Request} */ (key)]) === String(value),
  );
  return held.length ? /** @type {Partial<Request>} */ (Object.fromEntries(held)) : null;
}

/** Returns the server's notices in the page's language. @param {Answer} answer @returns {Notice[]} */
export function noticesOf({ notices = [] }) {
  return notices.map(({ field, expected, found, used, advice }) => {
    const showing = used === null || used === undefined || used === "" ? words.nothing : String(used);
    const [right, got] = [words.partOf(expected), shortened(words.partOf(found))];
    const why = expected === RUNNABLE ? ` ${advice}` : "";
    return { field, message: words.fellBack(field, right, got, showing) + why };
  });
}

/** @param {string} text */
export function shortened(text) {
  return text.length > QUOTED ? `${text.slice(0, QUOTED - 1)}…` : text;
}

/** Returns the keys of a request by HTTP: those of the last answer. @param {View} view @returns {Partial<Request>} */
export function requestOf({ asks }) {
  return asks;
}

/** Returns the query string of a request to the API. @param {Partial<Request>} request  of `requestOf` @returns {URLSearchParams} */
export function requestQuery(request) {
  return new URLSearchParams(Object.entries(request).map(([key, value]) => [key, String(value)]));
}

/** Returns whether two views have the same request keys. @param {Pick<View, "given">} a @param {Pick<View, "given">} b */
export function sameRequest({ given: a }, { given: b }) {
  return sameKeys(a, b);
}

/** @param {Record<string, any> | null | undefined} a @param {Record<string, any> | null | undefined} b */
export function sameKeys(a, b) {
  const spelt = (/** @type {Record<string, any> | null | undefined} */ keys) =>
    keys &&
    Object.entries(keys)
      .filter(([, value]) => value !== undefined && value !== null)
      .map(([key, value]) => `${key}=${value}`)
      .sort()
      .join("&");
  return spelt(a) === spelt(b);
}

/** Returns the keys of an address without the prefix of the second stack; null if there are none. @param {Record<string, string>} query @param {Boot} boot */
export function secondTexts(query, boot) {
  const own = requestKeys(boot).filter(({ name }) => OTHER + name in query);
  return own.length ? own.map((key) => ({ key, text: query[OTHER + key.name] })) : null;
}
