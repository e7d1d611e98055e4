/**
 * The view for a frame in an article: scene, counters, badge, play button, tokens, a link to the full page. It starts
 * when it becomes visible, pauses when it is hidden, and then releases its WebGL context.
 *
 * @import {State} from "../types.js"
 * @import {PageParts} from "./full_page.js"
 */

import { createFrameVisibility } from "../embed/frame_visibility.js";
import { shareScenes } from "../embed/scene_sharing.js";
import { BEATS, beatAt, phaseAt } from "../playback/shot.js";
import { titleOf } from "../view/title.js";
import { formatView, currentView } from "../view/url.js";
import { words } from "../words/words.js";
import { createAnnouncer } from "./chrome/announcer.js";
import { createStackLabels } from "./chrome/comparison.js";
import { createCounters } from "./chrome/counters.js";
import { createPaper } from "./chrome/paper.js";
import { createDescriptions } from "./chrome/stage_overlay.js";
import { createNotices } from "./chrome/status.js";
import { createStillPicture } from "./chrome/still_picture.js";
import { createTokens } from "./chrome/token_strip.js";
import { createPlayButton } from "./controls/transport.js";
import { createQuiz } from "./lessons/question.js";
import { createTour } from "./lessons/tours.js";
import { createDecision } from "./story/decision.js";
import { createEnding } from "./story/ending.js";
import { createShot } from "./story/shot.js";
import { createBadge, createCorpusBadge } from "./parts/badge.js";
import { attribute, changes, h, setText } from "./parts/element.js";
import { createGlossary } from "./parts/glossary.js";
import { icon, iconButton } from "./parts/icons.js";

/** Returns the part of the shot for the style sheet; in the last beat the camera draws away. @param {number} secs */
function partOfShot(secs) {
  return beatAt(secs) === BEATS.length - 1 ? "away" : (phaseAt(secs) ?? "bare");
}

/** A small frame has one row of counters and no strip. @param {HTMLElement} host @param {PageParts} surroundings */
export function createPage(host, { boot, actions, store, viewport, other }) {
  const still = createStillPicture(host, boot);
  still.element.addEventListener("click", () => store.get().scene === "lost" && viewport.reopen());
  const badge = createBadge();
  const corpus = createCorpusBadge();
  const title = h("h1", { class: "title" });
  const counters = h("div", {
    class: "counters",
    "data-inset": true,
    role: "group",
    "aria-label": words.counters,
  });
  const tokens = h("div", { class: "tokens" });
  const notices = h("div", { class: "status", "data-inset": true });
  const lessons = h("div", { class: "lessons" });
  const shot = h("div", { class: "shot", hidden: true });
  const decision = h("section", {
    class: "decision",
    "aria-label": words.decision.label,
    hidden: true,
    "data-inset": true,
  });
  const ending = h("div", { class: "ending", hidden: true, "data-inset": true });
  const live = h("div", { class: "sr-only", role: "status", "aria-live": "polite" });
  const play = createPlayButton(actions);
  const link = h(
    "a",
    { class: "open-full", target: "_blank", rel: "noopener", "aria-label": words.openFull },
    h("span", {}, words.openFull),
    icon("out"),
  );
  const restart = iconButton("restart", words.restart, actions.restart);
  host.append(
    h(
      "header",
      { class: "embed-head", "data-inset": true },
      h("div", { class: "title-row" }, title, badge.element, corpus.element),
      counters,
    ),
    h("footer", { class: "deck", "data-inset": true }, play.element, restart, tokens, link),
    decision,
    ending,
    lessons,
    notices,
    shot,
    live,
  );
  const panels = [
    badge,
    corpus,
    play,
    createCounters(counters),
    createTokens(tokens, actions, boot),
    createNotices(notices, actions, words.noSceneBrief),
    still,
    createStackLabels(host, other, viewport.observe),
    createDescriptions(other),
    createAnnouncer(live, () => document.hasFocus()),
    createTour(lessons, boot, actions, viewport.observe),
    createQuiz(lessons, boot, actions, viewport.observe),
    createShot(shot, actions),
    createDecision(decision, actions),
    createEnding(ending, boot, actions),
    createGlossary(host),
  ];
  const paper = createPaper(host, boot);
  const moved = changes();
  const frameVisibility = createFrameVisibility({ store, viewport, actions });
  const { leave } = shareScenes({ store, ...viewport, channel: new BroadcastChannel("moescope.scenes") });
  window.addEventListener("pagehide", leave);
  return {
    /** @param {State} state */
    update(state) {
      for (const panel of panels) panel.update(state);
      attribute(host, "data-shot", state.shot === null ? null : partOfShot(state.shot));
      attribute(still.element, "data-press", state.scene === "lost");
      attribute(host, "data-lesson", state.view.tour !== "" || state.view.quiz !== null);
      if (!moved(state.view, state.at, state.trace?.origin)) return;
      link.href = `${boot.exported?.home ?? ""}/${formatView(currentView(state), boot)}`;
      const name = state.trace?.origin.file ?? titleOf(boot, state.view).title;
      setText(title, name);
      attribute(host, "aria-label", `${name} · ${words.product}`);
    },
    /** @param {() => void} begin */
    start: (begin) => frameVisibility.watch(host, begin),
    print: paper.print,
    play: frameVisibility.play,
    pause: frameVisibility.pause,
  };
}
