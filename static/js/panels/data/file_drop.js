/**
 * Files dropped anywhere on the page. A single config.json is counted and its shape is drawn. Captures are shown, with
 * the config and the tokenizer dropped with them.
 *
 * @import {Actions} from "../../state/actions.js"
 */

import { captures, isCompanionFile, MOST_BYTES } from "../../api/captures.js";
import { uploadedConfig } from "../../api/uploaded_config.js";
import { words } from "../../words/words.js";
import { h } from "../parts/element.js";

/** Returns whether files are dragged, not a text or a link. @param {DragEvent} event */
const holdsFiles = ({ dataTransfer }) => [...(dataTransfer?.types ?? [])].includes("Files");

/**
 * @param {HTMLElement} host
 * @param {Actions} actions
 * @param {() => void} wake
 * @param {(files: readonly File[]) => Promise<void>} show  captures
 */
export function createFileDrop(host, actions, wake, show) {
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
    void filesOf(event.dataTransfer).then((files) => {
      if (files.length) void read(files);
    });
  };
  /** @param {readonly File[]} files */
  async function read(files) {
    const config = configOf(files);
    if (config && files.every(isCompanionFile) && !captures.files().length) return take(config);
    await show(files);
    const { state, report } = captures.get();
    const none = state === "refused" && report?.findings.some(({ code }) => code === "no-routing");
    if (!config || !none) return;
    captures.clear(); // a folder of a model without a capture
    actions.toggleOverlay("none");
    await take(config);
  }
  /** @param {File} file */
  async function take(file) {
    const { state, found } = await uploadedConfig.count(file);
    actions.setView({ panel: "models" });
    if (state === "counted" && found) actions.setRequest({ source: "authored", shape: found.key });
    wake();
  }
  document.addEventListener("dragover", over);
  document.addEventListener("dragleave", leave);
  document.addEventListener("drop", drop);
  return { update() {}, dispose: () => hint.remove() };
}

/** Returns the config of a model among its files, in any order. @param {readonly File[]} files */
export function configOf(files) {
  const named = files.find(({ name }) => /(^|\/)config\.json$/.test(name));
  return named ?? (files.length === 1 && isCompanionFile(files[0]) ? files[0] : undefined);
}

/** Weights, which are ignored when a whole folder is dropped. */
const WEIGHTS = /(^|\/)(model|pytorch_model)[^/]*\.(safetensors|bin|pt)$|\.safetensors\.index\.json$/;

/** Returns all files of a drop, including those of folders. @param {DataTransfer | null} data @returns {Promise<File[]>} */
async function filesOf(data) {
  const entries = [...(data?.items ?? [])].map((item) => item.webkitGetAsEntry?.() ?? null);
  const plain = [...(data?.files ?? [])];
  if (plain.length === 1 && !entries[0]?.isDirectory) return plain;
  if (!entries.some((entry) => entry?.isDirectory)) return plain.filter(({ name }) => !WEIGHTS.test(name));
  const found = (await Promise.all(entries.map((entry) => (entry ? inside(entry) : [])))).flat();
  return found.filter(({ name, size }) => !WEIGHTS.test(name) && size <= MOST_BYTES);
}

/** @param {FileSystemEntry} entry @returns {Promise<File[]>} */
async function inside(entry) {
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) =>
      /** @type {FileSystemFileEntry} */ (entry).file(resolve, reject),
    );
    return [new File([file], entry.fullPath.replace(/^\//, ""))];
  }
  const reader = /** @type {FileSystemDirectoryEntry} */ (entry).createReader();
  /** @type {File[]} */
  const all = [];
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!some.length) return all;
    for (const each of some) all.push(...(await inside(each)));
  }
}
