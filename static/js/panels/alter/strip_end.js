/**
 * The end of the strip of a live model: the five most likely next tokens. For an altered model, tokens with changed
 * choices are marked, and the expert that gained the current token is lit.
 *
 * @import {State} from "../../types.js"
 * @import {Actions} from "../../state/actions.js"
 */

import { nextTokens } from "../../api/next_tokens.js";
import { alterWords } from "../../words/words.js";
import { formatShare, formatToken } from "../../words/format.js";
import { attribute, changes, h } from "../parts/element.js";
import { createFlipLight, markStrip } from "../parts/flips.js";

/** @param {HTMLElement} host @param {Actions} actions @param {() => void} wake */
export function createStripEnd(host, actions, wake) {
  const list = h("ol");
  const element = h(
    "button",
    {
      type: "button",
      class: "strip-end",
      hidden: true,
      title: alterWords.endLabel, // its accessible name is its text
      onclick: () => actions.togglePanel("next"),
    },
    h("span", { class: "label" }, alterWords.end),
    list,
  );
  host.append(element);
  const light = createFlipLight(actions, true);
  const moved = changes();
  const told = changes();

  /** @param {import("../../api/next_tokens.js").Move[]} moves @param {State["trace"]} trace */
  function lightFlips(moves, trace) {
    /** @type {[number, number, number][]} */
    const cells = moves.map(([token, layer, , taken]) => [token, layer, taken[0] ?? -1]);
    light.take({ cells });
    markStrip({ cells }, trace);
  }

  return {
    /** @param {State} state */
    update(state) {
      const answer = nextTokens.of(state, wake);
      const moves = answer?.unaltered?.moved ?? null;
      const before = moved(moves, state.trace?.tokens);
      if (before && (moves || !state.view.b)) lightFlips(moves ?? [], state.trace);
      light.follow(state);
      const at = state.view.mode === "all" || state.at.token < 0 ? -1 : state.at.token;
      const next = answer?.next.at(at);
      attribute(element, "hidden", !next);
      if (!told(answer, at) || !next) return;
      const rows = next.map(({ text, probability }) =>
        h("li", {}, h("b", { translate: "no" }, formatToken(text)), " ", formatShare(probability)),
      );
      list.replaceChildren(...rows);
    },
    dispose: () => element.remove(),
  };
}
