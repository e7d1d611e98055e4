/**
 * The badge that says where the routing comes from.
 *
 * @import {State} from "../../types.js"
 */

import { words } from "../../words/words.js";
import { attribute, h, setText } from "./element.js";

/** The word AUTHORED or LIVE; its note opens on hover, focus or tap. @param {string} [id]  of the note */
export function createBadge(id = "badge-note") {
  const word = h("span", { class: "badge-word" });
  const note = h("span", { class: "badge-note", role: "tooltip", id });
  const button = h("button", { type: "button", class: "badge-button", "aria-describedby": id }, word);
  const element = h("span", { class: "badge", hidden: true }, button, note);
  return {
    element,
    /** @param {State} state */
    update({ trace }) {
      attribute(element, "hidden", !trace);
      if (!trace) return;
      const { badge } = trace.origin;
      attribute(element, "data-badge", badge);
      setText(word, words.badgeWords[badge] ?? badge);
      setText(note, words.originNote(trace.origin, trace.model) || words.badges[badge] || "");
    },
  };
}
