/**
 * The save panel: pictures, a video, the table, the trace.
 *
 * @import {Boot} from "../../boot_types.js"
 * @import {State} from "../../types.js"
 * @import {Actions, SaveKind} from "../../state/actions.js"
 */

import { filmFormat, filmSpeed } from "../../files/video.js";
import { formatTime } from "../../words/format.js";
import { words } from "../../words/words.js";
import { attribute, changes, h, setText } from "../parts/element.js";
import { createSegments } from "../parts/segments.js";

const SCALES = [1, 2, 4].map((value) => ({ value, label: `${value}×` }));

/** Options of a picture: size and background. @param {(scale: number) => {width: number, height: number, problem: string}} look @param {(run: () => Promise<void>) => Promise<void>} attempt @param {Actions} actions */
function createPictureSaving(look, attempt, actions) {
  let scale = 2;
  const scales = createSegments({
    label: words.pictureScale,
    quiet: true,
    choose(/** @type {number} */ value) {
      scale = value;
      update();
    },
  });
  const ground = h("input", { type: "checkbox", checked: true });
  const size = h("p", { class: "caption", role: "status" });
  const button = h(
    "button",
    {
      type: "button",
      class: "secondary",
      onclick: () => attempt(() => actions.save("png", { scale, transparent: !ground.checked })),
    },
    words.savePng,
  );
  function update() {
    const { width, height, problem } = look(scale);
    scales.update(scale, SCALES);
    setText(size, problem ? problem[0].toUpperCase() + problem.slice(1) : words.pictureSize(width, height));
    attribute(size, "data-trouble", problem !== "");
  }
  return {
    element: h(
      "div",
      { class: "saving" },
      h(
        "div",
        { class: "saving-row" },
        scales.element,
        h("label", { class: "check" }, ground, words.background),
        button,
      ),
      size,
    ),
    update,
  };
}

/** @param {(run: () => Promise<void>) => Promise<void>} attempt @param {Actions} actions */
function createFilmSaving(attempt, actions) {
  const able = filmFormat() !== "";
  const button = h(
    "button",
    { type: "button", class: "secondary", disabled: !able, onclick: record },
    words.filmStart,
  );
  const length = h("p", { class: "caption" });
  async function record() {
    await attempt(actions.film);
    button.focus({ preventScroll: true });
  }
  return {
    element: h(
      "div",
      { class: "saving" },
      h("div", { class: "saving-row" }, h("span", { class: "label" }, words.film), button),
      length,
    ),
    /** @param {State} state */
    update({ timeline, view, still }) {
      if (!able) return setText(length, words.saveFailed(words.noRecorder));
      const speed = filmSpeed(timeline?.duration ?? 0, view.speed);
      const told = timeline ? words.filmLength(formatTime(timeline.duration / speed), speed) : "";
      setText(length, still ? `${told} ${words.filmStill}` : told);
    },
  };
}

/** @param {Boot} boot @param {Actions} actions @param {Parameters<typeof createPictureSaving>[0]} look */
export function createSaving(boot, actions, look) {
  const failed = h("p", { class: "readout", role: "status" });
  const both = h("p", { class: "caption" }, words.bothStacks);
  /** @param {() => Promise<void>} run */
  async function attempt(run) {
    setText(failed, "");
    try {
      await run();
    } catch (error) {
      setText(failed, words.saveFailed(error instanceof Error ? error.message : String(error)));
    }
  }
  const picture = createPictureSaving(look, attempt, actions);
  const film = createFilmSaving(attempt, actions);
  const files = h("div", { class: "buttons" });
  const element = h(
    "section",
    { class: "copy" },
    h("h3", {}, words.save),
    both,
    picture.element,
    film.element,
    files,
    failed,
  );
  /** @param {boolean} two @returns {[SaveKind, string][]} */
  const kinds = (two) => [
    ["csv", words.saveCsv],
    ["json", words.saveJson],
    .../** @type {[SaveKind, string][]} */ (
      boot.exported
        ? []
        : two
          ? [
              ["trace", words.saveTraces[0]],
              ["trace-b", words.saveTraces[1]],
            ]
          : [["trace", words.saveTrace]]
    ),
  ];
  const changed = changes();
  return {
    element,
    /** @param {State} state */
    update(state) {
      const two = state.view.b !== null;
      if (changed(two))
        files.replaceChildren(
          ...kinds(two).map(([kind, name]) =>
            h(
              "button",
              { type: "button", class: "secondary", onclick: () => attempt(() => actions.save(kind)) },
              name,
            ),
          ),
        );
      attribute(both, "hidden", !two);
      picture.update();
      film.update(state);
    },
  };
}
