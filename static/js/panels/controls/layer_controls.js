/**
 * Controls of layers: the examined layer, and the folded layers.
 *
 * @import {State} from "../../types.js"
 * @import {Actions} from "../../state/actions.js"
 */

import { floorOf, foldOf, nextFold, TALL, toggledFold } from "../../view/layers.js";
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

/** @param {Actions} actions */
export function createFold(actions) {
  /** @type {State | null} */
  let now = null;
  const layersOf = () => now?.trace?.model.layers ?? 0;
  const move = (/** @type {1 | -1} */ direction) =>
    now && actions.setView({ fold: nextFold(now, direction) });
  const down = h(
    "button",
    { type: "button", "aria-label": words.foldDown, onclick: () => move(-1) },
    icon("minus"),
  );
  const up = h(
    "button",
    { type: "button", "aria-label": words.foldUp, onclick: () => move(1) },
    icon("plus"),
  );
  const shown = h("output", { class: "stepper-value" });
  const stepper = h("div", { class: "stepper", role: "group", "aria-label": words.fold }, down, shown, up);
  const toggle = h("button", {
    type: "button",
    class: "fold",
    onclick: () => now && actions.setView({ fold: toggledFold(now) }),
  });
  const element = h(
    "div",
    { class: "field", hidden: true },
    h("span", { class: "label" }, words.fold),
    h("div", { class: "folding" }, stepper, toggle),
  );
  return {
    element,
    /** @param {State} state */
    update(state) {
      now = state;
      const layers = layersOf();
      const fold = foldOf(state);
      // TOP shows one layer.
      attribute(element, "hidden", state.view.camera === "top" || (layers < TALL && !fold));
      setText(
        shown,
        fold ? words.foldOf(words.layerRange(fold.first + 1, fold.last + 1), layers) : words.foldNone(layers),
      );
      setText(toggle, fold ? words.unfold : words.foldAround);
      attribute(toggle, "title", fold ? words.unfoldHint : words.foldAroundHint);
      attribute(down, "disabled", !fold || fold.first <= 0);
      attribute(up, "disabled", !fold || fold.last >= layers - 1);
    },
  };
}
