/**
 * The server's folder of traces: a search, and a link per file.
 */

import { captureWords, words } from "../../words/words.js";
import { h, setText } from "../parts/element.js";

/**
 * @typedef {object} Entry   of app/sources/recorded/trace_library.py
 * @property {string} name
 * @property {string | null} format
 * @property {"routing" | "counts" | null} kind
 * @property {string | null} model
 * @property {string} badge
 * @property {string} text
 * @property {string[]} codes
 * @property {string[]} same
 * @property {string | null} problem
 * @property {boolean} read
 * @property {number | null} tokens
 */

const WAIT_MS = 250; // after a key press, before the request
const AGAIN_MS = 100; // before the next request, if files are not read yet

/** Returns the address of the page with a file. @param {string} name @param {string} [other]  beside it */
export function addressOf(name, other) {
  const query = new URLSearchParams({ source: "trace", trace: name, ...(other && { "b.trace": other }) });
  return `?${query}`;
}

/**
 * @param {{shown: () => string, counts: (name: string) => void, pair: (name: string) => (() => void) | null}} ways   the trace
 *   on screen, the function that opens counts, and the one that compares a dropped file with one of the list
 */
export function createLibrary({ shown, counts, pair: comparing }) {
  const list = h("ul", { class: "library-list" });
  const told = h("p", { class: "caption", role: "status" });
  const search = h("input", {
    type: "search",
    placeholder: captureWords.search,
    "aria-label": captureWords.search,
  });
  const more = h("button", { type: "button", class: "secondary", hidden: true }, captureWords.more);
  let timer = 0;
  let asked = 0;

  /** @param {Entry} entry */
  function row(entry) {
    const name = entry.kind === "counts" ? countsButton(entry.name) : linkOf(entry);
    const facts = [entry.badge && (words.badgeWords[entry.badge] ?? entry.badge), entry.format, entry.model]
      .concat(entry.tokens ? [String(entry.tokens)] : [], entry.codes)
      .filter(Boolean);
    const other = shown();
    const pair = other && other !== entry.name && entry.badge;
    const compare = entry.badge && comparing(entry.name);
    return h(
      "li",
      {},
      name,
      pair && h("a", { class: "library-pair", href: addressOf(other, entry.name) }, captureWords.compareWith),
      compare &&
        h("button", { type: "button", class: "library-pair", onclick: compare }, captureWords.compareWith),
      h("span", { class: "library-facts" }, facts.join(" · ")),
      entry.same.length > 0 && h("span", { class: "library-facts" }, captureWords.same(entry.same)),
      entry.problem && h("span", { class: "library-problem" }, entry.problem),
    );
  }
  /** @param {Entry} entry */
  function linkOf({ name, problem }) {
    return problem ? h("span", {}, name) : h("a", { href: addressOf(name) }, name);
  }
  /** @param {string} name */
  function countsButton(name) {
    return h("button", { type: "button", class: "library-counts", onclick: () => counts(name) }, name);
  }

  /** @param {boolean} [on]  appends the next entries */
  async function ask(on = false) {
    const mine = ++asked;
    const from = on ? list.children.length : 0;
    const query = new URLSearchParams({ text: search.value.trim(), from: String(from) });
    const answer = await fetch(`/api/traces?${query}`);
    if (!answer.ok || mine !== asked) return;
    const found = await answer.json();
    if (mine !== asked) return;
    const rows = found.entries.map(row);
    if (on) list.append(...rows);
    else list.replaceChildren(...rows);
    setText(told, found.folder ? captureWords.matching(found.matching, found.unread) : captureWords.noFolder);
    search.hidden = !found.folder;
    more.hidden = list.children.length >= found.matching;
    if (found.unread && !on) timer = window.setTimeout(ask, AGAIN_MS);
  }
  search.addEventListener("input", () => {
    clearTimeout(timer);
    timer = window.setTimeout(ask, WAIT_MS);
  });
  more.addEventListener("click", () => ask(true));
  return {
    element: h("section", { class: "library" }, h("h3", {}, captureWords.library), search, told, list, more),
    ask: () => ask(),
    stop: () => clearTimeout(timer),
  };
}
