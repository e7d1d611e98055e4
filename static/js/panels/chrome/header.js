/**
 * What is being shown, what to look for in it, and where its routing comes from.
 *
 * @import {Boot, State} from "../../types.js"
 */

import { checkpointOf } from "../../view/keys.js";
import { shapeOf } from "../../view/model_shapes.js";
import { DEFAULT_ROUTER, routerOf, usualRouter } from "../../view/routers.js";
import { words } from "../../words/words.js";
import { createLanguage } from "../controls/language.js";
import { attribute, changes, h, setText } from "../parts/element.js";
import { logo } from "../parts/icons.js";
import { createCost } from "./router_cost.js";

/** @param {Boot} boot @param {State["view"]} view */
export function titleOf(boot, view) {
  const scenario = boot.scenarios.find(({ name }) => name === view.scenario);
  if (view.source === "recorded") return { title: words.trainingOf(checkpointOf(view)), teaches: "" };
  const own = view.source === "live" && view.prompt !== "";
  if (own || !scenario) return { title: words.ownPrompt, teaches: "" };
  const shape = shapeOf(boot, view);
  return {
    title: shape ? `${scenario.title} · ${shape.name || words.models.ownConfig}` : scenario.title,
    teaches: scenario.teaches,
  };
}

/** The language of a scenario that is not told in the page's. @param {Boot} boot @param {State["view"]} view */
function otherLanguage(boot, view) {
  return view.source === "authored"
    ? boot.scenarios.find(({ name }) => name === view.scenario)?.lang
    : undefined;
}

/**
 * What to look for. A scenario's sentence is about its authored routing and true of no other; elsewhere stands where the
 * routing comes from, once that is known.
 * @param {Boot} boot
 * @param {Pick<State, "view" | "trace">} state
 */
export function leadOf(boot, { view, trace }) {
  if (view.source === "authored") return authoredLead(boot, view);
  if (trace?.origin.badge !== view.source.toUpperCase()) return "";
  const note = words.originNote(trace.origin, trace.model);
  return view.source === "live" ? `${note} ${words.trainedLooks}` : note;
}

/** Of a scenario through another router than it was written for, its own or that of a model's shape: what that router does. @param {Boot} boot @param {State["view"]} view */
function authoredLead(boot, view) {
  const router = routerOf(boot, view)?.name ?? "";
  const written = shapeOf(boot, view) ? DEFAULT_ROUTER : usualRouter(boot, view);
  const does = router === written ? "" : (words.routing.does[router] ?? "");
  const skewed = view.skew ? words.routing.skewed(view.skew) : "";
  return [does, skewed].filter(Boolean).join(" ") || titleOf(boot, view).teaches;
}

/** The word AUTHORED or LIVE; its note opens on hover, focus or tap. @param {string} [id]  of the note */
export function createBadge(id = "badge-note") {
  const word = h("span", { class: "badge-word" });
  const note = h("span", { class: "badge-note", role: "tooltip", id });
  const button = h("button", { type: "button", class: "badge-button", "aria-describedby": id }, word);
  const element = h("span", { class: "badge", hidden: true }, button, note);
  return {
    element,
    /** @param {State} state */
    update({ trace }) {
      attribute(element, "hidden", !trace);
      if (!trace) return;
      const { badge } = trace.origin;
      attribute(element, "data-badge", badge);
      setText(word, words.badgeWords[badge] ?? badge);
      setText(note, words.originNote(trace.origin, trace.model) || words.badges[badge] || "");
    },
  };
}

/** @param {HTMLElement} host @param {Boot} boot @param {() => void} wake @param {HTMLElement} [beside]  the name of the product */
export function createMasthead(host, boot, wake, beside) {
  const title = h("h1", { class: "title" });
  const teaches = h("p", { class: "teaches" });
  const badge = createBadge();
  const mark = h(
    "a",
    { href: boot.lang && boot.lang !== "en" ? `/?lang=${boot.lang}` : "/", class: "wordmark" },
    logo(),
    h("span", {}, words.product),
  );
  const translations = createLanguage(boot);
  host.append(
    h("div", { class: "brand" }, mark, beside, ...translations.links),
    h("div", { class: "title-row" }, title, badge.element),
    teaches,
  );
  const cost = createCost(boot, wake);
  const changed = changes();
  return {
    /** @param {State} state */
    update(state) {
      badge.update(state);
      translations.update(state);
      const { scenario, source, prompt, model, shape, experts, router, skew } = state.view;
      const costs = cost(state.view);
      if (!changed(scenario, source, prompt, model, shape, experts, router, skew, costs, state.trace?.origin))
        return;
      const shown = titleOf(boot, state.view).title;
      setText(title, shown);
      setText(teaches, costs || leadOf(boot, state));
      attribute(teaches, "data-cost", costs !== "");
      for (const element of [title, teaches]) attribute(element, "lang", otherLanguage(boot, state.view));
      document.title = `${shown} · ${words.product}`;
    },
    dispose: () => host.replaceChildren(),
  };
}
