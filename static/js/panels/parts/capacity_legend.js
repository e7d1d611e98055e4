/**
 * What the scene draws of a router whose experts take so many tokens: how far each is filled, which is full, what was dropped.
 *
 * @import {State} from "../../types.js"
 */

import { coloursOf } from "../../view/palettes.js";
import { words } from "../../words/words.js";
import { attribute, changes, h, setStyle } from "./element.js";

const { capacityLegend: said } = words.routing;

/** Which colour of the palette each has in the scene. */
const MARKS = /** @type {const} */ ({ taken: "ember", full: "amber", dropped: "refused" });
const NAMES = /** @type {(keyof typeof MARKS)[]} */ (Object.keys(MARKS));

/** Hidden where nothing limits an expert. */
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
