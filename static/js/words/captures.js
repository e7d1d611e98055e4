/**
 * The words on captures, in the language that the document says it is in.
 */

import { capturesEn } from "./captures.en.js";
import { capturesFr } from "./captures.fr.js";
import { language } from "./language.js";

export const captureWords = { en: capturesEn, fr: capturesFr }[language];
