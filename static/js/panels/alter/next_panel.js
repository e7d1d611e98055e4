/**
 * The predictions after the current token, with probabilities. For an altered model also those of the unaltered one, the
 * alterations, the changed choices, and the loss on the prompt.
 *
 * @import {Boot} from "../../boot_types.js"
 * @import {State} from "../../types.js"
 * @import {Candidate} from "../../api/next_tokens.js"
 * @import {Actions} from "../../state/actions.js"
 */

import { nextTokens } from "../../api/next_tokens.js";
import { itemsOf, itemInWords, without } from "../../view/alterations.js";
import { alterWords, words } from "../../words/words.js";
import { formatShare, formatToken } from "../../words/format.js";
import { shownToken } from "../../words/token_text.js";
import { attribute, changes, h, setStyle } from "../parts/element.js";
import { icon } from "../parts/icons.js";
import { effectInWords } from "./effect.js";

const MOST_BUTTONS = 60;

/** @param {Candidate[]} candidates @param {number | undefined} came  id of the token that follows in the text @param {string} name */
function listOf(candidates, came, name) {
  const rows = candidates.map(({ id, text, probability }) => {
    const bar = h("span", { class: "weight-bar" });
    setStyle(bar, "--share", probability.toFixed(4));
    return h(
      "li",
      { "data-came": id === came },
      h("span", { class: "served-token", translate: "no" }, formatToken(text)),
      bar,
      h("span", { class: "weight" }, formatShare(probability)),
    );
  });
  return h(
    "div",
    { class: "candidates" },
    name && h("p", { class: "label" }, name),
    h("ol", { class: "served" }, ...rows),
  );
}

/** Returns the alterations, each with a button that undoes it. @param {string} alter @param {Actions} actions */
function alterationsOf(alter, actions) {
  const items = itemsOf(alter);
  if (!items.length) return [];
  const set = (/** @type {string} */ next) => actions.setRequest({ alter: next });
  const buttons = items.map((item) =>
    h(
      "button",
      {
        type: "button",
        class: "secondary",
        "aria-label": alterWords.remove(itemInWords(item)),
        onclick: () => set(without(alter, item)),
      },
      itemInWords(item),
      icon("close"),
    ),
  );
  const beside = () => actions.compare({ a: {}, b: { alter: "" } });
  return [
    h(
      "div",
      { class: "alterations" },
      ...buttons,
      h("button", { type: "button", class: "secondary", onclick: () => set("") }, alterWords.undo),
      h("button", { type: "button", class: "secondary", onclick: beside }, alterWords.beside),
    ),
  ];
}

/** Returns a button per changed choice, which seeks to it. @param {State} state @param {import("../../api/next_tokens.js").Move[]} moved @param {Actions} actions */
function movesOf({ trace }, moved, actions) {
  const go = (
    /** @type {number} */ token,
    /** @type {number} */ layer,
    /** @type {number | undefined} */ expert,
  ) => {
    actions.setView({ path: token, tower: expert === undefined ? null : { layer, expert } });
    actions.seek({ token, layer });
  };
  const buttons = moved
    .slice(0, MOST_BUTTONS)
    .map(([token, layer, , [expert]]) =>
      h(
        "button",
        { type: "button", class: "flip", onclick: () => go(token, layer, expert) },
        `${trace ? shownToken(trace.tokens, token).trim() : ""} ${token + 1}/${layer + 1}`,
      ),
    );
  return h("div", { class: "flips" }, ...buttons);
}

/** Returns the predictions after the current token. @param {State} state @param {NonNullable<ReturnType<typeof nextTokens.of>>} answer */
function candidatesOf({ trace, at, view }, { next, unaltered }) {
  if (!trace) return [];
  const token = view.mode === "all" || at.token < 0 ? trace.tokens.length - 1 : at.token;
  const came = trace.tokens[token + 1]?.id;
  return [
    h("p", {}, alterWords.after(words.quoted(trace.tokens[token].text))),
    h(
      "div",
      { class: "candidate-lists" },
      listOf(next[token] ?? [], came, unaltered ? alterWords.now : ""),
      unaltered && listOf(unaltered.next[token] ?? [], came, alterWords.before),
    ),
  ];
}

/** @param {HTMLElement} host @param {Actions} actions @param {() => void} wake @param {Boot} boot */
export function createNextPanel(host, actions, wake, boot) {
  const [effect, candidates, alterations, moves] = Array.from({ length: 4 }, () => h("div"));
  attribute(effect, "class", "alter-effect");
  attribute(effect, "title", alterWords.lossHint);
  host.append(effect, candidates, alterations, moves);
  const answerChanged = changes();
  const tokenChanged = changes();
  const alterChanged = changes();

  /** @param {State} state */
  function missing({ trace }) {
    return trace?.origin.source === "live" && !boot.exported ? alterWords.reading : alterWords.none;
  }
  return {
    /** Builds each part again only if it changes, so that buttons persist during playback. @param {State} state */
    update(state) {
      const answer = nextTokens.of(state, wake);
      const alter = state.view.alter ?? "";
      if (alterChanged(alter) && !boot.exported)
        alterations.replaceChildren(...alterationsOf(alter, actions));
      if (answerChanged(answer, state.trace?.id)) {
        const lines = answer ? effectInWords(answer) : [missing(state)];
        effect.replaceChildren(...lines.map((line) => h("p", {}, line)));
        moves.replaceChildren(
          ...(answer?.unaltered ? [movesOf(state, answer.unaltered.moved, actions)] : []),
        );
      }
      if (tokenChanged(answer, state.at.token, state.view.mode))
        candidates.replaceChildren(...(answer ? candidatesOf(state, answer) : []));
    },
    dispose: () => host.replaceChildren(),
  };
}
