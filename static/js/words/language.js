/**
 * The language that the document says it is in; the page's words and numbers follow it. Another one is another document.
 */

/** In the order of the menu; the first is the default. app/request/view_keys.py has them too. */
export const LANGUAGES = /** @type {const} */ (["en", "fr"]);

/** @typedef {typeof LANGUAGES[number]} Language */

export const language =
  LANGUAGES.find((each) => each === globalThis.document?.documentElement.lang) ?? LANGUAGES[0];
