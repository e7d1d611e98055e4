/**
 * An uploaded config.json: the server counts it, and this module keeps the result for the panel.
 *
 * @import {CountedModel} from "./model_catalogue.js"
 */

import { words } from "../words/words.js";

/** As in app/published/architectures/registry.py. A larger file is not sent. */
const LARGEST = 2 ** 20;

/**
 * @typedef {object} UploadedConfig
 * @property {"none" | "counting" | "counted" | "refused"} state
 * @property {CountedModel | null} found    the last valid config
 * @property {string} problem          why the last file is not valid
 * @property {string} name             of the last file
 * @property {string[]} ignored        names of the files that came with it
 */

/** @returns {{get: () => UploadedConfig, count: (file: File, others?: readonly File[]) => Promise<UploadedConfig>}} */
export function createUploadedConfig() {
  /** @type {UploadedConfig} */
  let now = { state: "none", found: null, problem: "", name: "", ignored: [] };
  /** @param {Partial<UploadedConfig>} change */
  const become = (change) => (now = { ...now, problem: "", ...change });
  return {
    get: () => now,
    async count(file, others = []) {
      become({ name: file.name, ignored: others.map(({ name }) => name) });
      if (file.size > LARGEST)
        return become({ state: "refused", problem: words.models.tooLarge(file.name, file.size, LARGEST) });
      become({ state: "counting" });
      try {
        const answer = await fetch("api/shape", { method: "POST", body: file });
        const body = await answer.json();
        if (!answer.ok)
          return become({ state: "refused", problem: problemsOf(body, answer.status, file.name) });
        return become({ state: "counted", found: body });
      } catch (error) {
        return become({ state: "refused", problem: words.models.unreachable(String(error)) });
      }
    },
  };
}

/** Returns the problems, with the name of the file. @param {{errors?: {message: string}[]}} body @param {number} status @param {string} name */
function problemsOf({ errors }, status, name) {
  const told = errors?.map(({ message }) => message.replace(/^config\.json:/, () => `${name}:`)) ?? [
    String(status),
  ];
  return words.problem(told.join("\n"));
}

/** The instance of the page, shared by the drop target and the panel. */
export const uploadedConfig = createUploadedConfig();
