/**
 * Code for sharing a view: a link, HTML, Markdown. Pure.
 *
 * @import {Boot} from "../boot_types.js"
 * @import {State} from "../types.js"
 */

import { isRequestKey, OTHER } from "../view/keys.js";
import { formatView, currentView } from "../view/url.js";
import { words } from "../words/words.js";

/** @typedef {"moment" | "start"} Opens */
/** @typedef {"link" | "frame" | "element" | "markdown"} SnippetKind */

/** A size that fits a column of text, as in app/web/oembed.py. */
const SIZE = { width: 720, height: 450 };
/** The least height of a frame on a phone. It keeps the counters beside the scene. */
const LOWEST = 420;

/**
 * Returns the query string of the current view.
 * @param {Pick<State, "view" | "at">} state
 * @param {Boot} boot
 * @param {Opens} opens
 */
export function queryOf(state, boot, opens) {
  const view = currentView(state);
  return formatView(opens === "start" ? { ...view, token: null, layer: null } : view, boot);
}

/** View keys of the time shown. */
const MOMENT = ["mode", "token", "layer", "shot"];

/** Returns the part of a query string that determines the preview picture, language included. @param {string} query @param {Boot} boot */
export function requestPart(query, boot) {
  const keys = new URLSearchParams(query);
  for (const key of [...keys.keys()]) {
    if (
      key !== "lang" &&
      !MOMENT.includes(key) &&
      !isRequestKey(boot, key.startsWith(OTHER) ? key.slice(OTHER.length) : key)
    )
      keys.delete(key);
  }
  const written = String(keys);
  return written ? `?${written}` : "";
}

/** @param {string} text */
function escapeAttribute(text) {
  return text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
}

/**
 * Returns a frame: as wide as its column, or of one size.
 * @param {string} address
 * @param {string} title
 * @param {boolean} [fixed]
 */
export function frameCode(address, title, fixed = false) {
  const size = fixed
    ? `width="${SIZE.width}" height="${SIZE.height}" style="max-width:100%;border:0"`
    : `style="width:100%;aspect-ratio:${SIZE.width}/${SIZE.height};min-height:${LOWEST}px;border:0"`;
  return `<iframe src="${escapeAttribute(address)}" title="${escapeAttribute(words.embedTitle(title))}" ${size} loading="lazy" allow="fullscreen"></iframe>`;
}

/**
 * Returns the custom element and a button that controls it. The button finds its element by position, so that a page can
 * have several.
 * @param {string} site   scheme and host
 * @param {string} query  of the view
 * @param {string} title
 */
export function elementCode(site, query, title) {
  const keys = [...new URLSearchParams(query)].filter(([key]) => key !== "v");
  const attributes = [...keys, ["title", words.embedTitle(title)]].map(
    ([key, value]) => `${key}="${escapeAttribute(value)}"`,
  );
  const k = new URLSearchParams(query).get("k") === "1" ? 2 : 1;
  return [
    `<script type="module" src="${escapeAttribute(site)}/static/embed.js"></script>`,
    `<moescope-embed ${attributes.join(" ")}></moescope-embed>`,
    `<button onclick="this.previousElementSibling.set({ k: ${k} })">${words.driveButton(k)}</button>`,
  ].join("\n");
}

/**
 * Returns the preview picture as a link to the view.
 * @param {string} site
 * @param {string} query
 * @param {string} title
 * @param {Boot} boot
 */
export function markdownCode(site, query, title, boot) {
  const name = title.replace(/[\\[\]`*_<>]/g, "\\$&").replace(/\s+/g, " ");
  return `[![${name}](${site}/preview.png${requestPart(query, boot)})](${site}/${query})`;
}
