/**
 * One button that stands for the controls that Story leaves out where there is little room.
 *
 * @import {State} from "../../types.js"
 * @import {Actions} from "../../state/actions.js"
 */

import { words } from "../../words/words.js";
import { attribute, h, setText } from "../parts/element.js";
import { icon } from "../parts/icons.js";

/** Says the shape that Story leaves out where there is little room, and leads to its controls. @param {Actions} actions */
export function createSummary(actions) {
  const text = h("span", {});
  const element = h(
    "button",
    { type: "button", class: "summary", onclick: () => actions.setLevel("explore") },
    text,
    icon("down"),
  );
  return {
    element,
    /** @param {State} state */
    update({ view, trace }) {
      const { experts, top_k: k } = trace?.model ?? { experts: view.experts, top_k: view.k };
      const told = words.levels.summary(experts, k);
      setText(text, told);
      attribute(element, "aria-label", words.levels.summaryLabel(told));
    },
  };
}
