/**
 * The words of the page, in the language of the document. The build makes one page per language and defines
 * `MOESCOPE_LANGUAGE`, so the bundler drops the words of the other language.
 */

import { alterEn } from "./alter.en.js";
import { alterFr } from "./alter.fr.js";
import { atlasEn } from "./atlas.en.js";
import { atlasFr } from "./atlas.fr.js";
import { capturesEn } from "./captures.en.js";
import { capturesFr } from "./captures.fr.js";
import { en } from "./en.js";
import { fr } from "./fr.js";
import { language } from "./language.js";

const english = { words: en, alterWords: alterEn, captureWords: capturesEn };
const french = { words: fr, alterWords: alterFr, captureWords: capturesFr };

/** @typedef {{MOESCOPE_LANGUAGE?: import("./language.js").Language}} Built */
/** @type {{words: import("./fr.js").Words, alterWords: typeof alterFr, captureWords: typeof capturesFr}} */
export const { words, alterWords, captureWords } =
  /** @type {Built} */ (globalThis).MOESCOPE_LANGUAGE === "en"
    ? english
    : /** @type {Built} */ (globalThis).MOESCOPE_LANGUAGE === "fr"
      ? french
      : { en: english, fr: french }[language];

/**
 * Text of the page of the atlas, which is not built per language. The bundler can drop this expression from other pages.
 */
export const atlasWords = language === "fr" ? atlasFr : atlasEn;

/** Returns the name that a router has on the page. @param {string} name  of `boot.routers` */
export function routerName(name) {
  return words.routing.names[name] ?? name;
}
