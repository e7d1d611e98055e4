/**
 * A slider over the recorded training steps of a model.
 *
 * @import {Boot, ModelInfo} from "../../boot_types.js"
 * @import {State} from "../../types.js"
 * @import {Actions} from "../../state/actions.js"
 */

import { busiestOf } from "../../counts/loads.js";
import { recordedSteps } from "../../view/model.js";
import { words } from "../../words/words.js";
import { attribute, changes, h, setText } from "../parts/element.js";
import { icon, redraw } from "../parts/icons.js";
import { createSegments } from "../parts/segments.js";

/** Milliseconds per training step during playback. */
const SHOWN_MS = 1100;

/** Returns the models with a recorded training. @param {Boot} boot @returns {ModelInfo[]} */
export function recordedOf(boot) {
  return boot.models.filter(({ steps }) => steps?.length);
}

/** @param {HTMLElement} host @param {Boot} boot @param {Actions} actions */
export function createTraining(host, boot, actions) {
  const model = createSegments({
    label: words.trainedModel,
    quiet: true,
    choose: (name) => actions.setRequest({ model: String(name), step: chosen }),
  });
  const segments = recordedOf(boot).map(({ name }) => ({ value: name, label: name }));
  const picture = icon("play");
  const watch = h("button", { type: "button", class: "icon-button", onclick: () => run(!running) }, picture);
  const range = h("input", {
    type: "range",
    class: "dial",
    min: 0,
    step: 1,
    id: "training-step",
    "data-keys": "arrows",
  });
  const where = h("output", { class: "training-where", for: "training-step" });
  const busiest = h("span", { class: "training-busiest", title: words.busiestHint });
  host.append(
    model.element,
    h(
      "div",
      { class: "training-row" },
      watch,
      h("label", { class: "sr-only", for: "training-step" }, words.trainingStep),
      range,
      where,
    ),
    busiest,
  );
  /** @type {number[]} */
  let steps = [];
  /** @type {number | null} */
  let step = null;
  /** @type {number | null} the step that a user selected; null: the last one */
  let chosen = null;
  let running = false;
  let due = 0;

  range.addEventListener("input", () => {
    run(false);
    go(range.valueAsNumber);
  });
  const go = (/** @type {number} */ moment) => actions.setRequest({ step: steps[moment] });
  const moment = () => (step === null ? steps.length - 1 : steps.indexOf(step));

  /** @param {boolean} on */
  function run(on) {
    running = on;
    clearTimeout(due);
    redraw(picture, on ? "pause" : "play");
    attribute(watch, "aria-label", on ? words.pauseTraining : words.watchTraining);
    attribute(watch, "title", on ? words.pauseTraining : words.watchTraining);
    if (on) go(moment() === steps.length - 1 ? 0 : moment() + 1);
  }
  function goOn() {
    clearTimeout(due);
    if (running && moment() < steps.length - 1) due = window.setTimeout(() => go(moment() + 1), SHOWN_MS);
    else run(false);
  }
  run(false);

  const changed = changes();
  const arrived = changes();
  return {
    /** @param {State} state */
    update({ view, trace }) {
      const shown = view.source === "recorded" && boot.exported === undefined;
      attribute(host, "hidden", !shown);
      if (!shown) return running && run(false);
      const complete = trace?.complete === true && trace.origin.badge === "RECORDED";
      if (changed(view.step, view.model, view.experts)) {
        steps = recordedSteps(boot, view);
        step = view.step;
        chosen = view.given.step ?? null;
        model.update(view.model, segments);
        attribute(range, "max", steps.length - 1);
        range.value = String(moment());
        const said = words.stepOf(steps[moment()] ?? 0, steps.at(-1) ?? 0);
        setText(where, said);
        attribute(range, "aria-valuetext", said);
      }
      if (!complete || !arrived(trace)) return;
      const found = busiestOf(trace);
      setText(
        busiest,
        found ? words.busiestOf(found.ratio, found.layer + 1, trace.model.experts / trace.model.top_k) : "",
      );
      goOn();
    },
    dispose() {
      clearTimeout(due);
      host.replaceChildren();
    },
  };
}
