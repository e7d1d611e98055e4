/**
 * Fields for a number: a slider or a menu, with a label and a hint.
 */

import { attribute, changes, h, setText } from "./element.js";

/**
 * @param {object} options
 * @param {string} options.id
 * @param {string} options.label
 * @param {string} options.hint
 * @param {(value: number) => void} options.choose   called while it moves
 */
export function createSliderField({ id, label, hint, choose }) {
  const range = h("input", { type: "range", id, class: "dial", title: hint });
  const value = h("output", { class: "dial-value", for: id });
  range.addEventListener("input", () => choose(range.valueAsNumber));
  return {
    element: h(
      "div",
      { class: "field" },
      h("label", { class: "label", for: id, title: hint }, label),
      h("div", { class: "dial-row" }, range, value),
    ),
    /** @param {number} chosen @param {{min: number, max: number, step: number}} scale @param {string} [said] */
    update(chosen, { min, max, step }, said = String(chosen)) {
      attribute(range, "min", min);
      attribute(range, "max", max);
      attribute(range, "step", step);
      if (range.valueAsNumber !== chosen) range.value = String(chosen);
      attribute(range, "aria-valuetext", said);
      setText(value, said);
    },
  };
}

/**
 * @param {object} options
 * @param {string} options.id
 * @param {string} options.label
 * @param {string} options.hint
 * @param {(value: number) => void} options.choose
 */
export function createMenuField({ id, label, hint, choose }) {
  const select = h("select", { id, title: hint });
  select.addEventListener("change", () => choose(Number(select.value)));
  const offered = changes();
  return {
    element: h(
      "div",
      { class: "field" },
      h("label", { class: "label", for: id, title: hint }, label),
      select,
    ),
    /** @param {number} chosen @param {readonly number[]} offer  the chosen value is added @param {(value: number) => string} [name] */
    update(chosen, offer, name = String) {
      const all = [...new Set([...offer, chosen])].sort((a, b) => a - b);
      if (offered(all.join()))
        select.replaceChildren(...all.map((value) => h("option", { value }, name(value))));
      select.value = String(chosen);
    },
  };
}
