/**
 * The menu of routers, with the settings of the selected one.
 *
 * @import {Boot} from "../../boot_types.js"
 * @import {State} from "../../types.js"
 * @import {Actions} from "../../state/actions.js"
 */

import { reads } from "../../view/keys.js";
import { isOtherRouter, routerOf, shapeOf } from "../../view/model.js";
import { routerName, words } from "../../words/words.js";
import { createCapacityLegend } from "../parts/capacity_legend.js";
import { attribute, changes, h, setText } from "../parts/element.js";
import { createSettings } from "./router_settings.js";

const { routing: said } = words;

/** Families of routers, in the order of their headings. Routers of no family are in the last. */
const FAMILIES = [
  ["topk_norm", "topk", "softmax_after", "noisy_topk"],
  ["switch", "gshard", "st_moe"],
  ["base", "expert_choice"],
  [],
];

/** Settings in the order of their controls, in pairs. */
const ORDER = /** @type {const} */ ([
  "capacity",
  "noise",
  "groups",
  "topk_groups",
  "updates",
  "rate",
  "scale",
  "seed",
]);

/** @param {Boot} boot */
function options({ routers = [] }) {
  const placed = FAMILIES.flat();
  return FAMILIES.map((family, i) => {
    const here = routers.filter(
      ({ name }) => family.includes(name) || (i === FAMILIES.length - 1 && !placed.includes(name)),
    );
    return h(
      "optgroup",
      { label: said.families[i] },
      ...here.map(({ name }) => h("option", { value: name }, routerName(name))),
    );
  });
}

/** @param {Boot} boot @param {Actions} actions */
export function createRouter(boot, actions) {
  const select = h("select", { id: "router" }, ...options(boot));
  const source = h("p", { class: "router-source", lang: "en" });
  const settings = createSettings(boot, actions, ORDER, "router");
  const capacity = createCapacityLegend();
  capacity.element.classList.add("narrow");
  const more = h("div", { class: "router-more", hidden: true }, source, settings.element, capacity.element);
  const element = h(
    "div",
    { class: "router" },
    h(
      "div",
      { class: "field" },
      h("label", { class: "label", for: "router", title: said.hint }, said.label),
      select,
    ),
    more,
  );
  select.addEventListener("change", () => actions.setRequest({ router: select.value }));
  const changed = changes();
  return {
    element,
    /** @param {State} state */
    update(state) {
      const { view } = state;
      capacity.update(state);
      if (!changed(view, state.trace?.model)) return;
      const router = routerOf(boot, view);
      attribute(element, "hidden", !router || !reads(boot, view, "router"));
      if (!router) return;
      select.value = router.name;
      attribute(select, "title", said.does[router.name] ?? "");
      attribute(more, "hidden", !isOtherRouter(view) && !shapeOf(boot, view));
      setText(source, router.source);
      settings.update(state);
    },
  };
}
