/**
 * The still picture of the view, shown without a scene: the browser has no WebGL, lost the context, or no trace arrived.
 * The server draws it; an exported page has only the initial one.
 *
 * @import {Boot} from "../../boot_types.js"
 * @import {State} from "../../types.js"
 */

import { formatView, currentView } from "../../view/url.js";
import { attribute, changes, h } from "../parts/element.js";

/** Returns whether no trace arrives, neither by socket nor by HTTP. @param {Pick<State, "trace" | "connection">} state */
export function isUnreachable({ trace, connection }) {
  return trace === null && connection === "lost";
}

/** Returns whether the scene cannot be drawn. A waiting scene is about to open. @param {State} state */
export function hasNoScene(state) {
  return ["missing", "failed", "lost"].includes(state.scene) || isUnreachable(state);
}

/** @param {HTMLElement} host  of the page @param {Boot} boot */
export function createStillPicture(host, boot) {
  const picture = /** @type {HTMLImageElement} */ (document.getElementById("poster"));
  if (!boot.embed) {
    picture.className = "fallback";
    host.append(h("section", { class: "still", "aria-label": picture.alt }, picture));
  }
  const another = changes();
  return {
    element: picture,
    /** @param {State} state */
    update(state) {
      const still = hasNoScene(state);
      attribute(picture, "hidden", !still && !(boot.embed && state.scene === "waiting"));
      if (!still || !state.trace || boot.exported) return;
      if (another(state.trace.id, state.playing ? null : state.at))
        picture.src = `preview.svg${formatView(currentView(state), boot)}`;
    },
  };
}
