/**
 * Elements on the canvas: its description for screen readers, the progress of a video.
 *
 * @import {State} from "../../types.js"
 * @import {Actions} from "../../state/actions.js"
 */

import { words } from "../../words/words.js";
import { attribute, changes, h, setText } from "../parts/element.js";

/** @param {Element | null} stage @param {State} state */
function describe(stage, { trace }) {
  const canvas = stage?.querySelector("canvas.scene");
  if (!canvas || !trace) return;
  attribute(canvas, "role", "img");
  attribute(canvas, "aria-label", words.sceneDescribed(trace.model.layers, trace.model.experts));
}

/** @param {() => State | null} other  the state of the second stack; null without one */
export function createDescriptions(other) {
  const first = document.getElementById("stage");
  const second = document.getElementById("stage-b");
  if (second) {
    attribute(second, "role", "region");
    attribute(second, "aria-label", `${words.sideLabel("b")}: ${words.scene}`);
  }
  return {
    /** @param {State} state */
    update(state) {
      describe(first, state);
      const beside = other();
      if (beside) describe(second, beside);
    },
  };
}

/** @param {HTMLElement} host @param {Actions} actions */
export function createRecordingProgress(host, actions) {
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
