/**
 * The language of a view. Its words are in the document from the server on, so that another language is another
 * document: of the same view, at the same moment.
 *
 * @import {Boot, State} from "../types.js"
 * @import {Store} from "../state/store.js"
 */

import { formatView } from "../view/url.js";
import { language, LANGUAGES } from "../words/language.js";
import { viewNow } from "./address_bar.js";

/** The other languages, each with the address of what is on screen. @param {Pick<State, "view" | "at">} state @param {Boot} boot */
export function translationsOf(state, boot) {
  const view = viewNow(state);
  return LANGUAGES.filter((each) => each !== language).map((lang) => ({
    lang,
    address: formatView({ ...view, lang }, boot) || "?",
  }));
}

/** Loads the view anew when its language is asked to change. @param {Store<State>} store @param {Boot} boot */
export function watchLanguage(store, boot) {
  if (boot.exported) return; // it holds one
  store.subscribe((state, before) => {
    if (state.view.lang === before.view.lang || state.view.lang === language) return;
    location.replace(location.pathname + formatView(viewNow(state), boot));
  });
}
