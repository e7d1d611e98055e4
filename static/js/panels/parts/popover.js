/**
 * A popover beside its button, or a sheet from below on a phone. Escape or a press outside closes it. The focus moves in
 * and returns.
 *
 * @import {State} from "../../types.js"
 * @import {Actions} from "../../state/actions.js"
 */

import { words } from "../../words/words.js";
import { attribute, changes, h } from "./element.js";
import { iconButton } from "./icons.js";

/**
 * @param {HTMLElement} host
 * @param {object} options
 * @param {Exclude<State["overlay"], "none">} options.name
 * @param {string} options.title
 * @param {HTMLElement} options.body
 * @param {Actions} options.actions
 */
export function createOverlay(host, { name, title, body, actions }) {
  const close = iconButton("close", words.close, actions.closeTopmost, "small");
  const heading = h("h2", { class: "panel-title", id: `${name}-title` }, title);
  host.append(h("div", { class: "panel-head" }, heading, close), body);
  host.tabIndex = -1;
  attribute(host, "aria-labelledby", heading.id);
  /** @type {Element | null} */
  let cameFrom = null;

  /** @param {PointerEvent} event */
  function outside(event) {
    const target = /** @type {Element} */ (event.target);
    if (!host.contains(target) && !target.closest(`[data-opens="${name}"]`)) actions.toggleOverlay("none");
  }
  /** @param {boolean} open */
  function show(open) {
    const inside = host.contains(document.activeElement); // a hidden element loses the focus
    attribute(host, "data-open", open);
    attribute(host, "hidden", !open);
    if (open) {
      cameFrom = document.activeElement;
      host.focus({ preventScroll: true });
      document.addEventListener("pointerdown", outside, { capture: true });
    } else {
      document.removeEventListener("pointerdown", outside, { capture: true });
      if (inside && cameFrom instanceof HTMLElement) cameFrom.focus({ preventScroll: true });
    }
  }
  const changed = changes();
  attribute(host, "hidden", true);
  return {
    /** @param {State} state */
    update({ overlay }) {
      const open = overlay === name;
      if (changed(open)) show(open);
    },
  };
}

/**
 * Returns a button that opens an overlay.
 * @param {Exclude<State["overlay"], "none">} name
 * @param {HTMLButtonElement} button
 * @param {Actions} actions
 */
export function opens(name, button, actions) {
  attribute(button, "data-opens", name);
  attribute(button, "aria-haspopup", "dialog");
  button.addEventListener("click", () => actions.toggleOverlay(name));
  return {
    /** @param {State} state */
    update: ({ overlay }) => attribute(button, "aria-expanded", String(overlay === name)),
  };
}
