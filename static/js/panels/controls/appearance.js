/**
 * Appearance: theme, palette, and reduced motion.
 *
 * @import {Boot} from "../../boot_types.js"
 * @import {PaletteName, State, Theme} from "../../types.js"
 * @import {Actions} from "../../state/actions.js"
 */

import { PALETTE_NAMES, THEMES } from "../../view/palettes.js";
import { translationsOf } from "../../view/url.js";
import { language, LANGUAGES } from "../../words/language.js";
import { words } from "../../words/words.js";
import { changes, h } from "../parts/element.js";
import { createSegments } from "../parts/segments.js";

/** @template {string} V @param {readonly V[]} values @param {Record<V, string>} labels */
const segmentsOf = (values, labels) => values.map((value) => ({ value, label: labels[value] }));

/** @param {HTMLElement} host @param {Actions} actions */
export function createAppearance(host, actions) {
  const theme = createSegments({
    label: words.theme,
    choose: (/** @type {Theme} */ value) => actions.setView({ theme: value }),
  });
  const palette = createSegments({
    label: words.palette,
    choose: (/** @type {PaletteName} */ value) => actions.setView({ palette: value }),
  });
  const colour = createSegments({
    label: words.colour,
    choose: (/** @type {"group" | "heat"} */ value) => actions.setView({ colour: value }),
  });
  const still = h("input", { type: "checkbox" });
  still.addEventListener("change", () => actions.setStill(still.checked));
  host.append(
    theme.element,
    palette.element,
    colour.element,
    h("label", { class: "switch" }, still, h("span", {}, words.stillSwitch)),
  );
  const themes = segmentsOf(THEMES, words.themes);
  const palettes = segmentsOf(PALETTE_NAMES, words.palettes);
  const colours = segmentsOf(/** @type {const} */ (["group", "heat"]), words.colours);
  return {
    /** @param {State} state */
    update({ view, still: less }) {
      theme.update(view.theme, themes);
      palette.update(view.palette, palettes);
      colour.update(view.colour ?? "group", colours);
      still.checked = less;
    },
    dispose: () => host.replaceChildren(),
  };
}

/** @param {Boot} boot */
export function createLanguage(boot) {
  const others = boot.exported ? [] : LANGUAGES.filter((each) => each !== language);
  const links = others.map((lang) =>
    h("a", { class: "language", lang, hreflang: lang, rel: "alternate" }, words.languages[lang]),
  );
  const moved = changes();
  return {
    links,
    /** @param {State} state */
    update(state) {
      if (!moved(state.view, state.at)) return;
      const found = translationsOf(state, boot);
      for (const link of links) link.href = found.find(({ lang }) => lang === link.lang)?.address ?? "?";
    },
  };
}
