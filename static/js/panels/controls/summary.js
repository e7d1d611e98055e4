/**
 * A button that replaces the controls at level Story on small screens.
 *
 * @import {State} from "../../types.js"
 * @import {Actions} from "../../state/actions.js"
 */

import { words } from "../../words/words.js";
import { attribute, h, setText } from "../parts/element.js";
import { icon } from "../parts/icons.js";

/** Shows the shape and opens its controls. @param {Actions} actions */
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
