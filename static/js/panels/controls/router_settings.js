/**
 * The settings that a router reads. A default value is omitted from the link.
 *
 * @import {Boot} from "../../boot_types.js"
 * @import {State} from "../../types.js"
 * @import {Actions} from "../../state/actions.js"
 * @import {Setting} from "../../view/model.js"
 */

import { limitsOf, reads } from "../../view/keys.js";
import { formatDecimal } from "../../words/format.js";
import { words } from "../../words/words.js";
import { attribute, h } from "../parts/element.js";
import { createSliderField, createMenuField } from "../parts/fields.js";

const { settings: names, hints, capacityOf } = words.routing;

/** Ranges of the sliders; a link may exceed them. */
const SCALES = {
  capacity: { min: 0.25, max: 4, step: 0.25 },
  noise: { min: 0, max: 4, step: 0.1 },
  updates: { min: 0, max: 200, step: 1 },
  skew: { min: 0, max: 8, step: 0.5 },
};
/** Values of the menus: those of the papers, and some around them. */
const OFFERS = {
  groups: [1, 2, 4, 8, 16, 32],
  scale: [1, 2.5, 2.827, 16],
  rate: [0.001, 0.003, 0.01, 0.03, 0.1],
};

/**
 * @param {Boot} boot
 * @param {Actions} actions
 * @param {readonly (Setting | "skew")[]} wanted   in this order
 * @param {string} place   prefix of the ids: a setting may have two controls
 */
export function createSettings(boot, actions, wanted, place) {
  const rows = wanted.map((name) => createRow(name));
  const element = h("div", { class: "settings" }, ...rows.map(({ row }) => row.element));

  /** @param {Setting | "skew"} name */
  function createRow(name) {
    const choose = (/** @type {number} */ value) => actions.setRequest({ [name]: value });
    const options = { id: `${place}-${name}`, label: names[name], hint: hints[name], choose };
    if (name === "seed") return { name, row: createSeed(boot, actions) };
    return { name, row: name in SCALES ? createSliderField(options) : createMenuField(options) };
  }

  /** @param {State} state @param {typeof rows[number]} row */
  function show({ view, trace }, { name, row }) {
    if (name === "seed") return row.update(view.seed, undefined, undefined);
    const value = view[name] ?? 0;
    if (name in SCALES) {
      const said = name === "capacity" ? capacityOf(value, trace?.model.capacity) : formatDecimal(value);
      return /** @type {ReturnType<typeof createSliderField>} */ (row).update(
        value,
        SCALES[/** @type {keyof typeof SCALES} */ (name)],
        said,
      );
    }
    /** @type {ReturnType<typeof createMenuField>} */ (row).update(value, offered(view, name), formatDecimal);
  }

  /** @param {State["view"]} view @param {string} name */
  function offered(view, name) {
    if (name !== "topk_groups") return OFFERS[/** @type {keyof typeof OFFERS} */ (name)];
    return Array.from({ length: view.groups ?? 1 }, (_, i) => i + 1);
  }

  return {
    element,
    /** @param {State} state */
    update(state) {
      for (const each of rows) {
        const shown = reads(boot, state.view, each.name);
        attribute(each.row.element, "hidden", !shown);
        if (shown) show(state, each);
      }
    },
  };
}

/** The seed of the noise. @param {Boot} boot @param {Actions} actions */
function createSeed(boot, actions) {
  let seed = 0;
  const value = h("output", { class: "dial-value" });
  const button = h(
    "button",
    { type: "button", class: "secondary", title: hints.seed },
    words.routing.anotherSeed,
  );
  button.addEventListener("click", () =>
    actions.setRequest({ seed: (seed + 1) % limitsOf(boot, "seed")[1] }),
  );
  return {
    element: h(
      "div",
      { class: "field" },
      h("span", { class: "label", title: hints.seed }, names.seed),
      h("div", { class: "dial-row" }, button, value),
    ),
    /** @param {number} chosen @param {unknown} [_scale] @param {unknown} [_said] */
    update(chosen, _scale, _said) {
      seed = chosen;
      value.textContent = String(chosen);
    },
  };
}
