/**
 * Keeps the address bar equal to the view. Each choice of a user and each open overlay is an entry of the browser's
 * history, so Back undoes it. The place of playback replaces the current entry, at most twice per second.
 *
 * @import {Boot} from "../boot_types.js"
 * @import {State, View} from "../types.js"
 * @import {Store} from "../state/store.js"
 */

import { sameRequest } from "../view/request.js";
import { formatView, parseView, searchOf, currentView } from "../view/url.js";

const THROTTLE_MS = 500;
/** A browser refuses more than 100 writes in 30 seconds. This many writes are allowed at once, then one per interval. */
const BURST = 20;
const REFILL_MS = 400;
/** View keys that a user chooses. The others hold the place of playback, or belong to the document. */
const CHOSEN = /** @type {const} */ ([
  ...["tour", "at", "quiz", "level", "panel", "tower", "path", "floor", "whole"],
  ...["mode", "camera", "fold", "devices", "corpus", "speed", "theme", "palette"],
]);
/** View keys without any open panel. */
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
    // Some browsers do not allow a page from a file:// address to write the history.
  }
}

/** Limits the rate of writes to what browsers allow. @returns {() => boolean} false: no write is left now */
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
 * @param {(view: ReturnType<typeof parseView>) => void} page.goTo   a user went back or forward
 * @param {() => void} page.wake   called after a delayed write
 */
export function createAddress(store, boot, { goTo, wake }) {
  const allowed = createAllowance();
  const pushes = !boot.embed; // an embed must not add entries to the history of its host page
  let written = store.get().view;
  let due = 0;
  let lastWrite = -Infinity;
  /** The current entry was just opened; the answer of the server to its keys adds no entry. */
  let came = true;
  /** The page is leaving the entry of an overlay that was closed. */
  let leaving = false;

  const addressOf = (/** @type {View} */ view) => location.pathname + formatView(view, boot) + location.hash;
  const isWritten = (/** @type {string} */ address) =>
    address === location.pathname + location.search + location.hash;

  /** Adds an entry with closed panels below a link that opens one, so that Back closes it. */
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
    const view = currentView(store.get());
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
    if (leaving || store.get().loading === "asking") return; // the answer decides the keys of the address
    if (isOther(currentView(store.get()), written)) return write();
    const wait = lastWrite + THROTTLE_MS - performance.now();
    if (wait <= 0) write();
    else if (!due) later(wait);
  }

  /** Adds or leaves the history entry of an overlay. @param {State["overlay"]} overlay */
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
    /** Writes a pending address once nothing moves, unless the last write is too recent. */
    settle: () => due && performance.now() - lastWrite >= THROTTLE_MS && write(),
    /** Returns whether a write is pending. */
    waits: () => due !== 0 || leaving,
    dispose() {
      leave();
      clearTimeout(due);
      window.removeEventListener("popstate", back);
    },
  };
}

/** Returns whether a view needs an entry of its own. The end of a generation and the move of a slider do not. @param {View} view @param {View} written */
function isOther(view, written) {
  const { step, updates, continue: count = 0 } = view.given;
  const slid = { ...written.given, step, updates };
  if (count < (written.given.continue ?? 0)) slid.continue = count || undefined;
  const chosen = CHOSEN.some((key) => JSON.stringify(view[key]) !== JSON.stringify(written[key]));
  return chosen || !view.b !== !written.b || !sameRequest(view, { given: slid });
}
