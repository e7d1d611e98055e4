/**
 * Keeps the address bar on the view. A change of what is asked of the server is a page of the browser's history; all
 * else rewrites the current one, and while playback moves no more than twice a second (browsers refuse more).
 *
 * @import {Boot, State, View} from "../types.js"
 * @import {Store} from "../state/store.js"
 */

import { sameRequest } from "../view/request.js";
import { formatView, parseView, searchOf, viewNow } from "../view/url.js";

const THROTTLE_MS = 500;
/** A browser refuses more than 100 writes in 30 seconds: this many at once, and then one so often. */
const BURST = 20;
const REFILL_MS = 400;

/**
 * @param {Store<State>} store
 * @param {Boot} boot
 * @param {() => boolean} moving
 * @param {(view: ReturnType<typeof parseView>) => void} goTo   the person went back or forward
 */
export function createAddress(store, boot, moving, goTo) {
  let written = store.get().view;
  let due = 0;
  let lastWrite = -Infinity;
  /** The page of the history is there already; what the server makes of its keys is no other page. */
  let came = true;
  let [left, counted] = [BURST, 0];

  /** Takes a write from what the browser allows. @returns {boolean} false: none is left now */
  function allowed() {
    const now = performance.now();
    left = Math.min(BURST, left + (now - counted) / REFILL_MS);
    counted = now;
    if (left < 1) return false;
    left--;
    return true;
  }

  function write() {
    clearTimeout(due);
    due = 0;
    const view = viewNow(store.get());
    const address = location.pathname + formatView(view, boot) + location.hash;
    const push = !came && isOther(view, written);
    if (address === location.pathname + location.search + location.hash) {
      written = view;
      came = false;
      return;
    }
    if (!allowed()) {
      due = window.setTimeout(write, REFILL_MS);
      return;
    }
    written = view;
    came = false;
    lastWrite = performance.now();
    try {
      if (push) history.pushState(null, "", address);
      else history.replaceState(null, "", address);
    } catch {
      // Some browsers let a page from a file:// address write nothing there.
    }
  }

  function changed() {
    if (store.get().loading === "asking") return; // the answer says which keys the address has
    if (!sameRequest(store.get().view, written) || !moving()) return write();
    if (!due) due = window.setTimeout(write, Math.max(0, lastWrite + THROTTLE_MS - performance.now()));
  }

  const leave = store.subscribe((state, before) => {
    const { view, at, playing } = state;
    if (view !== before.view || at !== before.at || playing !== before.playing) changed();
  });
  const back = () => {
    const parsed = parseView(searchOf(boot, location.search), boot);
    written = parsed.view;
    came = true;
    goTo(parsed);
  };
  window.addEventListener("popstate", back);
  return {
    /** Nothing moves any more: what waits is written now. */
    settle: () => due && write(),
    dispose() {
      leave();
      clearTimeout(due);
      window.removeEventListener("popstate", back);
    },
  };
}

/** Returns whether a view is another page of the history: not where a model stopped, or a slider moved. @param {View} view @param {View} written */
function isOther(view, written) {
  const { step, updates, continue: count = 0 } = view.given;
  const slid = { ...written.given, step, updates };
  if (count < (written.given.continue ?? 0)) slid.continue = count || undefined;
  const lesson = /** @type {const} */ (["tour", "at", "quiz"]);
  return !sameRequest(view, { given: slid }) || lesson.some((key) => view[key] !== written[key]);
}
