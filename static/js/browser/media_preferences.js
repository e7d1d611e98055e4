/**
 * The theme: what the view says, unless the system asks for more contrast or the page is printed, which is light. A
 * system that only likes light pages is not followed: the lit path reads best in the dark, and a link looks the same
 * everywhere.
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
export function shownTheme(asked, contrast, print) {
  if (print) return "light";
  return contrast && asked === "dark" ? "contrast" : asked;
}

/**
 * Keeps the document in the theme.
 * @param {Store<State>} store
 * @param {() => void} draw  at once: paper does not wait for a frame
 */
export function watchTheme(store, draw) {
  const contrast = window.matchMedia("(prefers-contrast: more), (forced-colors: active)");
  const print = window.matchMedia("print");
  let printing = false;
  function follow() {
    const { view, theme } = store.get();
    const shown = shownTheme(view.theme, contrast.matches, printing || print.matches);
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
      draw();
    });
  }
  follow();
}
