/**
 * Keeps the address bar on the view. A change of what is asked of the server is a page of the browser's history; all
 * else rewrites the current one, and while playback moves no more than twice a second (browsers refuse more).
 *
 * @import {Boot, State, View} from "../types.js"
 * @import {Store} from "../state/store.js"
 */

import { asksTheSame } from "../view/request.js";
import { formatView, parseView, searchOf, viewNow } from "../view/url.js";

const THROTTLE_MS = 500;

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

  function write() {
    clearTimeout(due);
    due = 0;
    const view = viewNow(store.get());
    const address = location.pathname + formatView(view, boot) + location.hash;
    const push = !came && isOther(view, written);
    written = view;
    came = false;
    if (address === location.pathname + location.search + location.hash) return;
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
    if (!asksTheSame(store.get().view, written) || !moving()) return write();
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

/** Whether a view is another page of the history: not where a model stopped, or a slider moved. @param {View} view @param {View} written */
function isOther(view, written) {
  const { step, updates, continue: count = 0 } = view.given;
  const slid = { ...written.given, step, updates };
  if (count < (written.given.continue ?? 0)) slid.continue = count || undefined;
  const lesson = /** @type {const} */ (["tour", "at", "quiz"]);
  return !asksTheSame(view, { given: slid }) || lesson.some((key) => view[key] !== written[key]);
}
