/**
 * A view to take along: its link, the code that embeds it, and files of it.
 *
 * @import {Boot, State} from "../types.js"
 * @import {Actions, SaveKind} from "../actions.js"
 */

import { viewNow } from "../address.js";
import { formatView } from "../url.js";
import { words } from "../words.js";
import { attribute, changes, h, setText } from "./element.js";
import { titleOf } from "./masthead.js";
import { createSegments } from "./segments.js";

/** @typedef {"moment" | "start"} Opens */

const OPENS = [
  { value: /** @type {Opens} */ ("moment"), label: words.thisMoment },
  { value: /** @type {Opens} */ ("start"), label: words.beginning },
];
/** A size that fits a column of text. */
const EMBED = { width: 720, height: 450 };

/** @param {State} state @param {Boot} boot @param {Opens} opens @param {string} path */
export function addressOf(state, boot, opens, path) {
  const view = viewNow(state);
  return path + formatView(opens === "start" ? { ...view, token: null, layer: null } : view, boot);
}

/** @param {string} text */
function escapeAttribute(text) {
  return text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
}

/** The HTML that an author pastes. @param {string} address @param {string} title */
export function embedCode(address, title) {
  return (
    `<iframe src="${escapeAttribute(address)}" title="${escapeAttribute(words.embedTitle(title))}" ` +
    `width="${EMBED.width}" height="${EMBED.height}" style="width:100%;max-width:${EMBED.width}px;border:0" ` +
    `loading="lazy" allow="fullscreen"></iframe>`
  );
}

/**
 * A line that can be copied, and where it begins.
 * @param {object} options
 * @param {string} options.label
 * @param {string} options.copy
 * @param {Opens} options.opens
 * @param {(opens: Opens) => string} options.text
 */
function createCopy({ label, copy, opens, text }) {
  const field = h("textarea", { class: "copy-text", rows: 2, readonly: true, "aria-label": label, spellcheck: "false" });
  const said = h("span", { class: "said", role: "status" });
  const button = h("button", { type: "button", class: "primary" }, copy);
  const start = createSegments({
    label: words.opensAt,
    quiet: true,
    choose(/** @type {Opens} */ value) {
      opens = value;
      update();
    },
  });
  function update() {
    start.update(opens, OPENS);
    if (field.value !== text(opens)) field.value = text(opens);
  }
  button.addEventListener("click", async () => {
    const done = await copyText(field);
    setText(said, done ? words.copied : words.copyFailed);
    window.setTimeout(() => setText(said, ""), 4000);
  });
  return { element: h("section", { class: "copy" }, h("div", { class: "copy-head" }, h("h3", {}, label), said), field, h("div", { class: "copy-foot" }, start.element, button)), update };
}

/** @param {HTMLTextAreaElement} field */
async function copyText(field) {
  try {
    await navigator.clipboard.writeText(field.value);
    return true;
  } catch {
    field.select(); // no permission, as in many frames: the older way, and a person's own hands
    return document.execCommand("copy");
  }
}

/** @param {HTMLElement} host @param {Boot} boot @param {Actions} actions */
export function createShare(host, boot, actions) {
  /** @type {State | null} */
  let state = null;
  /** An exported page has a site that it came from, or none to link to. */
  const site = boot.exported?.home ?? location.origin;
  /** @param {string} path @param {Opens} opens */
  const address = (path, opens) => (state ? addressOf(state, boot, opens, site + path) : "");
  const link = createCopy({ label: words.link, copy: words.copyLink, opens: "moment", text: (opens) => address("/", opens) });
  const embed = createCopy({
    label: words.embedCode,
    copy: words.copyEmbed,
    opens: "start",
    text: (opens) => (state ? embedCode(address("/embed", opens), titleOf(boot, state.view).title) : ""),
  });
  const failed = h("p", { class: "readout", role: "status" });
  const saves = /** @type {[SaveKind, string][]} */ ([["png", words.savePng], ["csv", words.saveCsv], ["trace", words.saveTrace]])
    .filter(([kind]) => kind !== "trace" || !boot.exported)
    .map(([kind, name]) => h("button", { type: "button", class: "secondary", onclick: () => save(kind) }, name));
  host.append(...(site ? [link.element, embed.element] : []), h("section", { class: "copy" }, h("h3", {}, words.save), h("div", { class: "buttons" }, ...saves), failed));

  /** @param {SaveKind} kind */
  async function save(kind) {
    setText(failed, "");
    try {
      await actions.save(kind);
    } catch (error) {
      setText(failed, words.saveFailed(error instanceof Error ? error.message : String(error)));
    }
  }
  const changed = changes();
  return {
    /** @param {State} next */
    update(next) {
      state = next;
      if (next.overlay !== "share" || !changed(next.view, next.at)) return;
      link.update();
      embed.update();
      attribute(host, "data-ready", true);
    },
    dispose: () => host.replaceChildren(),
  };
}
