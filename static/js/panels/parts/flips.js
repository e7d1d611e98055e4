/**
 * Flips: tokens whose chosen experts differ from those of another trace of the same tokens. Marked on the strip, lit in the scene.
 *
 * @import {State} from "../../types.js"
 * @import {Actions} from "../../state/actions.js"
 */

import { firstOf } from "../../trace/window.js";
import { attribute } from "./element.js";

/** Token, index of its layer, an expert that only the first trace chooses; -1 for none. @typedef {{cells: [number, number, number][]}} Flips */

/** Marks the tokens of the strip by their number of flipped layers. @param {Flips | null} found @param {State["trace"]} trace  of the strip */
export function markStrip(found, trace) {
  const flips = new Map();
  const first = firstOf(trace);
  for (const [token] of found?.cells ?? []) flips.set(token - first, (flips.get(token - first) ?? 0) + 1);
  for (const button of document.querySelectorAll(".strip .token"))
    attribute(button, "data-flips", flips.get(Number(button.getAttribute("data-token"))));
}

/**
 * Lights the tower of a flip during its event: the one that only the first trace chooses.
 * @param {Actions} actions
 * @param {boolean} [quiet]  the inspector keeps the selected tower
 */
export function createFlipLight(actions, quiet = false) {
  /** @type {Map<string, number>} */
  let flips = new Map();
  let lit = "";
  return {
    /** @param {Flips | null} found */
    take(found) {
      flips = new Map((found?.cells ?? []).map(([token, layer, expert]) => [`${token}.${layer}`, expert]));
      lit = "";
    },
    /** @param {State} state */
    follow({ at, hover, trace }) {
      const here = `${firstOf(trace) + at.token}.${at.layer}`;
      if (here === lit || !flips.size) return;
      const expert = flips.get(here) ?? -1;
      const ours = lit !== "";
      if (expert >= 0 && (ours || !hover)) {
        lit = here;
        actions.hover({ layer: at.layer, expert, quiet });
      } else if (ours) {
        lit = "";
        actions.hover(null);
      }
    },
  };
}
