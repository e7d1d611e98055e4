/**
 * The language of the document, which text and numbers of the page use. Another language is another document.
 */

/** In the order of the menu; the first is the default. They are also in app/request/view_keys.py. */
export const LANGUAGES = /** @type {const} */ (["en", "fr"]);

/** @typedef {typeof LANGUAGES[number]} Language */

export const language =
  LANGUAGES.find((each) => each === globalThis.document?.documentElement.lang) ?? LANGUAGES[0];
