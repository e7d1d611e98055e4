/**
 * The words about captures, in the language of the document. As in words.js, the build leaves the other language out.
 */

import { capturesEn } from "./captures.en.js";
import { capturesFr } from "./captures.fr.js";
import { language } from "./language.js";

/** @typedef {import("./words.js").Built} Built */

export const captureWords =
  /** @type {Built} */ (globalThis).MOESCOPE_LANGUAGE === "en"
    ? capturesEn
    : /** @type {Built} */ (globalThis).MOESCOPE_LANGUAGE === "fr"
      ? capturesFr
      : { en: capturesEn, fr: capturesFr }[language];
