/**
 * A canvas with all scenes on screen, and the browser's recorder of this canvas.
 *
 * @import {Caption} from "./picture_caption.js"
 */

import { words } from "../words/words.js";
import { createCanvas, layOut, drawPicture } from "./picture.js";
import { withDuration } from "./webm.js";

/** Pixels of the longer side. */
const LARGEST = 1280;
const FRAMES_A_SECOND = 30;
const BITS_A_SECOND = 4_000_000;
/** Duration of the last picture. */
const REST_MS = 800;

/**
 * @typedef {object} DrawnStack   a stack on screen
 * @property {HTMLCanvasElement} canvas
 * @property {() => Caption | null} caption
 * @property {() => void} refresh   draws it again without a change
 * @property {() => boolean} moving   the camera moves
 */

/**
 * Starts a recording of the stacks on one canvas.
 * @param {DrawnStack[]} sides
 * @param {string} format
 * @param {(blob: Blob | null) => void} done   null: discarded
 * @param {(error: Error) => void} failed
 */
export function createRecorder(sides, format, done, failed) {
  const boxes = sides.map(({ canvas }) => canvas.getBoundingClientRect());
  const all = layOut(boxes, 1);
  const scale = Math.min(window.devicePixelRatio || 1, LARGEST / Math.max(all.width, all.height));
  const { width, height, areas } = layOut(boxes, scale);
  const { canvas, context } = createCanvas(width, height);
  const recorder = new MediaRecorder(canvas.captureStream(FRAMES_A_SECOND), {
    mimeType: format,
    videoBitsPerSecond: BITS_A_SECOND,
  });
  const clock = createClock();
  /** @type {Blob[]} */
  const chunks = [];
  let wanted = true;
  let ending = 0;

  recorder.addEventListener("dataavailable", ({ data }) => chunks.push(data));
  recorder.addEventListener("error", () => failed(new Error(words.filmBroken)));
  recorder.addEventListener("stop", async () => {
    for (const track of recorder.stream.getTracks()) track.stop();
    document.removeEventListener("visibilitychange", whenSeen);
    done(wanted ? await finished(chunks, format, clock.read()) : null);
  });

  /** @param {boolean} on */
  function hold(on) {
    if (on && recorder.state === "recording") {
      recorder.pause();
      clock.stop();
    } else if (!on && recorder.state === "paused") {
      recorder.resume();
      clock.start();
    }
  }
  const whenSeen = () => hold(document.hidden);
  document.addEventListener("visibilitychange", whenSeen);
  function stop() {
    clearTimeout(ending);
    clock.stop();
    if (recorder.state !== "inactive") recorder.stop();
  }
  return {
    hold,
    /** @param {boolean[]} drawn */
    take(drawn) {
      sides.forEach(
        (side, i) => drawn[i] && drawPicture(context, side.canvas, areas[i], scale, side.caption()),
      );
      if (recorder.state !== "inactive" || ending) return;
      recorder.start();
      clock.start();
    },
    end() {
      if (!ending) ending = window.setTimeout(stop, REST_MS);
    },
    discard() {
      wanted = false;
      if (recorder.state === "inactive") done(null);
      else stop();
    },
  };
}

/** @param {Blob[]} chunks @param {string} format @param {number} milliseconds */
async function finished(chunks, format, milliseconds) {
  const whole = new Blob(chunks, { type: format });
  const file = format.startsWith("video/webm")
    ? withDuration(new Uint8Array(await whole.arrayBuffer()), milliseconds)
    : whole;
  return new Blob([file], { type: format.split(";")[0] });
}

/** A clock in milliseconds without pauses. */
function createClock() {
  let ran = 0;
  let since = /** @type {number | null} */ (null);
  return {
    start: () => (since ??= performance.now()),
    stop() {
      if (since !== null) ran += performance.now() - since;
      since = null;
    },
    read: () => ran,
  };
}
