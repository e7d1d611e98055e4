/**
 * Media preferences of the system: more contrast, print, reduced motion.
 *
 * Otherwise the theme of the view applies. `prefers-color-scheme` is ignored, because the lit path is most legible on a
 * dark ground and a link must look the same everywhere. The switch for reduced motion overrides the system.
 *
 * @import {State, Theme} from "../types.js"
 * @import {Store} from "../state/store.js"
 */

import { coloursOf } from "../view/palettes.js";

/**
 * @param {Theme} asked      by the view
 * @param {boolean} contrast the system requests more contrast; a light page stays light
 * @param {boolean} print
 * @returns {Theme}
 */
export function usedTheme(asked, contrast, print) {
  if (print) return "light";
  return contrast && asked === "dark" ? "contrast" : asked;
}

/**
 * Sets the theme of the document.
 * @param {Store<State>} store
 * @param {(printing: boolean) => void} draw  draws at once, because printing does not wait for a frame
 */
export function watchTheme(store, draw) {
  const contrast = window.matchMedia("(prefers-contrast: more), (forced-colors: active)");
  const print = window.matchMedia("print");
  let printing = false;
  function follow() {
    const { view, theme } = store.get();
    const shown = usedTheme(view.theme, contrast.matches, printing || print.matches);
    Object.assign(document.documentElement.dataset, { theme: shown, palette: view.palette });
    for (const meta of document.querySelectorAll("meta[name=theme-color]"))
      meta.setAttribute("content", coloursOf(view.palette, shown).night);
    if (shown !== theme) store.set({ theme: shown });
  }
  for (const query of [contrast, print]) query.addEventListener("change", follow);
  store.subscribe(({ view }, before) => {
    if (view.theme !== before.view.theme || view.palette !== before.view.palette) follow();
  });
  for (const [name, on] of /** @type {const} */ ([
    ["beforeprint", true],
    ["afterprint", false],
  ])) {
    window.addEventListener(name, () => {
      printing = on;
      follow();
      draw(on);
    });
  }
  follow();
}

const KEY = "moescope.still";

/** @returns {string | null} null also without storage */
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
    // A sandboxed frame has no storage. The switch then lasts as long as the page.
  }
}

/** @param {Store<State>} store */
export function watchReducedMotion(store) {
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
