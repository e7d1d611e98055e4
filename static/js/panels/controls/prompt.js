/**
 * The prompt: one of the scenarios, or a typed text, which only a live model can route.
 *
 * @import {Boot} from "../../boot_types.js"
 * @import {State} from "../../types.js"
 * @import {Actions} from "../../state/actions.js"
 */

import { fetchLength } from "../../api/counts.js";
import { keyNamed } from "../../view/keys.js";
import { words } from "../../words/words.js";
import { attribute, changes, h, setText } from "../parts/element.js";

const OWN = "";

/** @param {Boot} boot @param {Actions} actions */
function createSelect(boot, actions) {
  const own = h("option", { value: OWN, hidden: true }, words.ownPrompt);
  const scenarios = boot.scenarios.map(({ name, title }) => h("option", { value: name }, title));
  const select = h("select", { id: "scenario" }, ...scenarios, own);
  select.addEventListener("change", () => actions.setRequest({ scenario: select.value, prompt: "" }));
  return {
    element: h(
      "div",
      { class: "field" },
      h("label", { class: "label", for: "scenario" }, words.scenario),
      select,
    ),
    /** @param {State["view"]} view */
    update(view) {
      const typed = view.source === "live" && view.prompt !== "";
      attribute(own, "hidden", !typed);
      select.value = typed ? OWN : view.scenario;
    },
  };
}

/** Milliseconds after the last key press. */
const PAUSE = 300;

/** The length of the typed text in tokens of the model, requested when typing pauses. @param {Boot} boot @param {() => void} tell */
function createLength(boot, tell) {
  /** @type {{text: string, found: import("../../api/counts.js").Length | null}} */
  let known = { text: "", found: null };
  let due = 0;
  return {
    view: /** @type {State["view"] | null} */ (null),
    /** @param {string} text */
    of: (text) => (known.text === text ? known.found : null),
    /** @param {string} text */
    ask(text) {
      clearTimeout(due);
      const { view } = this;
      if (!text.trim() || !view || boot.exported) return;
      due = window.setTimeout(async () => {
        known = { text, found: await fetchLength(view, text) };
        tell();
      }, PAUSE);
    },
  };
}

/** @param {Boot} boot @param {Actions} actions */
export function createPrompt(boot, actions) {
  const select = createSelect(boot, actions);
  const limit = keyNamed(boot, "prompt")?.max_chars ?? 0;
  const text = h("textarea", {
    id: "prompt",
    rows: 2,
    maxlength: limit,
    placeholder: words.promptHint,
    spellcheck: "false",
  });
  const room = h("span", { class: "room", role: "status" });
  const route = h("button", { type: "submit", class: "primary", title: words.routeHint }, words.route);
  const form = h(
    "form",
    { class: "prompt-form" },
    h("label", { class: "sr-only", for: "prompt" }, words.prompt),
    text,
    h("div", { class: "prompt-foot" }, room, route),
  );
  const length = createLength(boot, () => count());
  /** Shows the reason why the text cannot be routed, or its length. */
  function count() {
    const blank = text.value !== "" && text.value.trim() === "";
    const known = length.of(text.value);
    const tooLong = known !== null && known.tokens > known.most;
    attribute(form, "data-typed", text.value !== "");
    attribute(route, "disabled", text.value.trim() === "" || tooLong);
    attribute(room, "data-trouble", blank || tooLong);
    setText(room, blank ? words.promptBlank : known ? words.promptTokens(known.tokens, known.most) : "");
    return !blank && !tooLong && text.value !== "";
  }
  const submit = () => count() && actions.setRequest({ source: "live", prompt: text.value });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });
  text.addEventListener("input", () => {
    length.ask(text.value);
    count();
  });
  text.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) submit();
  });
  const promptChanged = changes();
  return {
    elements: [select.element, form],
    /** @param {State} state */
    update({ view }) {
      select.update(view);
      length.view = view;
      const reading = view.source === "live"; // a typed text is kept until a model is selected again
      if (promptChanged(view.prompt, reading) && reading) text.value = view.prompt;
      count();
    },
  };
}
