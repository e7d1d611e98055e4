/**
 * The card of a tour or a question: beside the scene, never over it. The focus moves to the card when it opens and
 * returns when it closes. Its text is announced.
 *
 * @import {Actions} from "../../state/actions.js"
 */

import { attribute, h, setText } from "../parts/element.js";
import { withTerms } from "../parts/glossary.js";
import { iconButton } from "../parts/icons.js";

/** Returns whether the page handles a press itself. A press with a modifier opens a link elsewhere. @param {MouseEvent} event */
export function isPlain({ button, ctrlKey, metaKey, shiftKey, altKey }) {
  return button === 0 && !ctrlKey && !metaKey && !shiftKey && !altKey;
}

/** Returns a link that is followed within the page. @param {string} kind @param {() => void} act */
export function linkTo(kind, act) {
  const link = h("a", { class: kind });
  link.addEventListener("click", (event) => {
    if (!isPlain(event)) return;
    event.preventDefault();
    act();
  });
  return link;
}

/**
 * @param {HTMLElement} host
 * @param {object} options
 * @param {string} options.leave    what the closing button does
 * @param {Actions} options.actions
 */
export function createLessonCard(host, { leave, actions }) {
  const kicker = h("h2", { class: "lesson-kicker" });
  const caption = h("p", { class: "lesson-caption" });
  const body = h("div", { class: "lesson-body" });
  const back = linkTo("secondary", () => actions.guide.step(-1));
  const next = linkTo("primary", () => actions.guide.step(1));
  const place = h("span", { class: "lesson-place" });
  const card = h(
    "section",
    { class: "lesson", tabindex: "-1", hidden: true, "data-inset": true },
    h("div", { class: "lesson-head" }, kicker, iconButton("close", leave, actions.guide.leave, "small")),
    h("div", { class: "lesson-text", "aria-live": "polite" }, caption, body),
    h("div", { class: "lesson-foot" }, back, place, next),
  );
  host.append(card);
  /** @type {Element | null} */
  let cameFrom = null;
  let loaded = false; // a page that opens with a card does not move the focus
  return {
    card,
    caption,
    body,
    back,
    next,
    place,
    /** @param {boolean} open */
    show(open) {
      const opensByHand = open && loaded;
      loaded = true;
      if (open === !card.hidden) return;
      const inside = card.contains(document.activeElement);
      if (open) cameFrom = document.activeElement;
      attribute(card, "hidden", !open);
      if (opensByHand) card.focus({ preventScroll: true });
      else if (!open && inside && cameFrom instanceof HTMLElement) cameFrom.focus({ preventScroll: true });
    },
    /** @param {string} title @param {string} text @param {string} where */
    say(title, text, where) {
      setText(kicker, title);
      attribute(card, "aria-label", title);
      caption.replaceChildren(...withTerms(text));
      setText(place, where);
    },
    /** @param {HTMLAnchorElement} link @param {string} text @param {string | null} address  null for none */
    link(link, text, address) {
      setText(link, text);
      attribute(link, "href", address);
      attribute(link, "aria-disabled", address === null && "true");
    },
  };
}
