/**
 * Badges: where the routing comes from, and the corpus behind it.
 *
 * @import {State} from "../../types.js"
 */

import { corpusShown, recordedWords } from "../../state/corpus.js";
import { itemsOf, itemInWords } from "../../view/alterations.js";
import { alterWords, words } from "../../words/words.js";
import { attribute, h, setText } from "./element.js";

/** The badge of the source, such as AUTHORED or LIVE; its note opens on hover, focus or tap. @param {string} [id]  of the note */
export function createBadge(id = "badge-note") {
  const word = h("span", { class: "badge-word" });
  const note = h("span", { class: "badge-note", role: "tooltip", id });
  const button = h("button", { type: "button", class: "badge-button", "aria-describedby": id }, word);
  const altered = h("span", { class: "badge-altered", hidden: true }, alterWords.alteredWord);
  const element = h("span", { class: "badge", hidden: true }, button, note, altered);
  return {
    element,
    /** @param {State} state */
    update({ trace }) {
      attribute(element, "hidden", !trace);
      if (!trace) return;
      const { badge, alter } = trace.origin;
      attribute(element, "data-badge", badge);
      const { source, engine } = trace.origin;
      const by = source === "live" && engine ? ` · ${engine}` : ""; // the built-in engine has no name
      setText(word, (words.badgeWords[badge] ?? badge) + by);
      attribute(altered, "hidden", !alter);
      const changed = alter ? ` ${alterWords.alteredNote(itemsOf(alter).map(itemInWords))}` : "";
      setText(note, (words.originNote(trace.origin, trace.model) || words.badges[badge] || "") + changed);
    },
  };
}

/** The badge of the corpus behind the routing: RECORDED, the number of tokens, the texts. @param {string} [id]  of the note */
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
