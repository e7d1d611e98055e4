/**
 * The header: title, description and badge of the view.
 *
 * @import {Boot} from "../../boot_types.js"
 * @import {State} from "../../types.js"
 */

import { leadOf, titleOf } from "../../view/title.js";
import { words } from "../../words/words.js";
import { createLanguage } from "../controls/appearance.js";
import { createBadge, createCorpusBadge } from "../parts/badge.js";
import { attribute, changes, h, setText } from "../parts/element.js";
import { logo } from "../parts/icons.js";
import { createRouterCost } from "./router_cost.js";

/** Returns the language of a scenario if it differs from that of the page. @param {Boot} boot @param {State["view"]} view */
function otherLanguage(boot, view) {
  return view.source === "authored"
    ? boot.scenarios.find(({ name }) => name === view.scenario)?.lang
    : undefined;
}

/** @param {HTMLElement} host @param {Boot} boot @param {() => void} wake @param {HTMLElement} [beside]  the product name */
export function createHeader(host, boot, wake, beside) {
  const title = h("h1", { class: "title" });
  const teaches = h("p", { class: "teaches" });
  const badge = createBadge();
  const corpus = createCorpusBadge();
  const mark = h(
    "a",
    { href: boot.lang && boot.lang !== "en" ? `.?lang=${boot.lang}` : ".", class: "wordmark" },
    logo(),
    h("span", {}, words.product),
  );
  const translations = createLanguage(boot);
  host.append(
    h("div", { class: "brand" }, mark, beside, ...translations.links),
    h("div", { class: "title-row" }, title, badge.element),
    corpus.element,
    teaches,
  );
  const cost = createRouterCost(boot, wake);
  const changed = changes();
  return {
    /** @param {State} state */
    update(state) {
      badge.update(state);
      corpus.update(state);
      translations.update(state);
      const { scenario, source, prompt, model, shape, experts, router, skew } = state.view;
      const costs = cost(state.view);
      if (!changed(scenario, source, prompt, model, shape, experts, router, skew, costs, state.trace?.origin))
        return;
      const file = state.trace?.origin.file;
      const shown = file ?? titleOf(boot, state.view).title;
      setText(title, shown);
      setText(teaches, file ? words.problem(state.trace?.origin.note ?? "") : costs || leadOf(boot, state));
      attribute(teaches, "data-cost", costs !== "");
      for (const element of [title, teaches]) attribute(element, "lang", otherLanguage(boot, state.view));
      document.title = `${shown} · ${words.product}`;
    },
    dispose: () => host.replaceChildren(),
  };
}
