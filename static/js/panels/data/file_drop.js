/**
 * Files dropped anywhere on the page.
 */

import { words } from "../../words/words.js";
import { h } from "../parts/element.js";

/** Returns whether files are dragged, not a text or a link. @param {DragEvent} event */
const holdsFiles = ({ dataTransfer }) => [...(dataTransfer?.types ?? [])].includes("Files");

/** @param {HTMLElement} host @param {(files: readonly File[]) => Promise<void>} take */
export function createFileDrop(host, take) {
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
      if (files.length) void take(files);
    });
  };
  document.addEventListener("dragover", over);
  document.addEventListener("dragleave", leave);
  document.addEventListener("drop", drop);
  return { update() {}, dispose: () => hint.remove() };
}

/** Returns all files of a drop, including those of folders. @param {DataTransfer | null} data @returns {Promise<File[]>} */
async function filesOf(data) {
  const entries = [...(data?.items ?? [])].map((item) => item.webkitGetAsEntry?.() ?? null);
  if (!entries.some((entry) => entry?.isDirectory)) return [...(data?.files ?? [])];
  return (await Promise.all(entries.map((entry) => (entry ? inside(entry) : [])))).flat();
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
