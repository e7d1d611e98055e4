/**
 * A slider over the recorded training steps of a model.
 *
 * @import {Boot, ModelInfo} from "../../boot_types.js"
 * @import {State, Trace} from "../../types.js"
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

/** The button that plays a training. @param {() => void} toggle */
function createWatchButton(toggle) {
  const picture = icon("play");
  const element = h("button", { type: "button", class: "icon-button", onclick: toggle }, picture);
  return {
    element,
    /** @param {boolean} running */
    update(running) {
      redraw(picture, running ? "pause" : "play");
      attribute(element, "aria-label", running ? words.pauseTraining : words.watchTraining);
      attribute(element, "title", running ? words.pauseTraining : words.watchTraining);
    },
  };
}

/** The slider over the recorded steps. */
function createStepSlider() {
  const id = "training-step";
  const range = h("input", { type: "range", class: "dial", min: 0, step: 1, id, "data-keys": "arrows" });
  const where = h("output", { class: "training-where", for: id });
  return {
    range,
    elements: [h("label", { class: "sr-only", for: id }, words.trainingStep), range, where],
    /** @param {number} at  index of the step @param {readonly number[]} steps */
    update(at, steps) {
      attribute(range, "max", steps.length - 1);
      range.value = String(at);
      const text = words.stepOf(steps[at] ?? 0, steps.at(-1) ?? 0);
      setText(where, text);
      attribute(range, "aria-valuetext", text);
    },
  };
}

/** @param {Trace} trace */
function busiestInWords(trace) {
  const found = busiestOf(trace);
  const { experts, top_k: k } = trace.model;
  return found ? words.busiestOf(found.ratio, found.layer + 1, experts / k) : "";
}

/** @param {HTMLElement} host @param {Boot} boot @param {Actions} actions */
export function createTraining(host, boot, actions) {
  const model = createSegments({
    label: words.trainedModel,
    quiet: true,
    choose: (name) => actions.setRequest({ model: String(name), step: chosen }),
  });
  const segments = recordedOf(boot).map(({ name }) => ({ value: name, label: name }));
  const watch = createWatchButton(() => run(!running));
  const slider = createStepSlider();
  const { range } = slider;
  const busiest = h("span", { class: "training-busiest", title: words.busiestHint });
  host.append(model.element, h("div", { class: "training-row" }, watch.element, ...slider.elements), busiest);
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
    watch.update(on);
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
        slider.update(moment(), steps);
      }
      if (!complete || !arrived(trace)) return;
      setText(busiest, busiestInWords(trace));
      goOn();
    },
    dispose() {
      clearTimeout(due);
      host.replaceChildren();
    },
  };
}
