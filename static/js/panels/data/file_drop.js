/**
 * A config.json that is dropped anywhere on the page: counted, and its rings are drawn.
 *
 * @import {Actions} from "../../state/actions.js"
 */

import { brought } from "../../api/uploaded_config.js";
import { words } from "../../words/words.js";
import { h } from "../parts/element.js";

/** Whether a person drags files, and not a word or a link. @param {DragEvent} event */
const holdsFiles = ({ dataTransfer }) => [...(dataTransfer?.types ?? [])].includes("Files");

/** @param {HTMLElement} host @param {Actions} actions @param {() => void} wake */
export function createDropping(host, actions, wake) {
  const hint = h("p", { class: "drop-target", hidden: true }, words.models.dropHere);
  host.append(hint);
  const over = (/** @type {DragEvent} */ event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    hint.hidden = false;
  };
  const leave = (/** @type {DragEvent} */ event) => {
    if (!event.relatedTarget) hint.hidden = true;
  };
  const drop = (/** @type {DragEvent} */ event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    hint.hidden = true;
    const file = event.dataTransfer?.files[0];
    if (file) void take(file);
  };
  /** @param {File} file */
  async function take(file) {
    const { state, found } = await brought.count(file);
    actions.setView({ panel: "models" });
    if (state === "counted" && found) actions.setRequest({ source: "authored", shape: found.key });
    wake();
  }
  document.addEventListener("dragover", over);
  document.addEventListener("dragleave", leave);
  document.addEventListener("drop", drop);
  return { update() {}, dispose: () => hint.remove() };
}
