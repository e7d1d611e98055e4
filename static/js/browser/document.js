/**
 * Events of the document: its language changes, it becomes visible, the network returns.
 *
 * @import {Boot, State} from "../types.js"
 * @import {Store} from "../state/store.js"
 */

import { formatView, viewNow } from "../view/url.js";
import { language } from "../words/language.js";

/** Loads the view anew when its language is asked to change. @param {Store<State>} store @param {Boot} boot */
export function watchLanguage(store, boot) {
  if (boot.exported) return; // it holds one
  store.subscribe((state, before) => {
    if (state.view.lang === before.view.lang || state.view.lang === language) return;
    location.replace(location.pathname + formatView(viewNow(state), boot));
  });
}

/** The script runs: what the page shows without it goes. */
export function removeStillPage() {
  document.getElementById("without-script")?.remove();
  document.documentElement.removeAttribute("data-failed");
}

/** @param {(doubtful: boolean) => void} reconnect  doubtful: the network changed, so open connections may lead nowhere */
export function watchConnectivity(reconnect) {
  let doubtful = false;
  function here() {
    if (document.hidden) return;
    reconnect(doubtful);
    doubtful = false;
  }
  document.addEventListener("visibilitychange", here);
  window.addEventListener("online", () => {
    doubtful = true;
    here();
  });
}
