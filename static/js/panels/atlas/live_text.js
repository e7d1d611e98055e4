/**
 * Routes a typed sentence and compares it with the corpus.
 */

import { compareText } from "../../api/atlas.js";
import { atlasWords as words } from "../../words/words.js";
import { formatShare } from "../../words/format.js";
import { h } from "../parts/element.js";
import { levelOf } from "./plot.js";

/** @param {string} atlas */
export function createLiveText(atlas) {
  const area = h("textarea", { rows: 2, name: "text", "aria-label": words.yourText });
  const answer = h("div", { role: "status" });
  const compare = async (/** @type {Event} */ event) => {
    event.preventDefault();
    try {
      answer.replaceChildren(...told(await compareText(atlas, area.value)));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      answer.replaceChildren(h("p", { class: "trouble" }, words.failed(reason)));
    }
  };
  const form = h("form", { onsubmit: compare }, area, h("button", {}, words.compare));
  return h("section", { class: "live-text" }, h("h2", {}, words.yourText), form, answer);
}

/** @param {Awaited<ReturnType<typeof compareText>>} found */
function told({ tokens, even }) {
  return [
    h(
      "p",
      { class: "kinds" },
      ...tokens.map(({ text, mean, occurs }) =>
        h(
          "span",
          {
            class: mean === null ? "kind unknown" : `kind kind-${levelOf(mean)}`,
            title: words.kind(text, mean, occurs),
          },
          text,
          h("small", {}, mean === null ? "–" : formatShare(mean)),
        ),
      ),
    ),
    h("p", { class: "hint" }, words.yourTextHint(even)),
  ];
}
