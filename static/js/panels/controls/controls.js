/**
 * The controls of the request and of the view.
 *
 * @import {Boot} from "../../boot_types.js"
 * @import {Camera, Mode, Source, State} from "../../types.js"
 * @import {Actions} from "../../state/actions.js"
 * @import {Segment} from "../parts/segments.js"
 */

import { reads } from "../../view/keys.js";
import { routerOf, shapeOf } from "../../view/model.js";
import { words } from "../../words/words.js";
import { attribute, changes, h, setText } from "../parts/element.js";
import { withTerms } from "../parts/glossary.js";
import { iconButton } from "../parts/icons.js";
import { createSegments } from "../parts/segments.js";
import { createCorpusChoice } from "./corpus.js";
import { createGeneration } from "./generation.js";
import { createFloor, createFold } from "./layer_controls.js";
import { createModelMenu } from "./model_menu.js";
import { createPrompt } from "./prompt.js";
import { createRouter } from "./router.js";
import { createSummary } from "./summary.js";
import { createSpeed } from "./transport.js";

/**
 * Returns segments for an enumeration, in the order of its labels.
 * @template {string} V
 * @param {Record<V, string>} labels
 * @param {Partial<Record<V, string>>} [hints]
 * @returns {Segment<V>[]}
 */
function segmentsOf(labels, hints = {}) {
  return /** @type {V[]} */ (Object.keys(labels)).map((value) => ({
    value,
    label: labels[value],
    hint: hints[value],
  }));
}

/**
 * Returns the offered numbers, and the current one of a link.
 * @param {readonly number[]} offered
 * @param {number} current
 * @param {(value: number) => boolean} [possible]  the others are disabled
 * @returns {Segment<number>[]}
 */
export function numbersWith(offered, current, possible = () => true) {
  const all = [...new Set([...offered, current])].sort((a, b) => a - b);
  return all.map((value) => ({ value, label: String(value), disabled: !possible(value) }));
}

/** Returns the sources; training only if one was recorded. @param {Boot} boot */
function sourcesOf(boot) {
  const all = segmentsOf(/** @type {Record<Source, string>} */ (words.sources));
  return all.filter(({ value }) => value !== "recorded" || boot.models.some(({ steps }) => steps?.length));
}
const MODES = segmentsOf(/** @type {Record<Mode, string>} */ (words.modes), words.modeHints);
const CAMERAS = segmentsOf(/** @type {Record<Camera, string>} */ (words.cameras));

/** Returns whether k can be changed: the source reads it, and the router does not fix it. @param {Boot} boot @param {State["view"]} view */
function isFree(boot, view) {
  return reads(boot, view, "k") && !routerOf(boot, view)?.fixed_k;
}

/** The segments of the request and of the view. @param {Boot} boot @param {Actions} actions */
function createChoices(boot, actions) {
  const { offers } = boot;
  const source = createSegments({
    label: words.source,
    choose: (value) => actions.setRequest({ source: /** @type {Source} */ (value) }),
  });
  const experts = createSegments({
    label: words.experts,
    meaning: "expert",
    choose: (/** @type {number} */ value) => actions.setRequest({ experts: value }),
  });
  const k = createSegments({
    label: words.k,
    meaning: "top_k",
    choose: (/** @type {number} */ value) => actions.setRequest({ k: value }),
  });
  const mode = createSegments({
    label: words.mode,
    meaning: "mode",
    choose: (value) => actions.setView({ mode: /** @type {Mode} */ (value) }),
  });
  const camera = createSegments({
    label: words.camera,
    choose: (value) => actions.setView({ camera: /** @type {Camera} */ (value) }),
  });
  const sources = sourcesOf(boot);
  return {
    source,
    experts,
    k,
    mode,
    camera,
    /** @param {Pick<State, "view" | "trace">} state */
    update({ view, trace }) {
      source.update(view.source, sources);
      experts.update(view.experts, numbersWith(shapeOf(boot, view) ? [] : offers.experts, view.experts));
      const chosen = reads(boot, view, "k") ? view.k : (trace?.model.top_k ?? view.k);
      const free = isFree(boot, view);
      k.update(
        chosen,
        numbersWith(offers.k, chosen, (value) => free || value === chosen),
      );
      mode.update(view.mode, MODES);
      camera.update(view.camera, CAMERAS);
    },
  };
}

/** @param {HTMLElement} host @param {Boot} boot @param {Actions} actions */
export function createControls(host, boot, actions) {
  const choices = createChoices(boot, actions);
  const { source, experts, k, mode, camera } = choices;
  const prompt = createPrompt(boot, actions);
  const floor = createFloor(actions);
  const fold = createFold(actions);
  const corpus = createCorpusChoice(boot, actions);
  const writing = createGeneration(boot, actions);
  const model = createModelMenu(boot, actions);
  const router = createRouter(boot, actions);
  const shape = createShape(boot, actions);
  const summary = createSummary(actions);
  const narrow = createNarrow(actions);
  for (const { element } of [router, camera, fold, corpus]) element.classList.add("explored");
  /** @param {Record<string, unknown>} more @param {...HTMLElement} elements */
  const group = (more, ...elements) => h("div", { class: "group", ...more }, ...elements);
  const [text, typed] = prompt.elements;
  host.append(
    group({ "data-asks": true }, text, source.element, model.element, typed, writing.element),
    group({ "data-asks": true }, shape.element, experts.element, k.element, router.element),
    group({}, mode.element, camera.element, floor.element, fold.element, corpus.element),
    narrow.element,
    h("p", { class: "taught explored narrow" }, ...withTerms(words.levels.taught)),
    summary.element,
  );
  const always = [floor, fold, corpus, writing, router, shape, summary, narrow, model];
  const changed = changes();
  return {
    /** @param {State} state */
    update(state) {
      for (const each of always) each.update(state);
      const { view, trace } = state;
      if (!changed(view, trace)) return;
      prompt.update(state);
      choices.update(state);
      attribute(host, "data-source", view.source);
    },
    dispose: () => host.replaceChildren(),
  };
}

/** Controls that narrow screens show here. @param {Actions} actions */
function createNarrow(actions) {
  const place = h("div", { class: "field" }, h("span", { class: "label" }, words.speed));
  const speed = createSpeed(place, actions);
  return { element: h("div", { class: "group explored narrow" }, place), update: speed.update };
}

/** @param {Boot} boot @param {Actions} actions */
export function createShape(boot, actions) {
  const name = h("button", {
    type: "button",
    class: "shape-name",
    onclick: () => actions.setView({ panel: "models" }),
  });
  const leave = iconButton(
    "close",
    words.models.leaveShape,
    () => actions.setRequest({ shape: "" }),
    "small",
  );
  const element = h(
    "div",
    { class: "field shape", hidden: true },
    h("span", { class: "label" }, words.models.shapeOf),
    h("div", { class: "shape-row" }, name, leave),
  );
  return {
    element,
    /** @param {State} state */
    update({ view }) {
      const shape = shapeOf(boot, view);
      attribute(element, "hidden", shape === null);
      setText(name, shape ? shape.name || words.models.ownConfig : "");
      attribute(leave, "hidden", boot.exported !== undefined);
    },
  };
}
