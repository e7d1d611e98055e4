/**
 * What becomes of files, dropped or chosen with the button. A config.json without a capture is counted and its shape is
 * drawn. Captures are shown, with the config and the tokenizer among the files. The names of all others are said.
 *
 * @import {Actions} from "../../state/actions.js"
 */

import { captures, isCompanionFile, MOST_BYTES } from "../../api/captures.js";
import { uploadedConfig } from "../../api/uploaded_config.js";

/**
 * @param {Actions} actions
 * @param {() => void} wake
 * @param {(files: readonly File[], ignored: readonly File[]) => Promise<void>} show  captures
 */
export function createFileTaking(actions, wake, show) {
  /** @param {File} config @param {readonly File[]} others */
  async function count(config, others) {
    const { state, found } = await uploadedConfig.count(config, others);
    actions.setView({ panel: "models" });
    if (state === "counted" && found) actions.setRequest({ source: "authored", shape: found.key });
    wake();
  }
  return async (/** @type {readonly File[]} */ given) => {
    const [files, ignored] = parted(given);
    const config = configOf(files);
    const others = given.filter((file) => file !== config);
    if (config && files.every(isCompanionFile) && !captures.files().length) return count(config, others);
    await show(files, ignored);
    const { state, report } = captures.get();
    const none = state === "refused" && report?.findings.some(({ code }) => code === "no-routing");
    if (!config || !none) return;
    captures.clear(); // a folder of a model without a capture
    actions.toggleOverlay("none");
    await count(config, others);
  };
}

/** Returns the config of a model among its files, in any order. @param {readonly File[]} files */
export function configOf(files) {
  const named = files.find(({ name }) => /(^|\/)config\.json$/.test(name));
  return named ?? (files.length === 1 && isCompanionFile(files[0]) ? files[0] : undefined);
}

const WEIGHTS = /(^|\/)(model|pytorch_model)[^/]*\.(safetensors|bin|pt)$|\.safetensors\.index\.json$/;
const NO_TEXT = /^(image|video|audio|font)\/|^application\/pdf$/;

/**
 * Separates files that may be read from weights, pictures and what is too large. A single file is always read, so that the
 * answer is about it.
 * @param {readonly File[]} files @returns {[File[], File[]]}
 */
export function parted(files) {
  const ignored = files.filter(
    ({ name, type, size }) => WEIGHTS.test(name) || NO_TEXT.test(type) || size > MOST_BYTES,
  );
  const read = files.filter((file) => !ignored.includes(file));
  return read.length ? [read, ignored] : [files.slice(0, 1), files.slice(1)];
}
