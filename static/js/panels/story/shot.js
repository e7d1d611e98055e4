/**
 * The text of the directed shot: one caption per beat, a progress indicator and a skip button. Any press, wheel or key
 * skips to the end.
 *
 * @import {State} from "../../types.js"
 * @import {Actions} from "../../state/actions.js"
 */

import { decisionOf } from "../../counts/decision.js";
import { BEATS, beatAt, shotToken } from "../../playback/shot.js";
import { inHundredths } from "../../words/format.js";
import { words } from "../../words/words.js";
import { attribute, changes, h, setText } from "../parts/element.js";

/** Keys that do not skip the shot. */
const QUIET = ["Tab", "Shift", "Control", "Alt", "Meta"];

/** Returns the caption of a beat for this trace. @param {State} state @param {number} beat */
export function captionOf({ trace, timeline }, beat) {
  const decision = trace && timeline && decisionOf(trace, shotToken(timeline), 0);
  if (!trace || !decision) return "";
  const used = decision.rows.filter(({ state }) => state === "chosen").sort((a, b) => b.weight - a.weight);
  const { experts, layers } = trace.model;
  return words.story.beats[beat]({
    kind: decision.kind,
    all: decision.kind === "ids" ? experts : decision.rows.length,
    won: used.length,
    parts: inHundredths(used.map(({ weight }) => weight)),
    layers,
  });
}

/** @param {HTMLElement} host  covers the page during the shot @param {Actions} actions */
export function createShot(host, actions) {
  const caption = h("p", { class: "shot-caption", role: "status" });
  const dashes = h("ol", { class: "shot-beats", "aria-hidden": "true" }, ...BEATS.map(() => h("li")));
  const skip = h("button", { type: "button", class: "shot-skip" }, words.story.skip);
  host.append(h("div", { class: "shot-words", "data-inset": true }, caption, dashes), skip);
  let on = false;
  let presenting = false;
  /** @param {Event} event */
  function leave(event) {
    if (event.type !== "wheel") event.preventDefault();
    if (presenting && event.type === "pointerdown") actions.stepBeat(1);
    else if (!presenting) actions.skipShot();
  }
  for (const kind of ["pointerdown", "wheel"])
    host.addEventListener(kind, leave, { passive: kind === "wheel" });
  document.addEventListener(
    "keydown",
    (event) => {
      if (!on || presenting || QUIET.includes(event.key)) return;
      event.stopPropagation();
      leave(event);
    },
    { capture: true },
  );
  const changed = changes();
  return {
    /** @param {State} state */
    update(state) {
      const { shot, still, trace, view } = state;
      // A lesson has its own text.
      on = shot !== null && trace !== null && view.tour === "" && view.quiz === null;
      presenting = state.view.level === "present";
      attribute(skip, "hidden", presenting);
      attribute(host, "hidden", !on);
      if (shot === null || !trace) return;
      const beat = beatAt(shot);
      if (!changed(beat, still, trace.id, trace.received > 2)) return;
      setText(caption, captionOf(state, beat));
      setText(skip, still ? words.story.next : words.story.skip);
      [...dashes.children].forEach((dash, i) => attribute(dash, "data-on", i <= beat));
    },
    dispose: () => host.replaceChildren(),
  };
}
