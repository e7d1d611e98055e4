/**
 * The heads of two compared stacks: difference, badge, counters. They exist only during a comparison.
 *
 * @import {Boot} from "../../boot_types.js"
 * @import {State} from "../../types.js"
 * @import {Actions} from "../../state/actions.js"
 */

import { pairsOf, sideName } from "../../view/comparison.js";
import { words } from "../../words/words.js";
import { createBadge } from "../parts/badge.js";
import { attribute, changes, h, setText } from "../parts/element.js";
import { createCounters } from "./counters.js";

/** @param {"a" | "b"} side */
function createSideHead(side) {
  const name = h("h2", { class: "side-name" });
  const badge = createBadge(`side-note-${side}`);
  const trouble = h("p", { class: "side-trouble", role: "alert", hidden: true });
  const figures = h("div", { class: "side-figures" });
  const element = h(
    "section",
    {
      class: `side-head side-${side}`,
      "data-side": side,
      "data-inset": true,
      "aria-label": words.sideLabel(side),
    },
    h("div", { class: "side-title" }, name, badge.element),
    figures,
    trouble,
  );
  const counters = createCounters(figures);
  return {
    element,
    /** @param {State} state @param {NonNullable<State["view"]["b"]>} b */
    update(state, b) {
      setText(name, state.trace?.origin.file ?? sideName(state.view, b));
      badge.update(state);
      counters.update(state);
      attribute(trouble, "hidden", state.loading !== "failed");
      setText(trouble, state.error);
    },
  };
}

/**
 * @param {HTMLElement} host
 * @param {() => State | null} other  the state of the second stack
 * @param {() => void} measure        called when panels over the scene change
 */
export function createStackLabels(host, other, measure) {
  /** @type {ReturnType<typeof createSideHead>[]} */
  let heads = [];
  const changed = changes();
  return {
    /** @param {State} state */
    update(state) {
      const second = other();
      const two = state.view.b !== null && second !== null;
      if (changed(two)) {
        for (const { element } of heads) element.remove();
        heads = two ? [createSideHead("a"), createSideHead("b")] : [];
        host.append(...heads.map(({ element }) => element));
        measure();
      }
      if (!two || !state.view.b) return;
      heads[0].update(state, state.view.b);
      heads[1].update(second, state.view.b);
    },
  };
}

/** @param {HTMLElement} host @param {Boot} boot @param {Actions} actions */
export function createCompare(host, boot, actions) {
  const list = h("ul", { class: "pair-list" });
  const close = h(
    "button",
    { type: "button", class: "secondary", onclick: () => actions.compare(null) },
    words.closeCompare,
  );
  host.append(h("p", { class: "caption" }, words.compareNote), list, close);
  const changed = changes();
  return {
    /** @param {State} state */
    update({ view }) {
      if (!changed(view)) return;
      attribute(close, "hidden", view.b === null);
      const pairs = pairsOf(boot, view);
      list.replaceChildren(
        ...pairs.map((pair) =>
          h(
            "li",
            {},
            h(
              "button",
              { type: "button", class: "secondary", onclick: () => actions.compare(pair) },
              pair.name,
            ),
          ),
        ),
      );
    },
  };
}
