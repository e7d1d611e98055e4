/**
 * The model whose shape is routed on, and the way back to the small one; nothing where that is it.
 *
 * @import {Boot, State} from "../../types.js"
 * @import {Actions} from "../../state/actions.js"
 */

import { shapeOf } from "../../view/model_shapes.js";
import { words } from "../../words/words.js";
import { attribute, h, setText } from "../parts/element.js";
import { iconButton } from "./transport.js";

/** @param {Boot} boot @param {Actions} actions */
export function createShape(boot, actions) {
  const name = h("button", {
    type: "button",
    class: "shape-name",
    onclick: () => actions.setView({ panel: "models" }),
  });
  const leave = iconButton(
    "close",
    words.models.leaveShape,
    () => actions.setRequest({ shape: "" }),
    "small",
  );
  const element = h(
    "div",
    { class: "field shape", hidden: true },
    h("span", { class: "label" }, words.models.shapeOf),
    h("div", { class: "shape-row" }, name, leave),
  );
  return {
    element,
    /** @param {State} state */
    update({ view }) {
      const shape = shapeOf(boot, view);
      attribute(element, "hidden", shape === null);
      setText(name, shape ? shape.name || words.models.ownConfig : "");
      attribute(leave, "hidden", boot.exported !== undefined);
    },
  };
}
