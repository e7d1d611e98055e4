/**
 * The words of the page, in the language that the document says it is in. The build makes the page once for each
 * language and names it here, so that the words of the others are left out.
 */

import { en } from "./en.js";
import { fr } from "./fr.js";
import { language } from "./language.js";

/** @typedef {{MOESCOPE_LANGUAGE?: import("./language.js").Language}} Built */
/** @type {import("./fr.js").Words} */
export const words =
  /** @type {Built} */ (globalThis).MOESCOPE_LANGUAGE === "en"
    ? en
    : /** @type {Built} */ (globalThis).MOESCOPE_LANGUAGE === "fr"
      ? fr
      : { en, fr }[language];

/** Returns the name that a router has on the page. @param {string} name  of `boot.routers` */
export function routerName(name) {
  return words.routing.names[name] ?? name;
}
