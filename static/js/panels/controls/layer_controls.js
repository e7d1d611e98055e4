/**
 * Which layer TOP looks down on. In SEQUENCE tokens are in many layers at once, so the layer is chosen; in the other
 * modes there is one layer where playback stands, and choosing another goes there.
 *
 * @import {State} from "../../types.js"
 * @import {Actions} from "../../state/actions.js"
 */

import { floorOf } from "../../view/floor.js";
import { words } from "../../words/words.js";
import { attribute, h, setText } from "../parts/element.js";
import { icon } from "../parts/icons.js";

/** @param {Actions} actions */
export function createFloor(actions) {
  let floor = 0;
  let pinned = false;
  /** @param {number} layer */
  function choose(layer) {
    actions.setView({ floor: pinned ? layer : null });
    if (!pinned) actions.seek({ layer });
  }
  const down = h(
    "button",
    { type: "button", "aria-label": words.floorDown, onclick: () => choose(floor - 1) },
    icon("minus"),
  );
  const up = h(
    "button",
    { type: "button", "aria-label": words.floorUp, onclick: () => choose(floor + 1) },
    icon("plus"),
  );
  const shown = h("output", { class: "stepper-value" });
  const stepper = h("div", { class: "stepper", role: "group", "aria-label": words.floor }, down, shown, up);
  const element = h(
    "div",
    { class: "field", hidden: true },
    h("span", { class: "label" }, words.floor),
    stepper,
  );
  return {
    element,
    /** @param {State} state */
    update(state) {
      const layers = state.trace?.model.layers ?? 0;
      attribute(element, "hidden", state.view.camera !== "top" || !layers);
      floor = floorOf(state);
      pinned = state.view.mode === "sequence";
      setText(shown, words.floorOf(floor + 1, layers));
      attribute(down, "disabled", floor <= 0);
      attribute(up, "disabled", floor >= layers - 1);
    },
  };
}
