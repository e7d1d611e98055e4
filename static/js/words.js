/** The words of the page, in the language that the document says it is in. */

import { en } from "./words/en.js";

/** @type {Record<string, typeof en>} */
const LANGUAGES = { en };

export const words = LANGUAGES[globalThis.document?.documentElement.lang] ?? en;
