/**
 * Controls of generation: Continue, Stop, temperature, and another seed.
 *
 * @import {Boot} from "../../boot_types.js"
 * @import {State} from "../../types.js"
 * @import {Actions} from "../../state/actions.js"
 */

import { limitsOf } from "../../view/keys.js";
import { words } from "../../words/words.js";
import { attribute, changes, h, setText } from "../parts/element.js";

/** @param {Actions} actions */
function createTemperature(actions) {
  const range = h("input", {
    type: "range",
    id: "temperature",
    class: "dial",
    min: 0,
    max: 2,
    step: 0.1,
    title: words.temperatureHint,
  });
  const value = h("output", { class: "dial-value", for: "temperature" });
  range.addEventListener("input", () => setText(value, range.value));
  range.addEventListener("change", () => actions.writeOn({ temperature: range.valueAsNumber }));
  return {
    element: h(
      "div",
      { class: "field" },
      h("label", { class: "label", for: "temperature" }, words.temperature),
      h("div", { class: "dial-row" }, range, value),
    ),
    /** @param {number} temperature */
    update(temperature) {
      range.value = String(temperature);
      setText(value, String(temperature));
    },
  };
}

/** Returns the label of the button. @param {State} state */
export function buttonOf({ view, writing }) {
  if (writing) return words.stopWriting;
  return view.continue ? words.writeMore : words.writeOn;
}

/** @param {Boot} boot @param {Actions} actions */
export function createGeneration(boot, actions) {
  let seed = 0;
  /** @type {State["writing"]} */
  let running = "";
  const button = h("button", { type: "button", class: "primary writing-button" }, words.writeOn);
  button.addEventListener("click", () => (running ? actions.stopWriting() : actions.writeOn()));
  const count = h("span", { class: "room", role: "status" });
  const again = h(
    "button",
    { type: "button", class: "secondary", title: words.anotherDrawHint },
    words.anotherDraw,
  );
  again.addEventListener("click", () => actions.writeOn({ seed: seed + 1 }));
  const temperature = createTemperature(actions);
  const element = h(
    "div",
    { class: "writing" },
    h("div", { class: "writing-row" }, button, again, count),
    temperature.element,
  );
  const changed = changes();
  return {
    element,
    /** @param {State} state */
    update(state) {
      const { view, writing, trace } = state;
      if (!changed(view, writing, trace?.tokens, trace?.complete)) return;
      [seed, running] = [view.seed, writing];
      const made = trace?.tokens.filter(({ written }) => written).length ?? 0;
      attribute(element, "hidden", view.source !== "live" || boot.exported !== undefined);
      setText(button, buttonOf(state));
      attribute(button, "disabled", !writing && made >= limitsOf(boot, "continue")[1]);
      attribute(again, "hidden", !view.continue || writing !== "");
      setText(count, made ? words.writtenCount(made, view.seed) : words.writeOnHint);
      temperature.update(view.temperature);
      attribute(temperature.element, "hidden", !view.continue && !writing);
    },
  };
}
