/**
 * The words of the atlas, in the language that the document says it is in.
 */

import { atlasEn } from "./atlas.en.js";
import { atlasFr } from "./atlas.fr.js";
import { language } from "./language.js";

export const atlasWords = { en: atlasEn, fr: atlasFr }[language];
