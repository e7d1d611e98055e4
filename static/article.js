/**
 * An article that drives its views: <a data-view="size" data-set="experts=64">64 experts</a> sets the view whose id is
 * "size". Without this script the link opens that view in Moescope.
 */

import "./embed.js";

const calm = window.matchMedia("(prefers-reduced-motion: reduce)");

/** @param {MouseEvent} event */
async function drive(event) {
  const link = /** @type {HTMLAnchorElement} */ (event.currentTarget);
  const view = /** @type {import("./embed.js").MoescopeEmbed | null} */ (
    document.getElementById(link.dataset.view ?? "")
  );
  if (!view || event.metaKey || event.ctrlKey || event.shiftKey) return; // a tab of its own
  event.preventDefault();
  view.scrollIntoView({ block: "nearest", behavior: calm.matches ? "auto" : "smooth" });
  await view.set(Object.fromEntries(new URLSearchParams(link.dataset.set)));
  if ("play" in link.dataset) await view.play();
  for (const other of document.querySelectorAll(`a[data-view="${link.dataset.view}"]`))
    other.removeAttribute("aria-current");
  link.setAttribute("aria-current", "true");
}

for (const link of /** @type {NodeListOf<HTMLAnchorElement>} */ (document.querySelectorAll("a[data-view]"))) {
  link.addEventListener("click", drive);
}
