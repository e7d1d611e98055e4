/**
 * The menu of the levels: Story, Explore and Data.
 *
 * @import {State} from "../../types.js"
 * @import {Actions} from "../../state/actions.js"
 */

import { levelOf, LEVELS } from "../../view/level.js";
import { words } from "../../words/words.js";
import { createPlayButton } from "../controls/transport.js";
import { attribute, h } from "../parts/element.js";
import { icon } from "../parts/icons.js";

/** @param {HTMLElement} host @param {Actions} actions */
export function createLevels(host, actions) {
  const buttons = LEVELS.map((level) => {
    const button = h(
      "button",
      {
        type: "button",
        class: "level",
        title: words.levels.hints[level],
        onclick: () => actions.setLevel(level),
      },
      icon(level),
      h("span", { class: "level-word" }, words.levels.names[level]),
    );
    return { level, button };
  });
  const play = createPlayButton(actions); // replaces the row of playback under an open sheet
  const row = h("div", { class: "level-row", role: "group", "aria-label": words.levels.label });
  row.append(...buttons.map(({ button }) => button));
  host.append(play.element, row);
  return {
    /** @param {State} state */
    update(state) {
      play.update(state);
      const now = levelOf(state.view);
      for (const { level, button } of buttons) attribute(button, "aria-pressed", String(level === now));
    },
    dispose: () => host.replaceChildren(),
  };
}
