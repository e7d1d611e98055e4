/**
 * Records one pass through the prompt with the recorder of the browser, in real time. During the recording the page shows
 * only the scene.
 *
 * @import {State} from "../types.js"
 * @import {Player} from "../playback/player.js"
 * @import {Store} from "../state/store.js"
 * @import {DrawnStack} from "./video_recorder.js"
 */

import { words } from "../words/words.js";
import { createRecorder } from "./video_recorder.js";

/** Formats of browsers, best first. */
const FORMATS = [
  "video/webm;codecs=vp9",
  "video/webm;codecs=vp8",
  "video/webm",
  "video/mp4;codecs=avc1.42E01F",
  "video/mp4",
];
/** A longer pass is played faster, up to the largest speed. */
const LONGEST_SECS = 30;
const FASTEST = 10;

/** Returns the first format that this browser records; "" for none. */
export function filmFormat() {
  if (typeof MediaRecorder === "undefined" || !HTMLCanvasElement.prototype.captureStream) return "";
  return FORMATS.find((each) => MediaRecorder.isTypeSupported(each)) ?? "";
}

/** Returns the speed of a recording: that of the view, or a higher one for a long pass. @param {number} duration @param {number} speed */
export function filmSpeed(duration, speed) {
  return Math.min(FASTEST, Math.max(speed, Math.ceil((10 * duration) / LONGEST_SECS) / 10));
}

/**
 * @param {object} parts
 * @param {Store<State>} parts.store
 * @param {Player} parts.player
 * @param {() => DrawnStack[]} parts.sides
 * @param {(blob: Blob, ending: string) => void} parts.saveFile  gives the file to the person
 */
export function createFilm({ store, player, sides, saveFile }) {
  let recorder = /** @type {ReturnType<typeof createRecorder> | null} */ (null);
  let failed = (/** @type {Error} */ _) => {};

  function drop() {
    recorder?.discard();
    recorder = null;
  }

  /** Resolves when the file is saved or the recording is cancelled; rejects with a readable reason. */
  async function start() {
    const { trace, timeline, view, scene } = store.get();
    const format = filmFormat();
    if (recorder || store.get().film !== null) return;
    if (!format) throw new Error(words.noRecorder);
    if (!trace?.complete || !timeline) throw new Error(words.notReady);
    if (scene !== "shown") throw new Error(words.noPicture);
    const { speed } = view;
    store.set({ film: 0, view: { ...view, speed: filmSpeed(timeline.duration, speed) } });
    player.pause();
    player.seekTime(0);
    try {
      // Without panels the scene fills the page.
      await framesPassed(() => !sides().some(({ moving }) => moving()));
      if (store.get().film === null) return;
      const blob = await record(format);
      if (blob) saveFile(blob, format.startsWith("video/mp4") ? "mp4" : "webm");
    } finally {
      drop();
      player.pause();
      store.set({ film: null, view: { ...store.get().view, speed } });
    }
  }

  /** @param {string} format @returns {Promise<Blob | null>} */
  function record(format) {
    return new Promise((resolve, reject) => {
      failed = reject;
      const seen = sides();
      recorder = createRecorder(seen, format, resolve, reject);
      for (const { refresh } of seen) refresh();
      player.restart();
    });
  }

  /** Cancels the recording if the trace changes or the page is hidden, and finishes it at the end. @param {State} state @param {State} before */
  function follow(state, before) {
    if (state.film === null || !recorder) return;
    if (state.trace !== before.trace || state.scene !== before.scene)
      return failed(new Error(words.filmBroken));
    if (state.playing !== before.playing)
      recorder.hold(!state.playing && state.time < (state.timeline?.duration ?? 0));
  }
  store.subscribe(follow);

  return {
    start,
    /** Discards the recording. */
    cancel() {
      recorder?.discard();
      if (store.get().film !== null) store.set({ film: null });
    },
    /** Called after each frame with the scenes that were drawn. A canvas that was not drawn is empty. @param {boolean[]} drawn */
    frame(drawn) {
      const { film, playing, time, timeline } = store.get();
      if (film === null || !recorder || !timeline) return;
      recorder.take(drawn);
      const share = Math.min(1, time / timeline.duration);
      if (share !== film) store.set({ film: share });
      if (!playing && time >= timeline.duration) recorder.end();
    },
  };
}

/** Waits some frames for the layout of the page, and until it is stable. @param {() => boolean} stands @returns {Promise<void>} */
function framesPassed(stands) {
  return new Promise((resolve) => {
    const wait = (/** @type {number} */ left) =>
      left > 0 || !stands() ? requestAnimationFrame(() => wait(left - 1)) : resolve();
    wait(3);
  });
}
