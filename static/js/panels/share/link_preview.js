/**
 * The preview that other sites show for a link to this view. Like them, it takes title, description and picture from the
 * head of the linked page.
 *
 * @import {Boot} from "../../boot_types.js"
 */

import { requestPart } from "../../embed/snippets.js";
import { words } from "../../words/words.js";
import { attribute, changes, h, setText } from "../parts/element.js";

/** @typedef {{title: string, description: string, picture: string}} Card */

/** @param {Document} page @returns {Card}  with the SVG picture, which is smaller */
export function cardOf(page) {
  const read = (/** @type {string} */ name) =>
    page.querySelector(`meta[property="og:${name}"]`)?.getAttribute("content") ?? "";
  const picture = new URL(read("image"), document.baseURI);
  return {
    title: read("title"),
    description: read("description"),
    picture: `preview.svg${picture.search}`,
  };
}

/** @param {string} query @returns {Promise<Card>} */
async function fetchCard(query) {
  const answer = await fetch(`.${query}`, { headers: { accept: "text/html" } });
  if (!answer.ok) throw new Error(String(answer.status));
  return cardOf(new DOMParser().parseFromString(await answer.text(), "text/html"));
}

/** Makes the card of an exported page, which cannot ask the server. @returns {Card} */
function ownCard() {
  const description = document.querySelector('meta[name="description"]')?.getAttribute("content") ?? "";
  return {
    title: document.title,
    description,
    picture: document.querySelector("#poster")?.getAttribute("src") ?? "",
  };
}

/** @param {Boot} boot */
export function createLinkPreview(boot) {
  const picture = h("img", { class: "card-picture", alt: "", width: 1200, height: 630 });
  const title = h("strong", { class: "card-title" });
  const description = h("span", { class: "card-text" });
  const host = h(
    "span",
    { class: "card-host" },
    boot.exported ? boot.exported.home.replace(/^https?:\/\//, "") : location.host,
  );
  const element = h(
    "figure",
    { class: "card", "aria-label": words.card },
    picture,
    h("figcaption", {}, title, description, host),
  );
  const changed = changes();

  /** @param {Card} card */
  function show(card) {
    if (picture.getAttribute("src") !== card.picture) picture.src = card.picture;
    setText(title, card.title);
    setText(description, card.description);
    attribute(element, "aria-busy", false);
  }
  return {
    element,
    /** Shows the card of a link. @param {string} asked  its query string */
    async update(asked) {
      if (!changed(requestPart(asked, boot))) return;
      if (boot.exported) return show(ownCard());
      attribute(element, "aria-busy", true);
      if (!title.textContent) setText(description, words.cardWaiting);
      try {
        const card = await fetchCard(asked);
        if (element.isConnected) show(card);
      } catch {
        attribute(element, "aria-busy", false);
        setText(title, "");
        setText(description, words.cardMissing);
      }
    },
  };
}
