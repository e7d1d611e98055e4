/**
 * What can be taken along of the stacks that are seen: files and a video, of one or of two.
 *
 * @import {Boot, State} from "../types.js"
 * @import {createViewport} from "../browser/scene_host.js"
 * @import {Player} from "../playback/player.js"
 * @import {Store} from "../state/store.js"
 */

import { sideName } from "../view/comparison.js";
import { plateOf } from "./picture_caption.js";
import { createSave, fileName, pictureProblem, pictureSize } from "./save.js";
import { createFilm } from "./video.js";

/** @typedef {{store: Pick<Store<State>, "get">, viewport: ReturnType<typeof createViewport>}} Stack */

/**
 * @param {object} parts
 * @param {Boot} parts.boot
 * @param {Store<State>} parts.store
 * @param {Player} parts.player
 * @param {() => Stack[]} parts.stacks
 * @param {(view: State["view"]) => string} parts.titleOf
 * @param {(blob: Blob, name: string) => void} parts.hand  gives a file to the person
 */
export function createTaking({ boot, store, player, stacks, titleOf, hand }) {
  /** @param {Stack} stack @param {boolean} moment */
  function plate({ store: own }, moment) {
    const { b } = store.get().view;
    const { view } = own.get();
    const apart = b ? ` · ${sideName(view, b)}` : "";
    return plateOf(own.get(), titleOf(view) + apart, moment);
  }
  const sides = () =>
    stacks().map((stack) => ({
      ...stack.viewport,
      canvas: stack.viewport.canvas(),
      refresh: stack.viewport.invalidate,
      state: stack.store.get,
      plate: (/** @type {boolean} */ moment = false) => plate(stack, moment),
    }));
  return {
    save: createSave(boot, sides, hand),
    film: createFilm({
      store,
      player,
      sides: () => sides().map((side) => ({ ...side, plate: () => side.plate(true) })),
      hand: (blob, ending) => hand(blob, fileName(store.get().view, ending)),
    }),
    /** Width and height of a picture, and why it cannot be made. @param {number} scale */
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
