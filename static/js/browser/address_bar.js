/**
 * Keeps the address bar on the view. What a person chose is a page of the browser's history, and so is what lies open over
 * the page: Back undoes it. Where playback stands rewrites the current page, no more than twice a second.
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
/** View keys that a person chooses. The others say where playback stands, or belong to the document. */
const CHOSEN = /** @type {const} */ ([
  ...["tour", "at", "quiz", "level", "panel", "tower", "path", "floor", "whole"],
  ...["mode", "camera", "fold", "devices", "corpus", "speed", "theme", "palette"],
]);
/** With nothing open beside the scene. */
const CLOSED = /** @type {const} */ ({ level: "story", panel: "none", tower: null });

/** @typedef {{ours: true, overlay?: boolean}} Page   of the history, as this page wrote it */

/** @returns {Page | null} */
const here = () => history.state?.ours && history.state;

/** @param {string} address @param {{push: boolean, overlay?: boolean}} how */
function put(address, { push, overlay = false }) {
  try {
    if (push) history.pushState({ ours: true, overlay }, "", address);
    else history.replaceState({ ours: true, overlay }, "", address);
  } catch {
    // Some browsers let a page from a file:// address write nothing there.
  }
}

/** Takes writes from what the browser allows. @returns {() => boolean} false: none is left now */
function createAllowance() {
  let [left, counted] = [BURST, 0];
  return () => {
    const now = performance.now();
    left = Math.min(BURST, left + (now - counted) / REFILL_MS);
    counted = now;
    if (left < 1) return false;
    left--;
    return true;
  };
}

/**
 * @param {Store<State>} store
 * @param {Boot} boot
 * @param {object} page
 * @param {(view: ReturnType<typeof parseView>) => void} page.goTo   the person went back or forward
 * @param {() => void} page.wake   an address that was waited for is written
 */
export function createAddress(store, boot, { goTo, wake }) {
  const allowed = createAllowance();
  const pushes = !boot.embed; // the history of a page that holds a frame is not the frame's to fill
  let written = store.get().view;
  let due = 0;
  let lastWrite = -Infinity;
  /** The page of the history is there already; what the server makes of its keys is no other page. */
  let came = true;
  /** The page of something that was closed is being left. */
  let leaving = false;

  const addressOf = (/** @type {View} */ view) => location.pathname + formatView(view, boot) + location.hash;
  const isWritten = (/** @type {string} */ address) =>
    address === location.pathname + location.search + location.hash;

  /** A link that opens something has a page below it on which that is closed. */
  function layGround() {
    const { view } = store.get();
    const closed = addressOf({ ...view, ...CLOSED });
    if (!pushes || here() || closed === addressOf(view)) return;
    const address = location.href;
    put(closed, { push: false });
    put(address, { push: true });
  }

  function later(/** @type {number} */ ms) {
    clearTimeout(due);
    due = window.setTimeout(() => {
      write();
      wake();
    }, ms);
  }

  function write() {
    clearTimeout(due);
    due = 0;
    const view = viewNow(store.get());
    const address = addressOf(view);
    const over = here()?.overlay === true;
    const push = pushes && !came && !over && isOther(view, written);
    if (!isWritten(address)) {
      if (!allowed()) return later(REFILL_MS);
      lastWrite = performance.now();
      put(address, { push, overlay: over && store.get().overlay !== "none" });
    }
    written = view;
    came = false;
  }

  function changed() {
    if (leaving || store.get().loading === "asking") return; // the answer says which keys the address has
    if (isOther(viewNow(store.get()), written)) return write();
    const wait = lastWrite + THROTTLE_MS - performance.now();
    if (wait <= 0) write();
    else if (!due) later(wait);
  }

  /** What lies over the page is a page of the history too. @param {State["overlay"]} overlay */
  function overlaid(overlay) {
    if (!pushes || leaving) return;
    const open = overlay !== "none";
    const over = here()?.overlay === true;
    if (open && !over) return put(location.href, { push: true, overlay: true });
    if (open || !over || isOther(store.get().view, written)) return;
    leaving = true;
    history.back();
  }

  const leave = store.subscribe((state, before) => {
    const { view, at, playing, overlay } = state;
    if (overlay !== before.overlay) overlaid(overlay);
    if (view !== before.view || at !== before.at || playing !== before.playing) changed();
  });
  function back() {
    if (leaving) {
      leaving = false;
      return changed();
    }
    if (store.get().overlay !== "none") {
      store.set({ overlay: "none" });
      return changed();
    }
    const parsed = parseView(searchOf(boot, location.search), boot);
    written = parsed.view;
    came = true;
    goTo(parsed);
    changed();
  }
  window.addEventListener("popstate", back);
  layGround();
  return {
    /** Nothing moves any more: what waits is written, unless something was written just now. */
    settle: () => due && performance.now() - lastWrite >= THROTTLE_MS && write(),
    /** Something is still to be written. */
    waits: () => due !== 0 || leaving,
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
  const chosen = CHOSEN.some((key) => JSON.stringify(view[key]) !== JSON.stringify(written[key]));
  return chosen || !view.b !== !written.b || !sameRequest(view, { given: slid });
}
