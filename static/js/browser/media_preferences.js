/**
 * Media preferences of the system: more contrast, print, reduced motion.
 *
 * The view's own theme holds otherwise. `prefers-color-scheme` is ignored: the lit path is most legible on a dark ground, and a link
 * must look the same everywhere. The page's own switch for reduced motion overrides the system.
 *
 * @import {State, Theme} from "../types.js"
 * @import {Store} from "../state/store.js"
 */

import { coloursOf } from "../view/palettes.js";

/**
 * @param {Theme} asked      by the view
 * @param {boolean} contrast whether the system asks for more of it; a light page keeps its light
 * @param {boolean} print
 * @returns {Theme}
 */
export function usedTheme(asked, contrast, print) {
  if (print) return "light";
  return contrast && asked === "dark" ? "contrast" : asked;
}

/**
 * Keeps the document in the theme.
 * @param {Store<State>} store
 * @param {(printing: boolean) => void} draw  at once: paper does not wait for a frame
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
