/**
 * Play, pause, and single steps.
 *
 * @import {State} from "../../types.js"
 * @import {Actions} from "../../state/actions.js"
 */

import { words } from "../../words/words.js";
import { attribute, changes, h, setText } from "../parts/element.js";
import { icon, iconButton, redraw } from "../parts/icons.js";

export const SPEEDS = [0.25, 0.5, 1, 2, 4];

/** The large button with Play or Pause. @param {Actions} actions */
export function createPlayButton(actions) {
  const picture = icon("play");
  const word = h("span", { class: "play-word" }, words.play);
  const element = h("button", { type: "button", class: "play", onclick: actions.toggle }, picture, word);
  return {
    element,
    /** @param {State} state */
    update({ playing, time, timeline }) {
      const ended = !playing && timeline !== null && timeline.duration > 0 && time >= timeline.duration;
      redraw(picture, playing ? "pause" : ended ? "restart" : "play");
      setText(word, playing ? words.pause : ended ? words.replay : words.play);
      attribute(element, "data-ended", ended);
    },
  };
}

/** @param {HTMLElement} host @param {Actions} actions */
export function createSpeed(host, actions) {
  const select = h("select", { class: "speed", "aria-label": words.speed, title: words.speed });
  select.addEventListener("change", () => actions.setView({ speed: Number(select.value) }));
  host.append(select);
  const changed = changes();
  return {
    /** @param {State} state */
    update({ view: { speed } }) {
      if (!changed(speed)) return;
      const offered = [...new Set([...SPEEDS, speed])].sort((a, b) => a - b);
      select.replaceChildren(...offered.map((each) => h("option", { value: each }, words.speedOf(each))));
      select.value = String(speed);
    },
    dispose: () => host.replaceChildren(),
  };
}

/** @param {HTMLElement} host @param {Actions} actions */
export function createTransport(host, actions) {
  const play = createPlayButton(actions);
  const tokenBack = iconButton("tokenBack", words.tokenBack, () => actions.stepToken(-1), "token-step");
  const layerBack = iconButton("layerBack", words.layerBack, () => actions.stepLayer(-1), "layer-back");
  const layerOn = iconButton("layerOn", words.layerOn, () => actions.stepLayer(1));
  const tokenOn = iconButton("tokenOn", words.tokenOn, () => actions.stepToken(1), "token-step");
  const restart = iconButton("restart", words.restart, actions.restart, "restart");
  host.append(restart, tokenBack, layerBack, play.element, layerOn, tokenOn);
  attribute(host, "aria-label", words.transport);
  return {
    /** @param {State} state */
    update(state) {
      play.update(state);
      for (const button of [layerBack, tokenBack]) attribute(button, "disabled", state.at.token < 0);
      for (const button of [layerOn, tokenOn]) attribute(button, "disabled", !state.timeline?.tokens);
    },
    dispose: () => host.replaceChildren(),
  };
}
