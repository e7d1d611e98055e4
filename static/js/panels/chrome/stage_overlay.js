/**
 * The scene in words, for those who do not see it. A closed scene leaves another canvas behind, so they are looked up anew.
 *
 * @import {State} from "../../types.js"
 */

import { words } from "../../words/words.js";
import { attribute } from "../parts/element.js";

/** @param {Element | null} stage @param {State} state */
function describe(stage, { trace }) {
  const canvas = stage?.querySelector("canvas.scene");
  if (!canvas || !trace) return;
  attribute(canvas, "role", "img");
  attribute(canvas, "aria-label", words.sceneDescribed(trace.model.layers, trace.model.experts));
}

/** @param {() => State | null} other  the state of the second stack, while there is one */
export function createDescriptions(other) {
  const first = document.getElementById("stage");
  const second = document.getElementById("stage-b");
  if (second) {
    attribute(second, "role", "region");
    attribute(second, "aria-label", `${words.sideLabel("b")}: ${words.scene}`);
  }
  return {
    /** @param {State} state */
    update(state) {
      describe(first, state);
      const beside = other();
      if (beside) describe(second, beside);
    },
  };
}
