/**
 * Glossary terms: underlined words whose meaning opens on hover, focus or tap. Escape or a press elsewhere closes it; a
 * pointer may rest on it.
 */

import { piecesOf } from "../../view/lessons.js";
import { words } from "../../words/words.js";
import { attribute, h, setStyle, setText } from "./element.js";

/** @typedef {keyof typeof words.glossary} Term */

/** Delays: a passing pointer opens nothing, and a pointer on its way to the note does not close it. */
const OPEN_MS = 250;
const CLOSE_MS = 200;
const GAP = 8;

/** @param {string} name @returns {name is Term} */
function isTerm(name) {
  return Object.hasOwn(words.glossary, name);
}

/** Returns a text that mentions a term. @param {Term} name @param {string} [text] */
export function term(name, text = words.glossary[name].name) {
  return h(
    "button",
    { type: "button", class: "term", "data-term": name, "aria-describedby": `term-${name}` },
    text,
  );
}

/** Returns a caption with its terms. @param {string} caption @returns {(Node | string)[]} */
export function withTerms(caption) {
  return piecesOf(caption).map(({ text, term: name }) =>
    name !== undefined && isTerm(name) ? term(name, text) : text,
  );
}

/** Meanings of terms for screen readers, in hidden elements that describe the terms. */
function meanings() {
  const entries = Object.entries(words.glossary).map(([name, { means }]) =>
    h("span", { id: `term-${name}` }, means),
  );
  return h("div", { hidden: true }, ...entries);
}

/** @param {EventTarget | null} target @returns {HTMLElement | null} */
function termAt(target) {
  return target instanceof Element ? target.closest(".term") : null;
}

/** One note for all terms of a page. @param {HTMLElement} host */
export function createGlossary(host) {
  const title = h("strong", { class: "note-title" });
  const text = h("span", {});
  const note = h("div", { class: "term-note", hidden: true }, title, text);
  host.append(meanings(), note);
  /** @type {HTMLElement | null} */
  let shown = null;
  let due = 0;

  /** @param {HTMLElement} button */
  function open(button) {
    clearTimeout(due);
    const name = button.dataset.term ?? "";
    if (!isTerm(name)) return;
    shown = button;
    setText(title, words.glossary[name].name);
    setText(text, words.glossary[name].means);
    attribute(note, "hidden", false);
    place(note, button);
  }
  function close() {
    clearTimeout(due);
    shown = null;
    attribute(note, "hidden", true);
  }
  /** @param {() => void} act @param {number} wait */
  function later(act, wait) {
    clearTimeout(due);
    due = window.setTimeout(act, wait);
  }

  document.addEventListener("pointerover", ({ target, pointerType }) => {
    const button = termAt(target);
    if (pointerType === "touch") return;
    if (button) later(() => open(button), shown ? 0 : OPEN_MS);
    else if (target instanceof Node && note.contains(target)) clearTimeout(due);
    else later(close, CLOSE_MS);
  });
  document.addEventListener("focusin", ({ target }) => {
    const button = termAt(target);
    if (button?.matches(":focus-visible")) open(button);
    else if (!button) close();
  });
  document.addEventListener("click", ({ target }) => {
    const button = termAt(target);
    if (button && button !== shown) open(button);
    else if (!(target instanceof Node && note.contains(target))) close();
  });
  document.addEventListener(
    "keydown",
    (event) => {
      if (event.key !== "Escape" || !shown) return;
      event.preventDefault(); // Escape closes nothing else
      event.stopPropagation();
      close();
    },
    { capture: true },
  );
  document.addEventListener("scroll", () => shown && close(), { capture: true, passive: true });
  return {
    /** Closes the note of a removed term. */
    update: () => void (shown && !shown.isConnected && close()),
  };
}

/** Places the note below a term, or above it without room, inside the window. @param {HTMLElement} note @param {HTMLElement} button */
function place(note, button) {
  const { left, top, bottom } = button.getBoundingClientRect();
  const { width, height } = note.getBoundingClientRect();
  const room = { across: document.documentElement.clientWidth, down: document.documentElement.clientHeight };
  const below = bottom + GAP + height <= room.down - GAP || top - GAP - height < GAP;
  setStyle(note, "--left", `${Math.round(Math.max(GAP, Math.min(left, room.across - width - GAP)))}px`);
  setStyle(
    note,
    "--top",
    `${Math.round(below ? Math.min(bottom + GAP, room.down - height - GAP) : top - GAP - height)}px`,
  );
}
