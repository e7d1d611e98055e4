/**
 * A row of buttons, one of which is pressed.
 */

import { attribute, changes, h } from "./element.js";
import { term } from "./glossary.js";

/**
 * @template {string | number} V
 * @typedef {object} Segment
 * @property {V} value
 * @property {string} label
 * @property {string} [hint]
 * @property {boolean} [disabled]
 */

let lastId = 0;

/**
 * @template {string | number} V
 * @param {object} options
 * @param {string} options.label
 * @param {string} [options.hint]
 * @param {import("./glossary.js").Term} [options.meaning]  the label is this glossary term; instead of a hint
 * @param {boolean} [options.quiet]  the label is for screen readers only
 * @param {(value: V) => void} options.choose
 */
export function createSegments({ label, hint, meaning, quiet = false, choose }) {
  const name = `segments-${++lastId}`;
  const row = h("div", { class: "segments", role: "group", "aria-labelledby": name });
  const element = h(
    "div",
    { class: quiet ? "field quiet-field" : "field" },
    h(
      "span",
      { class: quiet ? "sr-only" : "label", id: name, title: hint },
      meaning ? term(meaning, label) : label,
    ),
    row,
  );
  const optionsChanged = changes();
  /** @type {Map<V, HTMLButtonElement>} */
  const buttons = new Map();

  /** @param {readonly Segment<V>[]} segments */
  function lay(segments) {
    buttons.clear();
    for (const { value, label: text, hint: title } of segments) {
      buttons.set(value, h("button", { type: "button", title, onclick: () => choose(value) }, text));
    }
    row.replaceChildren(...buttons.values());
  }

  return {
    element,
    /** @param {V} chosen @param {readonly Segment<V>[]} segments */
    update(chosen, segments) {
      if (optionsChanged(segments.map(({ value, label: text }) => `${value}|${text}`).join())) lay(segments);
      for (const segment of segments) {
        const button = buttons.get(segment.value);
        if (!button) continue;
        attribute(button, "aria-pressed", String(segment.value === chosen));
        attribute(button, "disabled", segment.disabled);
      }
    },
  };
}
