/**
 * Terms of the glossary: words with a dotted line, whose meaning opens on hover, focus or tap. Escape closes it, and so does
 * a press elsewhere; a pointer may rest on it.
 */

import { piecesOf } from "../../view/lessons.js";
import { words } from "../../words/words.js";
import { attribute, h, setStyle, setText } from "./element.js";

/** @typedef {keyof typeof words.glossary} Term */

/** A pointer that only passes by opens nothing, and one on its way to the note does not close it. */
const OPEN_MS = 250;
const CLOSE_MS = 200;
const GAP = 8;

/** @param {string} name @returns {name is Term} */
function isTerm(name) {
  return Object.hasOwn(words.glossary, name);
}

/** Words that mention a term. @param {Term} name @param {string} [text] */
export function term(name, text = words.glossary[name].name) {
  return h(
    "button",
    { type: "button", class: "term", "data-term": name, "aria-describedby": `term-${name}` },
    text,
  );
}

/** Returns a caption with its terms. @param {string} caption @returns {(Node | string)[]} */
export function marked(caption) {
  return piecesOf(caption).map(({ text, term: name }) =>
    name !== undefined && isTerm(name) ? term(name, text) : text,
  );
}

/** What a term means, for those who listen; hidden elements may describe others. */
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
      event.preventDefault(); // and nothing else lets go
      event.stopPropagation();
      close();
    },
    { capture: true },
  );
  document.addEventListener("scroll", () => shown && close(), { capture: true, passive: true });
  return {
    /** A term that is gone takes its note along. */
    update: () => void (shown && !shown.isConnected && close()),
  };
}

/** Under a term, or above it where there is no room, inside the window. @param {HTMLElement} note @param {HTMLElement} button */
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
