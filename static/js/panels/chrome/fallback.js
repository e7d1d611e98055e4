/**
 * Where the 3D scene cannot be drawn: the server's own picture of the view.
 *
 * @import {Boot, State} from "../../types.js"
 */

import { viewNow } from "../../browser/address_bar.js";
import { formatView } from "../../view/url.js";
import { words } from "../../words/words.js";
import { attribute, changes, h } from "../parts/element.js";

/** @param {HTMLElement} host  the stage @param {Boot} boot */
export function createFallback(host, boot) {
  const picture = h("img", { class: "fallback", alt: words.scene, hidden: true });
  host.append(picture);
  const changed = changes();
  return {
    /** @param {State} state */
    update(state) {
      const shown = state.scene === "missing" || state.scene === "failed";
      attribute(picture, "hidden", !shown);
      if (!shown || state.status !== "ready") return;
      const standing = state.playing ? null : state.at;
      if (changed(state.trace?.id, standing))
        picture.src = boot.exported?.poster ?? `/preview.svg${formatView(viewNow(state), boot)}`;
    },
    dispose: () => picture.remove(),
  };
}
