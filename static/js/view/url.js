/**
 * The view as a query string. View keys are validated here, each on its own, and an invalid value is replaced with a
 * notice. Request keys go to the server, which answers with the request as understood.
 *
 * @import {Boot, KeyDeclaration} from "../boot_types.js"
 * @import {Notice, Request, State, View} from "../types.js"
 */

import { firstOf } from "../trace/window.js";
import { language, LANGUAGES } from "../words/language.js";
import { words } from "../words/words.js";
import { expectedOf, formatKey, isFixed, OTHER, readKey, requestKeys, viewKeys } from "./keys.js";
import { unknownLessons, withLesson } from "./lessons.js";
import { noticesOf, secondKeysOf, secondTexts, shortened, withAnswer } from "./request.js";

/** Version of the keys. Raise it when a key changes its meaning, and keep reading the old version. */
export const VERSION = 1;

/**
 * Returns the query string with which a page opens: a short link to a step of a tour is completed. An exported page has
 * one trace in one language, so its address can only change view keys.
 * @param {Boot} boot
 * @param {string} search  of the address
 */
export function searchOf(boot, search) {
  const { exported } = boot;
  if (!exported) return withLesson(boot, search);
  const query = new URLSearchParams(exported.query);
  for (const [key, value] of new URLSearchParams(search))
    if (!isFixed(boot, key) && !key.startsWith(OTHER)) query.set(key, value);
  return `?${query}`;
}

/**
 * Returns the view of a query string, and a notice for each view key that was replaced by its default. Unknown keys are
 * ignored. Request keys are kept as found; the server applies the rules of several keys.
 *
 * @param {string} search  with or without "?"
 * @param {Boot} boot
 * @returns {{view: View, notices: Notice[]}}
 */
export function parseView(search, boot) {
  /** @type {Record<string, string>} */
  const query = Object.fromEntries(new URLSearchParams(search)); // the last value of a repeated key
  const found = requestKeys(boot).filter(({ name }) => name in query);
  const given = valuesOf(found.map((key) => ({ key, text: query[key.name] })));
  const own = boot.exported && !boot.exported.other ? null : secondTexts(query, boot);
  const request = requestKeys(boot).map(({ name, default: usual }) => [name, usual]);
  const looks = viewKeys(boot).map((key) => [key.name, readOr(key, query[key.name])]);
  const readable = found.flatMap((key) => {
    const value = readKey(key, query[key.name]);
    return value === null ? [] : [[key.name, value]];
  });
  const notices = viewKeys(boot).flatMap((key) => fellBack(key, query[key.name]));
  if ("v" in query && query.v !== String(VERSION)) notices.push(otherVersion(query.v));
  const all = Object.fromEntries([...request, ...readable, ...looks]);
  const view = { ...all, given, asks: given, b: own && valuesOf(own) };
  return withKnownLesson({ view, notices }, boot);
}

/**
 * Returns the view of the page's own address. The server has already read its request.
 * @param {string} search
 * @param {Boot} boot
 * @returns {{view: View, notices: Notice[]}}
 */
export function openingView(search, boot) {
  const whole = searchOf(boot, search);
  const parsed = parseView(whole, boot);
  const { exported } = boot;
  // A lesson completed it: the trace brings the understood request.
  if (!exported && whole !== search) return parsed;
  const [answer, second] = exported ? [exported.trace, exported.other?.trace] : [boot, boot.second];
  const view = withAnswer(parsed.view, answer);
  const b = second ? secondKeysOf(parsed.view.b, second) : null;
  const told = [...noticesOf(answer), ...(second ? noticesOf(second) : [])];
  return { view: { ...view, b }, notices: [...told, ...parsed.notices] };
}

/** Returns the values of request keys, or their texts if invalid; the server then reports the problem. @param {{key: KeyDeclaration, text: string}[]} found @returns {Partial<Request>} */
function valuesOf(found) {
  return Object.fromEntries(found.map(({ key, text }) => [key.name, readKey(key, text) ?? text]));
}

/** @param {KeyDeclaration} key @param {string | undefined} text */
function readOr(key, text) {
  return (text === undefined ? null : readKey(key, text)) ?? key.default;
}

/** @param {KeyDeclaration} key @param {string | undefined} text @returns {Notice[]} */
function fellBack(key, text) {
  if (text === undefined || readKey(key, text) !== null) return [];
  const { name, default: usual } = key;
  const showing = usual === null || usual === "" ? words.nothing : formatKey(key, usual);
  return [{ field: name, message: words.fellBack(name, expectedOf(key), shortened(text), showing) }];
}

/**
 * Returns the notices about tours, steps and questions that do not exist. Each is replaced on its own.
 * @param {{view: View, notices: Notice[]}} parsed
 * @param {Boot} boot
 */
function withKnownLesson({ view, notices }, boot) {
  const unknown = unknownLessons(boot, view);
  const usual = Object.fromEntries(unknown.map((each) => [each.name, each.usual]));
  const told = unknown.map(({ name, expected, found }) => ({
    field: name,
    message: words.fellBack(name, expected, found, name === "at" ? "1" : words.nothing),
  }));
  return { view: { ...view, ...usual }, notices: [...notices, ...told] };
}

/** @param {string} version @returns {Notice} */
function otherVersion(version) {
  return { field: "v", message: words.fellBack("v", String(VERSION), shortened(version), String(VERSION)) };
}

/**
 * Returns the query string of a view, with the fewest keys: "" or "?scenario=code&experts=64&v=1".
 *
 * @param {View} view
 * @param {Boot} boot
 */
export function formatView(view, boot) {
  const written = new URLSearchParams();
  for (const { name } of requestKeys(boot)) {
    const value = view.given[name];
    if (isTold(value)) written.set(name, String(value));
  }
  for (const key of viewKeys(boot)) {
    const value = view[key.name];
    if (value !== key.default && value !== null) written.set(key.name, formatKey(key, value));
  }
  for (const { name } of requestKeys(boot)) {
    const value = view.b?.[name];
    if (value !== undefined && value !== null) written.set(OTHER + name, String(value));
  }
  if (!written.size) return "";
  written.set("v", String(VERSION));
  return `?${written}`;
}

/** @param {any} value */
const isTold = (value) => value !== undefined && value !== null && value !== "";

/**
 * Returns the view with the current place of playback, or the place to seek once the trace arrives. Tokens are counted in
 * the whole.
 * @param {Pick<State, "view" | "at"> & Partial<Pick<State, "shot" | "trace">>} state
 * @returns {View}
 */
export function currentView({ view: held, at, shot = null, trace = null }) {
  const first = firstOf(trace);
  const view = first && held.path !== null ? { ...held, path: held.path + first } : held;
  if (shot !== null) return { ...view, shot: Math.round(shot * 100) / 100, token: null, layer: null };
  if (view.token !== null || view.layer !== null) return view;
  const token = at.token < 0 || view.mode === "all" ? first || null : first + at.token;
  return { ...view, token, layer: at.token < 0 ? null : at.layer };
}

/** Returns the other languages, each with the address of the current view. @param {Pick<State, "view" | "at">} state @param {Boot} boot */
export function translationsOf(state, boot) {
  const view = currentView(state);
  return LANGUAGES.filter((each) => each !== language).map((lang) => ({
    lang,
    address: formatView({ ...view, lang }, boot) || "?",
  }));
}
