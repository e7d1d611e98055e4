/**
 * The menu: presenting, tours and files, then appearance, then keyboard shortcuts.
 *
 * @import {Boot} from "../../boot_types.js"
 * @import {State} from "../../types.js"
 * @import {Actions} from "../../state/actions.js"
 */

import { captureWords, words } from "../../words/words.js";
import { createAppearance, createLanguage } from "../controls/appearance.js";
import { h } from "../parts/element.js";

/** @param {string} label @param {() => void} act @param {Record<string, unknown>} [more] */
function row(label, act, more = {}) {
  return h("button", { type: "button", class: "secondary", onclick: act, ...more }, label);
}

/**
 * @param {HTMLElement} host
 * @param {Boot} boot
 * @param {Actions} actions
 * @param {(() => void) | null} openFiles
 */
export function createMenu(host, boot, actions, openFiles) {
  const languages = createLanguage(boot);
  host.append(
    h(
      "div",
      { class: "buttons menu-rows" },
      row(words.levels.present, () => actions.setLevel("present"), { title: words.levels.presentHint }),
      !!boot.tours?.length &&
        row(words.tours, () => actions.toggleOverlay("tours"), { class: "secondary narrow" }),
      !boot.exported &&
        row(words.compare, () => actions.toggleOverlay("compare"), { class: "secondary narrow" }),
      openFiles && row(captureWords.open, openFiles, { class: "secondary narrow" }),
      ...languages.links.map((link) => h("span", { class: "narrow" }, link)),
    ),
  );
  const display = createAppearance(host, actions);
  host.append(createKeys());
  return {
    /** @param {State} state */
    update(state) {
      languages.update(state);
      display.update(state);
    },
    dispose: () => host.replaceChildren(),
  };
}

/** Returns the list of keyboard shortcuts. */
function createKeys() {
  return h(
    "section",
    {},
    h("h3", {}, words.keysHeading),
    h(
      "dl",
      { class: "key-list" },
      ...words.keyList.map(([key, does]) => h("div", {}, h("dt", {}, h("kbd", {}, key)), h("dd", {}, does))),
    ),
  );
}
