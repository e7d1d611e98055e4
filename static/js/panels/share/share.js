/**
 * The share panel: the preview of a link, texts to paste, and files.
 *
 * @import {Boot} from "../../boot_types.js"
 * @import {State} from "../../types.js"
 * @import {Opens, SnippetKind} from "../../embed/snippets.js"
 * @import {Actions} from "../../state/actions.js"
 */

import { elementCode, frameCode, markdownCode, queryOf } from "../../embed/snippets.js";
import { titleOf } from "../../view/title.js";
import { words } from "../../words/words.js";
import { attribute, changes, h, setText } from "../parts/element.js";
import { createSegments } from "../parts/segments.js";
import { createLinkPreview } from "./link_preview.js";
import { createQr } from "./qr.js";
import { createSaving } from "./save.js";

const KINDS = /** @type {SnippetKind[]} */ (["link", "frame", "element", "markdown"]).map((value) => ({
  value,
  label: words.shareKinds[value],
}));
const OPENS = [
  { value: /** @type {Opens} */ ("moment"), label: words.thisMoment },
  { value: /** @type {Opens} */ ("start"), label: words.beginning },
];
/** @typedef {"wide" | "fixed"} Size */
const SIZES = /** @type {Size[]} */ (["wide", "fixed"]).map((value) => ({
  value,
  label: words.frameSizes[value],
}));
const COPY = {
  link: words.copyLink,
  frame: words.copyEmbed,
  element: words.copyElement,
  markdown: words.copyMarkdown,
};
const SAID_MS = 4000;

/** @param {HTMLTextAreaElement} field */
async function copyText(field) {
  try {
    await navigator.clipboard.writeText(field.value);
    return true;
  } catch {
    field.select(); // without permission, as in many frames: the older API, or a manual copy
    return document.execCommand("copy");
  }
}

/** A text, the button that copies it, and the result. */
function createCopy() {
  const field = h("textarea", { class: "copy-text", rows: 2, readonly: true, spellcheck: "false" });
  const said = h("span", { class: "said", role: "status" });
  const button = h("button", { type: "button", class: "primary" });
  let due = 0;
  button.addEventListener("click", async () => {
    setText(said, (await copyText(field)) ? words.copied : words.copyFailed);
    clearTimeout(due);
    due = window.setTimeout(() => setText(said, ""), SAID_MS);
  });
  return {
    field,
    said,
    button,
    /** @param {string} text @param {string} label @param {string} copy */
    update(text, label, copy) {
      if (field.value !== text) {
        field.value = text;
        setText(said, "");
      }
      attribute(field, "aria-label", label);
      setText(button, copy);
    },
  };
}

/** @param {string} site @param {Boot} boot @param {(query: string) => void} told  called with the query string of the copied view when it changes */
function createSnippets(site, boot, told) {
  let state = /** @type {State | null} */ (null);
  let kind = /** @type {SnippetKind} */ ("link");
  let size = /** @type {Size} */ ("wide");
  // A link usually shows the current time; an embed in an article starts from the beginning.
  const opens = {
    link: /** @type {Opens} */ ("moment"),
    frame: /** @type {Opens} */ ("start"),
    element: /** @type {Opens} */ ("start"),
    markdown: /** @type {Opens} */ ("start"),
  };
  const kinds = createSegments({
    label: words.shareAs,
    quiet: true,
    choose: (/** @type {SnippetKind} */ value) => redraw((kind = value)),
  });
  const starts = createSegments({
    label: words.opensAt,
    quiet: true,
    choose: (/** @type {Opens} */ value) => redraw((opens[kind] = value)),
  });
  const sizes = createSegments({
    label: words.frameSize,
    quiet: true,
    choose: (/** @type {Size} */ value) => redraw((size = value)),
  });
  const hint = h("p", { class: "caption" });
  const copy = createCopy();
  const qr = createQr();

  function redraw(/** @type {unknown} */ _ = null) {
    if (!state) return;
    const query = queryOf(state, boot, opens[kind]);
    told(query);
    const { title } = titleOf(boot, state.view);
    const text = {
      link: () => `${site}/${query}`,
      frame: () => frameCode(`${site}/embed${query}`, title, size === "fixed"),
      element: () => elementCode(site, query, title),
      markdown: () => markdownCode(site, query, title, boot),
    }[kind]();
    kinds.update(kind, KINDS);
    starts.update(opens[kind], OPENS);
    sizes.update(size, SIZES);
    setText(hint, words.shareHints[kind]);
    attribute(sizes.element, "hidden", kind !== "frame");
    attribute(qr.button, "hidden", kind !== "link");
    copy.field.rows = kind === "link" ? 2 : 4;
    copy.update(text, words.shareKinds[kind], COPY[kind]);
    qr.update(`${site}/${query}`, title);
  }
  const foot = h("div", { class: "copy-foot" }, starts.element, qr.button, copy.button);
  return {
    element: h(
      "section",
      { class: "copy" },
      kinds.element,
      hint,
      copy.field,
      sizes.element,
      foot,
      copy.said,
      qr.element,
    ),
    /** @param {State} next */
    update(next) {
      state = next;
      redraw();
    },
  };
}

/** @param {HTMLElement} host @param {Boot} boot @param {Actions} actions @param {Parameters<typeof createSaving>[2]} look */
export function createShare(host, boot, actions, look) {
  /** An exported page links to the site of its export, if any. */
  const site = boot.exported?.home ?? new URL(".", location.href).href.slice(0, -1);
  const card = createLinkPreview(boot);
  const snippets = createSnippets(site, boot, (query) => void card.update(query));
  const saving = createSaving(boot, actions, look);
  host.append(...(site ? [card.element, snippets.element] : []), saving.element);
  const changed = changes();
  return {
    /** @param {State} state */
    update(state) {
      if (state.overlay !== "share") return;
      saving.update(state);
      // During playback, link and card keep the time at which the panel was opened.
      if (!site || !changed(state.view, state.playing ? null : state.at, state.trace?.id)) return;
      snippets.update(state);
      attribute(host, "data-ready", true);
    },
    dispose: () => host.replaceChildren(),
  };
}
