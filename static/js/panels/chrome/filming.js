/**
 * What stands over the scene while a video is recorded: how far it is, and the way out.
 *
 * @import {State} from "../../types.js"
 * @import {Actions} from "../../state/actions.js"
 */

import { words } from "../../words/words.js";
import { attribute, changes, h, setText } from "../parts/element.js";

/** @param {HTMLElement} host @param {Actions} actions */
export function createFilming(host, actions) {
  const word = h("span", { class: "filming-word" });
  const bar = h("progress", { max: 1, "aria-label": words.filmProgress });
  const cancel = h(
    "button",
    { type: "button", class: "secondary", onclick: actions.stopFilm },
    words.filmCancel,
  );
  host.append(word, bar, cancel);
  const changed = changes();
  attribute(host, "hidden", true);
  return {
    /** @param {State} state */
    update({ film }) {
      if (changed(film !== null)) attribute(host, "hidden", film === null);
      if (film === null) return;
      if (document.activeElement === document.body) cancel.focus({ preventScroll: true });
      setText(word, words.filming(Math.floor(20 * film) / 20));
      bar.value = film;
    },
  };
}
