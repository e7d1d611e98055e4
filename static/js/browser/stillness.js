/**
 * Less motion: what the system asks for, unless a person used the page's own switch.
 *
 * @import {State} from "../types.js"
 * @import {Store} from "../state/store.js"
 */

const KEY = "moescope.still";

/** @returns {string | null} null too where a frame may keep nothing */
function remembered() {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

/** @param {boolean} still */
function remember(still) {
  try {
    localStorage.setItem(KEY, still ? "1" : "0");
  } catch {
    // A sandboxed frame forgets; the switch holds as long as the page.
  }
}

/** @param {Store<State>} store */
export function watchStillness(store) {
  const asked = window.matchMedia("(prefers-reduced-motion: reduce)");
  const own = remembered();
  let followed = asked.matches;
  store.set({ still: own === null ? followed : own === "1" });
  asked.addEventListener("change", () => {
    followed = asked.matches;
    if (remembered() === null) store.set({ still: followed });
  });
  store.subscribe(({ still }, before) => {
    document.documentElement.toggleAttribute("data-still", still);
    if (still !== before.still && still !== followed) remember(still);
  });
  document.documentElement.toggleAttribute("data-still", store.get().still);
}
