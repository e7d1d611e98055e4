/**
 * Parts of a printed page: the scene as ink on white, framed for the page, and the address and date of the view.
 *
 * @import {Boot} from "../../boot_types.js"
 * @import {State} from "../../types.js"
 */

import { coloursOf } from "../../view/palettes.js";
import { formatView, currentView } from "../../view/url.js";
import { language } from "../../words/language.js";
import { words } from "../../words/words.js";
import { h, setText } from "../parts/element.js";

/** Size of the picture in CSS pixels: 182 mm by 92 mm. */
const SIZE = { width: 688, height: 348 };
/** Pixels per CSS pixel. */
const SHARP = 2;
const EDGE = 8;

/** Draws a scene at a size, and passes its canvas on before it is shown. @typedef {(size: {width: number, height: number}, use: (canvas: HTMLCanvasElement) => void) => void} Snapshot */

/**
 * @param {HTMLElement} host
 * @param {Boot} boot
 */
export function createPaper(host, boot) {
  const picture = h("canvas", { class: "paper paper-picture", role: "img", "aria-label": words.scene });
  const foot = h("p", { class: "paper paper-foot" });
  host.append(picture, foot);

  /** Returns the address of the view. @param {State} state */
  function addressOf(state) {
    const site = boot.exported ? boot.exported.home : new URL(".", location.href).href.replace(/\/$/, "");
    return site ? `${site}/${formatView(currentView(state), boot)}` : location.href;
  }

  return {
    /** @param {State} state @param {Snapshot[]} scenes  from left to right */
    print(state, scenes) {
      const printed = new Intl.DateTimeFormat(language, { dateStyle: "long" }).format(new Date());
      setText(foot, words.printed(addressOf(state), printed));
      Object.assign(picture, { width: SHARP * SIZE.width, height: SHARP * SIZE.height });
      const context = /** @type {CanvasRenderingContext2D} */ (picture.getContext("2d"));
      context.scale(SHARP, SHARP);
      const width = SIZE.width / scenes.length;
      scenes.forEach((snapshot, i) =>
        snapshot({ width, height: SIZE.height }, (canvas) =>
          context.drawImage(canvas, i * width, 0, width, SIZE.height),
        ),
      );
      // Dividing by the colour of the page leaves the ink on white.
      context.globalCompositeOperation = "color-dodge";
      context.fillStyle = complementOf(coloursOf(state.view.palette, "light").night);
      context.fillRect(0, 0, SIZE.width, SIZE.height);
      context.globalCompositeOperation = "source-over";
      context.strokeStyle = "#fff"; // no edge
      context.lineWidth = EDGE;
      context.strokeRect(0, 0, SIZE.width, SIZE.height);
    },
  };
}

/** @param {string} colour  "#rrggbb" */
function complementOf(colour) {
  return `#${(0xffffff - parseInt(colour.slice(1), 16)).toString(16).padStart(6, "0")}`;
}
