/**
 * The legend of a router with expert capacity: filled, full, dropped.
 *
 * @import {State} from "../../types.js"
 */

import { coloursOf } from "../../view/palettes.js";
import { words } from "../../words/words.js";
import { attribute, changes, h, setStyle } from "./element.js";

const { capacityLegend: said } = words.routing;

/** Colours of the palette in the scene. */
const MARKS = /** @type {const} */ ({ taken: "ember", full: "amber", dropped: "refused" });
const NAMES = /** @type {(keyof typeof MARKS)[]} */ (Object.keys(MARKS));

/** Hidden for routers without a capacity. */
export function createCapacityLegend() {
  const items = NAMES.map((name) => h("li", { "data-capacity": name }, said[name]));
  const element = h("ul", { class: "capacity-legend", hidden: true, "aria-label": said.label }, ...items);
  const changed = changes();
  return {
    element,
    /** @param {State} state */
    update({ trace, view, theme }) {
      attribute(element, "hidden", !trace?.model.capacity);
      if (!changed(view.palette, theme)) return;
      const colours = coloursOf(view.palette, theme);
      items.forEach((item, i) => setStyle(item, "--tint", colours[MARKS[NAMES[i]]]));
    },
  };
}
