/**
 * The view alone, for a frame in somebody's article: scene, counters, badge, play, tokens, a link to the full page. It
 * starts when it is seen and rests when it is not; what it holds of the graphics card it gives back.
 *
 * @import {State} from "../types.js"
 * @import {Surroundings} from "./page.js"
 */

import { viewNow } from "../address.js";
import { formatView } from "../url.js";
import { words } from "../words.js";
import { createCounters } from "./counters.js";
import { attribute, changes, h, setText } from "./element.js";
import { icon } from "./icons.js";
import { createBadge, titleOf } from "./masthead.js";
import { createNotices } from "./status.js";
import { createTokens } from "./tokens.js";
import { createPlayButton, iconButton } from "./transport.js";

/** Out of sight for so long, the graphics card is for somebody else. */
const LET_GO_MS = 4000;

/** A frame smaller than this has one row of figures and no strip. @param {HTMLElement} host @param {Surroundings} surroundings */
export function createPage(host, { boot, actions, store, viewport }) {
  const poster = /** @type {HTMLElement} */ (document.getElementById("poster"));
  const badge = createBadge();
  const title = h("h1", { class: "title" });
  const counters = h("section", { class: "counters", "data-inset": true, "aria-label": words.counters });
  const tokens = h("div", { class: "tokens" });
  const notices = h("div", { class: "status" });
  const play = createPlayButton(actions);
  const link = h("a", { class: "open-full", target: "_blank", rel: "noopener" }, h("span", {}, words.openFull), icon("out"));
  const restart = iconButton("restart", words.restart, actions.restart);
  host.append(
    h("header", { class: "embed-head", "data-inset": true }, h("div", { class: "title-row" }, title, badge.element), counters),
    h("footer", { class: "deck", "data-inset": true }, play.element, restart, tokens, link),
    notices,
  );
  const panels = [badge, play, createCounters(counters), createTokens(tokens, actions), createNotices(notices, actions)];
  const moved = changes();
  return {
    /** @param {State} state */
    update(state) {
      for (const panel of panels) panel.update(state);
      attribute(poster, "hidden", state.scene === "shown" || state.scene === "lost");
      if (!moved(state.view, state.at)) return;
      link.href = `/${formatView(viewNow(state), boot)}`;
      setText(title, titleOf(boot, state.view).title);
    },
    /** @param {() => void} begin */
    start: (begin) => whenSeen(host, { begin, store, viewport, actions }),
  };
}

/**
 * @param {HTMLElement} host
 * @param {Pick<Surroundings, "store" | "viewport" | "actions"> & {begin: () => void}} parts
 */
function whenSeen(host, { begin, store, viewport, actions }) {
  let begun = false;
  let rested = false;
  let due = 0;
  /** @param {boolean} seen */
  function see(seen) {
    clearTimeout(due);
    if (!seen) {
      rested = store.get().playing;
      if (rested) actions.pause();
      due = window.setTimeout(viewport.close, LET_GO_MS);
      return;
    }
    if (!begun) begin();
    else if (!viewport.opened()) void viewport.open();
    if (begun && rested) actions.play();
    begun = true;
    rested = false;
  }
  let inSight = false;
  const observer = new IntersectionObserver(([entry]) => {
    const now = entry.isIntersecting;
    if (now !== inSight) see((inSight = now) && !document.hidden);
  }, { threshold: 0.15 });
  observer.observe(host);
  document.addEventListener("visibilitychange", () => inSight && see(!document.hidden));
}
