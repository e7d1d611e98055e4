/**
 * The way to the same view in another language: a link, as the words are in the document from the server on.
 *
 * @import {Boot, State} from "../../types.js"
 */

import { translationsOf } from "../../browser/document.js";
import { language, LANGUAGES } from "../../words/language.js";
import { words } from "../../words/words.js";
import { changes, h } from "../parts/element.js";

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
