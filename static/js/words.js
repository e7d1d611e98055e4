/** The words of the page, in the language that the document says it is in. */

import { language } from "./language.js";
import { en } from "./words/en.js";
import { fr } from "./words/fr.js";

/** @type {import("./words/fr.js").Words} */
export const words = { en, fr }[language];
