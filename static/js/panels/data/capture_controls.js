/**
 * Controls of a dropped file: save or remove it, and select one of its answers.
 *
 * @import {Report} from "../../api/captures.js"
 */

import { captures } from "../../api/captures.js";
import { captureWords, words } from "../../words/words.js";
import { download, h, setText } from "../parts/element.js";

/** Answers that the menu lists at most. */
const MOST_ANSWERS = 200;

/** @param {{wake: () => void, play: () => void}} page  play: the file replaces the trace on screen */
export function createCaptureControls({ wake, play }) {
  const problem = h("p", { class: "readout", role: "status" });

  /** @param {number} choice */
  async function choose(choice) {
    await captures.choose(choice);
    if (captures.get().state === "shown") play();
    wake();
  }
  function remove() {
    captures.clear();
    play();
    wake();
  }
  /** Runs an action and shows its error. @param {() => Promise<void> | void} run */
  async function attempt(run) {
    setText(problem, "");
    try {
      await run();
    } catch (error) {
      setText(problem, words.saveFailed(error instanceof Error ? error.message : String(error)));
    }
  }
  /** @param {string} label @param {() => Promise<void> | void} run */
  const button = (label, run) =>
    h("button", { type: "button", class: "secondary", onclick: () => attempt(run) }, label);

  return {
    problem,
    /** Returns the buttons of the dropped file; null without one. @param {boolean} saves  false: the panel describes another file */
    buttons(saves) {
      const held = captures.held();
      if (!held) return null;
      const name = held.report.name.replace(/^.*\//, "");
      const save = saves && [
        h("p", { class: "caption" }, captureWords.kept),
        button(captureWords.saveTrace, () => download(held.file, `${name}.safetensors`)),
        button(captureWords.savePage, async () => download(await captures.page(), `${name}.html`)),
      ];
      return h("div", { class: "capture-keeping" }, ...(save || []), button(captureWords.putAway, remove));
    },
    /** Returns the menu of the answers of a file; null for a single one. @param {Report} report */
    answerMenu({ choices: all = 1, choice: at = 0 }) {
      if (all < 2) return null;
      const options = Array.from({ length: Math.min(all, MOST_ANSWERS) }, (_, i) =>
        h("option", { value: i, selected: i === at }, captureWords.answer(i + 1, all)),
      );
      const select = h("select", {}, ...options);
      select.addEventListener("change", () => void choose(Number(select.value)));
      return select;
    },
  };
}
