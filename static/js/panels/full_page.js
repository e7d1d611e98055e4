/**
 * The full page with all panels.
 *
 * @import {Boot} from "../boot_types.js"
 * @import {State} from "../types.js"
 * @import {Actions} from "../state/actions.js"
 * @import {Store} from "../state/store.js"
 */

import { phaseAt } from "../playback/shot.js";
import { hasSheet, levelOf } from "../view/level.js";
import { words } from "../words/words.js";
import { createAnnouncer } from "./chrome/announcer.js";
import { createCompare, createStackLabels } from "./chrome/comparison.js";
import { createCounters } from "./chrome/counters.js";
import { createStripEnd } from "./alter/strip_end.js";
import { createHeader } from "./chrome/header.js";
import { createLevels } from "./chrome/levels.js";
import { createMenu } from "./chrome/menu.js";
import { createDescriptions, createRecordingProgress } from "./chrome/stage_overlay.js";
import { createConnection, createNotices } from "./chrome/status.js";
import { createPaper } from "./chrome/paper.js";
import { createStillPicture } from "./chrome/still_picture.js";
import { createTokens } from "./chrome/token_strip.js";
import { createWholeModel, createWholeButton } from "./chrome/whole_model.js";
import { createControls } from "./controls/controls.js";
import { createScrubber } from "./controls/scrubber.js";
import { createTraining } from "./controls/training_steps.js";
import { createSpeed, createTransport } from "./controls/transport.js";
import { createDrawer } from "./data/drawer.js";
import { createCapturePanel } from "./data/capture_panel.js";
import { createFileDrop } from "./data/file_drop.js";
import { createInspector } from "./data/inspector.js";
import { createQuiz } from "./lessons/question.js";
import { createTour, createTours } from "./lessons/tours.js";
import { attribute, h } from "./parts/element.js";
import { createGlossary } from "./parts/glossary.js";
import { icon } from "./parts/icons.js";
import { createOverlay, opens } from "./parts/popover.js";
import { createDecision } from "./story/decision.js";
import { createEnding } from "./story/ending.js";
import { createShot } from "./story/shot.js";
import { createShare } from "./share/share.js";

/**
 * @typedef {object} PageParts
 * @property {Boot} boot
 * @property {Actions} actions
 * @property {Store<State>} store
 * @property {{open: () => Promise<void>, close: () => void, reopen: () => void, opened: () => boolean, observe: () => void}} viewport
 * @property {() => State | null} other   the state of the second stack, while there is one
 * @property {() => void} play   a dropped file replaces the trace on screen
 * @property {() => void} wake   requests an update of the panels
 * @property {(scale: number) => {width: number, height: number, problem: string}} look   of a picture at that scale
 */

/** @param {string} kind @param {Record<string, unknown>} [more] */
const part = (kind, more = {}) => h("div", { class: kind, ...more });

/** @param {string} name */
const createPopover = (name) =>
  h("section", { class: `popover ${name}`, role: "dialog", "data-inset": true });

function createParts() {
  return {
    masthead: h("header", { class: "masthead", "data-inset": true }),
    controls: h("section", { class: "controls", "aria-label": words.controls, "data-inset": true }),
    controlsBody: part("controls-body"),
    counters: h("section", { class: "counters", "data-inset": true, "aria-label": words.counters }),
    whole: h("section", {
      class: "whole-figures",
      hidden: true,
      "data-inset": true,
      "aria-label": words.wholeModel,
    }),
    views: h("nav", { class: "views", "aria-label": words.views, "data-inset": true }),
    levels: part("levels"),
    presenting: h("button", { type: "button", class: "presenting", hidden: true }, words.levels.presentKeys),
    tools: part("tools"),
    inspector: h("section", {
      class: "inspector",
      "aria-label": words.inspector,
      hidden: true,
      "data-inset": true,
    }),
    decision: h("section", {
      class: "decision",
      "aria-label": words.decision.label,
      hidden: true,
      "data-inset": true,
    }),
    drawer: h("section", { class: "drawer", id: "drawer", hidden: true, "data-inset": true }),
    tokens: part("tokens"),
    training: part("training", { hidden: true }),
    scrubber: part("scrubber"),
    transport: part("transport", { role: "group" }),
    speed: part("speed-place"),
    connection: part("connection"),
    notices: h("aside", { class: "status", "data-inset": true, "aria-label": words.notices }),
    share: createPopover("share"),
    compare: createPopover("compare"),
    keys: createPopover("keys"),
    tours: createPopover("tours"),
    lessons: part("lessons"),
    shot: part("shot", { hidden: true }),
    ending: part("ending", { hidden: true, "data-inset": true }),
    filming: part("filming", {
      role: "group",
      "aria-label": words.film,
      "data-inset": true,
      "data-opens": "share",
    }), // a press on the button does not close the popover
    live: part("sr-only", { role: "status", "aria-live": "polite" }),
  };
}

/** @param {HTMLElement} host @param {ReturnType<typeof createParts>} parts */
function arrange(host, parts) {
  const left = part("left", { "data-inset": true });
  parts.controls.append(parts.controlsBody);
  left.append(parts.masthead, parts.lessons, parts.controls);
  const right = part("right");
  parts.views.append(parts.levels, parts.tools);
  right.append(parts.counters, parts.whole, parts.views, parts.inspector, parts.drawer, parts.decision);
  const deck = h("footer", { class: "deck", "data-inset": true });
  const row = part("deck-row");
  row.append(parts.transport, parts.speed, parts.scrubber, parts.connection);
  deck.append(parts.training, parts.tokens, row);
  host.append(
    left,
    right,
    deck,
    parts.ending,
    parts.notices,
    parts.filming,
    parts.share,
    parts.compare,
    parts.keys,
    parts.tours,
    parts.shot,
    parts.presenting,
    parts.live,
  );
}

/** @param {"share" | "keys" | "compare" | "tours"} name @param {string} label @param {Actions} actions */
function opener(name, label, actions) {
  const button = h(
    "button",
    { type: "button", class: `tool tool-${name}` },
    icon(name === "keys" ? "menu" : name),
    h("span", { class: "tool-word" }, label),
  );
  return { button, ...opens(name, button, actions) };
}

/**
 * @param {HTMLElement} host
 * @param {PageParts} surroundings
 */
export function createPage(host, { boot, actions, viewport, wake, play, other, look }) {
  const parts = createParts();
  arrange(host, parts);
  const shareBody = part("share-body");
  const displayBody = part("display-body");
  const compareBody = part("compare-body");
  const toursBody = part("tours-body");
  const tours = boot.tours?.length ? opener("tours", words.tours, actions) : null;
  const files = boot.exported
    ? null
    : createCapturePanel(host, actions, boot, { wake, play, observe: viewport.observe, other });
  const tools = [
    ...(boot.exported ? [] : [opener("compare", words.compare, actions)]),
    opener("share", words.share, actions),
    opener("keys", words.keys, actions),
  ];
  parts.tools.append(...tools.map(({ button }) => button));
  if (files) parts.tools.append(files.button);
  const openFiles = files && actions.openFiles;
  const whole = createWholeButton(actions);
  parts.views.prepend(whole.element);
  const wholeBelow = createWholeButton(actions);
  wholeBelow.element.classList.add("explored", "narrow");
  const panels = [
    createHeader(parts.masthead, boot, wake, tours?.button),
    createControls(parts.controlsBody, boot, actions),
    createCounters(parts.counters),
    createWholeModel(parts.whole),
    whole,
    wholeBelow,
    createLevels(parts.levels, actions),
    createInspector(parts.inspector, actions, boot, wake),
    createDecision(parts.decision, actions),
    createDrawer(parts.drawer, actions, wake, boot),
    createTokens(parts.tokens, actions, boot),
    ...(boot.exported ? [] : [createStripEnd(parts.tokens, actions, wake)]),
    createTraining(parts.training, boot, actions),
    createScrubber(parts.scrubber, actions),
    createTransport(parts.transport, actions),
    createSpeed(parts.speed, actions),
    createConnection(parts.connection),
    createNotices(parts.notices, actions),
    createOverlay(parts.share, { name: "share", title: words.shareTitle, body: shareBody, actions }),
    createShare(shareBody, boot, actions, look),
    createRecordingProgress(parts.filming, actions),
    createOverlay(parts.keys, { name: "keys", title: words.keysTitle, body: displayBody, actions }),
    createMenu(displayBody, boot, actions, openFiles),
    createOverlay(parts.compare, { name: "compare", title: words.compareTitle, body: compareBody, actions }),
    createCompare(compareBody, boot, actions),
    createTour(parts.lessons, boot, actions, viewport.observe),
    createQuiz(parts.lessons, boot, actions, viewport.observe),
    createOverlay(parts.tours, { name: "tours", title: words.toursTitle, body: toursBody, actions }),
    createTours(toursBody, boot, actions),
    createShot(parts.shot, actions),
    createEnding(parts.ending, boot, actions),
    createGlossary(host),
    createStackLabels(host, other, viewport.observe),
    createStillPicture(host, boot),
    ...(files ? [createFileDrop(host, files.take), files] : []),
    createAnnouncer(parts.live),
    createDescriptions(other),
    ...(tours ? [tours] : []),
    ...tools,
  ];
  parts.controlsBody.append(wholeBelow.element);
  parts.presenting.addEventListener("click", () => actions.setLevel("story"));
  return {
    /** @param {State} state */
    update(state) {
      attribute(host, "data-panel", state.view.panel);
      attribute(host, "data-level", levelOf(state.view));
      attribute(parts.presenting, "hidden", state.view.level !== "present");
      attribute(host, "data-sheet", hasSheet(state));
      attribute(host, "data-overlay", state.overlay === "none" ? null : state.overlay);
      attribute(host, "data-shot", state.shot === null ? null : (phaseAt(state.shot) ?? "bare"));
      attribute(host, "data-lesson", state.view.tour !== "" || state.view.quiz !== null);
      for (const panel of panels) panel.update(state);
    },
    /** @param {() => void} begin */
    start: (begin) => begin(),
    print: createPaper(host, boot).print,
  };
}
