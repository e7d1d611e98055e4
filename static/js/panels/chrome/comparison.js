/**
 * What stands over each of two stacks: what sets it apart, its badge, its counters. They are in the page only while there
 * are two.
 *
 * @import {State} from "../../types.js"
 */

import { sideName } from "../../view/comparison.js";
import { words } from "../../words/words.js";
import { attribute, changes, h, setText } from "../parts/element.js";
import { createCounters } from "./counters.js";
import { createBadge } from "./header.js";

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
      setText(name, sideName(state.view, b));
      badge.update(state);
      counters.update(state);
      attribute(trouble, "hidden", state.status !== "error");
      setText(trouble, state.error);
    },
  };
}

/**
 * @param {HTMLElement} host
 * @param {() => State | null} other  the state of the second side
 * @param {() => void} measure        panels over the scene came or went
 */
export function createSides(host, other, measure) {
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
