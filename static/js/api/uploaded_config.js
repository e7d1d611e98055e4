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
 */

/** @returns {{get: () => UploadedConfig, count: (file: File) => Promise<UploadedConfig>}} */
export function createUploadedConfig() {
  /** @type {UploadedConfig} */
  let now = { state: "none", found: null, problem: "" };
  /** @param {Partial<UploadedConfig>} change */
  const become = (change) => (now = { ...now, problem: "", ...change });
  return {
    get: () => now,
    async count(file) {
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
