/**
 * The address bar holds the whole view. Each key is read and written alone, so that a wrong value falls back by itself
 * and the page can say so.
 *
 * @import {Boot, Notice, Request, State, View} from "../types.js"
 * @import {Context, Property} from "./key_types.js"
 */

import { language, LANGUAGES } from "../words/language.js";
import { words } from "../words/words.js";
import { isFixed, isRequestKey, PROPERTIES } from "./keys.js";
import { withLesson } from "./lessons.js";
import { findShape, withItsShape } from "./model_shapes.js";
import { fitted, SETTINGS, usualRouter } from "./routers.js";

/** Of the format of these keys. Raise it when a key changes its meaning, and read the old one still. */
export const VERSION = 1;

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
  /** @type {Partial<Record<keyof View, number>>} */
  const left = {};
  for (const property of PROPERTIES.filter(({ name }) => isRequestKey(name))) {
    const text = found.get(OTHER + property.name);
    if (text === null) continue;
    const value = property.parse(text, context);
    if (property.applies?.(context) === false) {
      if (value !== property.fallback(context)) notices.push(unread(property.name, context));
      if (property.name === "shape") ({ experts: left.experts, top_k: left.k } = findShape(boot, text) ?? {});
    } else if (left[property.name] && value === left[property.name]) {
      continue; // it came with the shape that is left out
    } else if (value === undefined) {
      notices.push({
        field: OTHER + property.name,
        message: words.otherFellBack(OTHER + property.name, property.expected(context), shortened(text)),
      });
    } else addTo(b, property.name, withItsShape(boot, context.view, { [property.name]: value }), context);
  }
  if ("router" in b && !("k" in b)) b.k = fitted(boot, context.view, view).k; // some routers force it
  return Object.keys(b).length ? b : null;
}

/** A key that the second stack does not read, and what keeps it from it. @param {keyof View} name @param {Context} context @returns {Notice} */
function unread(name, { boot, view }) {
  const routed = view.source !== "recorded" && SETTINGS.some((each) => each === name);
  const why = routed ? `router=${view.router || usualRouter(boot, view)}` : `source=${view.source}`;
  return { field: OTHER + name, message: words.otherUnread(OTHER + name, why) };
}

/**
 * What a key asks of the second stack, with what else differs where that is another shape.
 * @param {Record<string, unknown>} b
 * @param {keyof View} name
 * @param {Partial<View>} patch
 * @param {Context} context
 */
function addTo(b, name, patch, { view }) {
  const differs = Object.entries(patch).filter(
    ([key, value]) => value !== view[/** @type {keyof View} */ (key)],
  );
  Object.assign(b, { [name]: patch[name] }, Object.fromEntries(differs)); // in this order a title tells them
  Object.assign(view, patch);
}

/**
 * The query string that a page opens with: a short link to a step of a tour is filled up. An exported page holds one routing in one language: an address may say how to look
 * at it, not what it is.
 * @param {Boot} boot
 * @param {string} search  of the address
 */
export function searchOf(boot, search) {
  const { exported } = boot;
  if (!exported) return withLesson(boot, search);
  const query = new URLSearchParams(exported.query);
  for (const [key, value] of new URLSearchParams(search))
    if (!isFixed(key) && !key.startsWith(OTHER)) query.set(key, value);
  return `?${query}`;
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
  view.b = boot.exported && !boot.exported.other ? null : parseOther(found, context, notices);
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

/**
 * The second stack of a view whose first one changed: with another source or shape it is read anew, as from a link.
 * @param {View} view
 * @param {View} before
 * @param {Boot} boot
 */
export function keptOther(view, before, boot) {
  const same = view.source === before.source && view.shape === before.shape;
  return same || !view.b ? view.b : parseView(formatView(view, boot), boot).view.b;
}

/**
 * The view with the place where playback stands, or is to stand as soon as the trace is there.
 * @param {Pick<State, "view" | "at"> & Partial<Pick<State, "shot">>} state
 * @returns {View}
 */
export function viewNow({ view, at, shot = null }) {
  if (shot !== null) return { ...view, shot: Math.round(shot * 100) / 100, token: null, layer: null };
  if (view.token !== null || view.layer !== null) return view;
  const token = at.token < 0 || view.mode === "all" ? null : at.token;
  return { ...view, token, layer: at.token < 0 ? null : at.layer };
}

/** The other languages, each with the address of what is on screen. @param {Pick<State, "view" | "at">} state @param {Boot} boot */
export function translationsOf(state, boot) {
  const view = viewNow(state);
  return LANGUAGES.filter((each) => each !== language).map((lang) => ({
    lang,
    address: formatView({ ...view, lang }, boot) || "?",
  }));
}
