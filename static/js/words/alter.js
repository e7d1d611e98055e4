/**
 * The words on alterations and next tokens, in the language that the document says it is in.
 */

import { alterEn } from "./alter.en.js";
import { alterFr } from "./alter.fr.js";
import { language } from "./language.js";

export const alterWords = { en: alterEn, fr: alterFr }[language];
