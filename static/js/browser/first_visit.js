/**
 * Decides whether the directed shot opens the page: once per tab, and only for a link without a moment or selection.
 *
 * @import {Boot} from "../types.js"
 */

import { isRequestKey } from "../view/keys.js";

const KEY = "moescope.opened";
/** View keys that leave the choice of what to look at to the page. */
const PLAIN = ["v", "theme", "palette", "lang", "speed"];

/** Returns whether a query names no moment, camera, selection or panel. @param {Boot} boot @param {string} search */
export function isPlain(boot, search) {
  const keys = [...new URLSearchParams(search).keys()];
  return keys.every((key) => PLAIN.includes(key) || isRequestKey(boot, key));
}

/** Answers once; from then on this tab has seen it. @param {Boot} boot @param {string} search */
export function isFirstVisit(boot, search) {
  if (boot.exported || !isPlain(boot, search)) return false;
  try {
    const seen = sessionStorage.getItem(KEY) !== null;
    sessionStorage.setItem(KEY, "1");
    return !seen;
  } catch {
    return !boot.embed; // a sandboxed frame cannot remember: it would play for ever
  }
}
