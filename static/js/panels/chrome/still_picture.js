/**
 * The still picture of the view, in place of a scene that is not there: the browser draws none, took it away, or no trace
 * reached the page. The server drew the one that the page came with; an exported page has only that.
 *
 * @import {Boot, State} from "../../types.js"
 */

import { formatView, viewNow } from "../../view/url.js";
import { attribute, changes, h } from "../parts/element.js";

/** No trace gets through: neither a socket nor HTTP. @param {Pick<State, "trace" | "connection">} state */
export function isUnreachable({ trace, connection }) {
  return trace === null && connection === "lost";
}

/** Whether nothing can move. A scene that waits is about to be opened. @param {State} state */
export function standsStill(state) {
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
      const still = standsStill(state);
      attribute(picture, "hidden", !still && !(boot.embed && state.scene === "waiting"));
      if (!still || !state.trace || boot.exported) return;
      if (another(state.trace.id, state.playing ? null : state.at))
        picture.src = `preview.svg${formatView(viewNow(state), boot)}`;
    },
  };
}
