/**
 * Saved files: the scene as a picture, the table as CSV and JSON, the trace of the server. A file holds both stacks of a
 * comparison; traces are one file per stack. docs/FILES.md describes them.
 *
 * @import {Boot} from "../boot_types.js"
 * @import {State, View} from "../types.js"
 * @import {createViewport} from "../browser/scene_host.js"
 * @import {Player} from "../playback/player.js"
 * @import {Store} from "../state/store.js"
 * @import {Caption} from "./picture_caption.js"
 */

import { sideName } from "../view/comparison.js";
import { requestOf, requestQuery } from "../view/request.js";
import { formatView, currentView } from "../view/url.js";
import { words } from "../words/words.js";
import { createCanvas, inRow, layOut, drawPicture, tooLarge, toPng } from "./picture.js";
import { captionOf } from "./picture_caption.js";
import { toCsv, toJson } from "./trace_table.js";
import { createFilm } from "./video.js";

/** @typedef {"png" | "csv" | "json" | "trace" | "trace-b"} SaveKind */
/** @typedef {{scale: number, transparent: boolean}} Look   of a picture */

/**
 * @typedef {object} DrawnStack   a stack on screen
 * @property {() => State} state
 * @property {(options: Look & {width: number, height: number}) => Promise<Blob> | null} picture
 * @property {(size: {width: number, height: number}) => number} largest
 * @property {() => Caption | null} caption
 */

/** Returns a file name that describes its content. @param {View} view @param {string} ending @param {boolean} [both] */
export function fileName(view, ending, both = view.b !== null) {
  const what = view.source === "live" && view.prompt ? "prompt" : view.scenario;
  return `moescope-${what}-${view.source}-${view.experts}x${view.k}${both ? "-compared" : ""}.${ending}`;
}

/** @param {View} view */
async function fetchTrace(view) {
  const answer = await fetch(`api/trace?${requestQuery(requestOf(view))}`);
  if (!answer.ok) throw new Error(await answer.text());
  return answer.blob();
}

/** Returns the size of a picture of all stacks, in CSS pixels: the size of the page. */
export function pictureSize() {
  return { width: Math.round(window.innerWidth), height: Math.round(window.innerHeight) };
}

/** Returns the reason why a picture is not possible; "" if it is. @param {readonly DrawnStack[]} sides @param {Look} look */
export function pictureProblem(sides, { scale }) {
  const { width, height } = pictureSize();
  const [{ width: each }] = inRow(sides.length, width, height);
  const largest = Math.min(...sides.map((side) => side.largest({ width: each, height })));
  return largest ? tooLarge({ width, height }, scale, largest) : words.noPicture;
}

/** @param {readonly DrawnStack[]} sides @param {Look} look */
async function pictureOf(sides, look) {
  const problem = pictureProblem(sides, look);
  if (problem) throw new Error(problem);
  const { width, height } = pictureSize();
  const boxes = inRow(sides.length, width, height);
  const captions = sides.map((side) => side.caption());
  const blobs = await Promise.all(
    sides.map(
      (side, i) =>
        side.picture({ ...look, width: boxes[i].width, height }) ??
        Promise.reject(new Error(words.noPicture)),
    ),
  );
  const images = await Promise.all(blobs.map((blob) => createImageBitmap(blob)));
  const { areas } = layOut(boxes, look.scale);
  const { canvas, context } = createCanvas(width * look.scale, height * look.scale);
  images.forEach((image, i) => drawPicture(context, image, areas[i], look.scale, captions[i]));
  for (const image of images) image.close();
  return toPng(canvas);
}

/**
 * @param {Boot} boot
 * @param {() => readonly DrawnStack[]} sides   on screen: one or two
 * @param {(blob: Blob, name: string) => void} saveFile  gives a file to the person
 * @returns {(kind: SaveKind, look?: Look) => Promise<void>}  throws an Error with a readable reason
 */
export function createSave(boot, sides, saveFile) {
  const link = (/** @type {State} */ state) => {
    const site = boot.exported?.home ?? new URL(".", location.href).href.slice(0, -1);
    return site && `${site}/${formatView(currentView(state), boot)}`;
  };
  return async (kind, look = { scale: 2, transparent: false }) => {
    const seen = sides();
    const state = seen[0].state();
    const traces = seen.map((side) => side.state().trace).filter((trace) => trace !== null);
    const missing =
      traces.length < seen.length || (kind !== "png" && traces.some(({ complete }) => !complete));
    if (missing) throw new Error(words.notReady);
    const { view } = state;
    if (kind === "csv")
      return saveFile(
        new Blob([toCsv(...traces)], { type: "text/csv;charset=utf-8" }),
        fileName(view, "csv"),
      );
    if (kind === "json")
      return saveFile(
        new Blob([toJson(link(state), ...traces)], { type: "application/json" }),
        fileName(view, "json"),
      );
    if (kind === "png") return saveFile(await pictureOf(seen, look), fileName(view, "png"));
    const one = kind === "trace" ? view : seen[seen.length - 1].state().view;
    saveFile(await fetchTrace(one), fileName(one, "safetensors", false));
  };
}

/** @typedef {{store: Pick<Store<State>, "get">, viewport: ReturnType<typeof createViewport>}} Stack */

/**
 * @param {object} parts
 * @param {Boot} parts.boot
 * @param {Store<State>} parts.store
 * @param {Player} parts.player
 * @param {() => Stack[]} parts.stacks
 * @param {(view: State["view"]) => string} parts.titleOf
 * @param {(blob: Blob, name: string) => void} parts.saveFile  gives a file to the person
 */
export function createFileActions({ boot, store, player, stacks, titleOf, saveFile }) {
  /** @param {Stack} stack @param {boolean} moment */
  function caption({ store: own }, moment) {
    const { b } = store.get().view;
    const { view } = own.get();
    const apart = b ? ` · ${sideName(view, b)}` : "";
    return captionOf(own.get(), titleOf(view) + apart, moment);
  }
  const sides = () =>
    stacks().map((stack) => ({
      ...stack.viewport,
      canvas: stack.viewport.canvas(),
      refresh: stack.viewport.invalidate,
      state: stack.store.get,
      caption: (/** @type {boolean} */ moment = false) => caption(stack, moment),
    }));
  return {
    save: createSave(boot, sides, saveFile),
    film: createFilm({
      store,
      player,
      sides: () => sides().map((side) => ({ ...side, caption: () => side.caption(true) })),
      saveFile: (blob, ending) => saveFile(blob, fileName(store.get().view, ending)),
    }),
    /** Returns width and height of a picture, and the reason why it is not possible. @param {number} scale */
    look(scale) {
      const { width, height } = pictureSize();
      return {
        width: width * scale,
        height: height * scale,
        problem: pictureProblem(sides(), { scale, transparent: false }),
      };
    },
  };
}
