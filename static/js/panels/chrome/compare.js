/**
 * Pairs of views that are worth a look side by side, one press each.
 *
 * @import {Boot, State} from "../../types.js"
 * @import {Actions} from "../../state/actions.js"
 */

import { pairsOf } from "../../view/comparison.js";
import { words } from "../../words/words.js";
import { attribute, changes, h } from "../parts/element.js";

/** @param {HTMLElement} host @param {Boot} boot @param {Actions} actions */
export function createCompare(host, boot, actions) {
  const list = h("ul", { class: "pair-list" });
  const close = h(
    "button",
    { type: "button", class: "secondary", onclick: () => actions.compare(null) },
    words.closeCompare,
  );
  host.append(h("p", { class: "caption" }, words.compareNote), list, close);
  const changed = changes();
  return {
    /** @param {State} state */
    update({ view }) {
      if (!changed(view)) return;
      attribute(close, "hidden", view.b === null);
      const pairs = pairsOf(boot, view);
      list.replaceChildren(
        ...pairs.map((pair) =>
          h(
            "li",
            {},
            h(
              "button",
              { type: "button", class: "secondary", onclick: () => actions.compare(pair) },
              pair.name,
            ),
          ),
        ),
      );
    },
  };
}
