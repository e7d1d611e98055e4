/**
 * The document: the first visit in a tab, and the events of language, visibility and network.
 *
 * @import {Boot} from "../boot_types.js"
 * @import {State} from "../types.js"
 * @import {Store} from "../state/store.js"
 */

import { isRequestKey } from "../view/keys.js";
import { formatView, currentView } from "../view/url.js";
import { language } from "../words/language.js";

const KEY = "moescope.opened";
/** View keys that a link may have and still start with the directed shot. */
const PLAIN = ["v", "theme", "palette", "lang", "speed"];

/** Returns whether a query names no time, camera, selection or panel. @param {Boot} boot @param {string} search */
export function isPlain(boot, search) {
  const keys = [...new URLSearchParams(search).keys()];
  return keys.every((key) => PLAIN.includes(key) || isRequestKey(boot, key));
}

/** Returns whether the directed shot opens the page: once per tab, and never for a link with a moment or selection. @param {Boot} boot @param {string} search */
export function isFirstVisit(boot, search) {
  if (boot.exported || !isPlain(boot, search)) return false;
  try {
    const seen = sessionStorage.getItem(KEY) !== null;
    sessionStorage.setItem(KEY, "1");
    return !seen;
  } catch {
    return !boot.embed; // a sandboxed frame has no storage and would play on every load
  }
}

/** Reloads the page when the language of the view changes. @param {Store<State>} store @param {Boot} boot */
export function watchLanguage(store, boot) {
  if (boot.exported) return; // it has one language
  store.subscribe((state, before) => {
    if (state.view.lang === before.view.lang || state.view.lang === language) return;
    location.replace(location.pathname + formatView(currentView(state), boot));
  });
}

/** Removes the static page, which is shown until the script runs. */
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
