/**
 * The summary at the end of a run, with one next step.
 *
 * @import {Boot} from "../../boot_types.js"
 * @import {State} from "../../types.js"
 * @import {Actions} from "../../state/actions.js"
 */

import { partOf } from "../../trace/window.js";
import { words } from "../../words/words.js";
import { attribute, changes, h, setText } from "../parts/element.js";

const { ending: said } = words;

/** Returns whether playback is at the end of a whole trace. @param {State} state */
export function hasEnded({ playing, time, timeline, trace }) {
  const part = partOf(trace);
  return (
    (!part || part.from + (trace?.tokens.length ?? 0) >= part.of) &&
    !playing &&
    trace?.complete === true &&
    timeline !== null &&
    timeline.duration > 0 &&
    time >= timeline.duration
  );
}

/** Returns the caption with the figures of the trace. @param {State} state */
export function summaryInWords({ trace, view, hits, whole }) {
  if (!trace) return "";
  const { layers, experts } = trace.model;
  const told = { tokens: trace.tokens.length, hit: hits, all: layers * experts };
  if (whole && view.mode !== "all") return said.used({ ...told, tokens: whole.tokens, hit: whole.unique });
  if (view.mode === "all") return said.together(told);
  return trace.origin.badge === "LIVE" ? said.live(told) : said.used(told);
}

/**
 * Returns the next step; null for none.
 * @param {Boot} boot
 * @param {State} state
 * @returns {{label: string, act: (actions: Actions) => void} | null}
 */
export function nextStep(boot, { view }) {
  if (view.mode === "all")
    return { label: said.openLoad, act: (actions) => actions.setView({ panel: "load" }) };
  if (boot.exported || view.source !== "authored" || view.shape)
    return { label: said.lookAtOnce, act: (actions) => actions.setView({ mode: "all" }) };
  if (view.scenario === "code" && boot.models.length)
    return { label: said.goLive, act: (actions) => actions.setRequest({ source: "live" }) };
  if (view.scenario === "translate")
    return { label: said.lookDown, act: (actions) => actions.setView({ camera: "top", mode: "all" }) };
  return view.experts < 64
    ? { label: said.try64, act: (actions) => actions.setRequest({ experts: 64 }) }
    : { label: said.lookAtOnce, act: (actions) => actions.setView({ mode: "all" }) };
}

/** @param {HTMLElement} host @param {Boot} boot @param {Actions} actions */
export function createEnding(host, boot, actions) {
  const caption = h("p", { class: "ending-caption" });
  const button = h("button", { type: "button", class: "secondary" });
  host.append(caption, button);
  /** @type {ReturnType<typeof nextStep>} */
  let step = null;
  button.addEventListener("click", () => step?.act(actions));
  const changed = changes();
  return {
    /** @param {State} state */
    update(state) {
      const shown =
        hasEnded(state) && state.view.tour === "" && state.view.quiz === null && state.view.b === null;
      attribute(host, "hidden", !shown);
      if (!shown || !changed(state.trace, state.hits, state.view)) return;
      step = nextStep(boot, state);
      setText(caption, summaryInWords(state));
      setText(button, step?.label ?? "");
      attribute(button, "hidden", !step);
    },
    dispose: () => host.replaceChildren(),
  };
}
