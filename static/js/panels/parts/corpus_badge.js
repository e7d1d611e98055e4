/**
 * The badge of the corpus behind the routing: recorded, and over how many tokens of which texts.
 *
 * @import {State} from "../../types.js"
 */

import { corpusShown, recordedWords } from "../../state/corpus.js";
import { words } from "../../words/words.js";
import { attribute, h, setText } from "./element.js";

/** @param {string} [id]  of the note */
export function createCorpusBadge(id = "corpus-note") {
  const word = h("span", { class: "badge-word" });
  const note = h("span", { class: "badge-note", role: "tooltip", id }, words.corpus.note);
  const button = h("button", { type: "button", class: "badge-button", "aria-describedby": id }, word);
  const element = h(
    "span",
    { class: "badge corpus-badge", "data-badge": "RECORDED", hidden: true },
    button,
    note,
  );
  return {
    element,
    /** @param {State} state */
    update(state) {
      const shown = corpusShown(state);
      attribute(element, "hidden", !shown);
      if (shown) setText(word, recordedWords(shown));
    },
  };
}
