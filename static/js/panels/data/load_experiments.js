/**
 * Experiments on load balance: a skew that favours a few experts, and the remedies of the papers. Each is a link.
 *
 * @import {Boot} from "../../boot_types.js"
 * @import {Request, State} from "../../types.js"
 * @import {Actions} from "../../state/actions.js"
 * @import {Pair} from "../../view/comparison.js"
 */

import { trainedPairs } from "../../view/comparison.js";
import { withKeys } from "../../view/request.js";
import { formatView } from "../../view/url.js";
import { words } from "../../words/words.js";
import { createSettings } from "../controls/router_settings.js";
import { attribute, changes, h } from "../parts/element.js";
import { createBias } from "./bias_updates.js";

const { balance: said } = words;

/** @type {Record<keyof typeof said.cures, Partial<Request>>} */
const CURES = {
  plain: { router: "" },
  capacity: { router: "switch" },
  bias: { router: "sigmoid_bias", updates: null },
  choice: { router: "expert_choice" },
  base: { router: "base" },
};
const NAMES = /** @type {(keyof typeof CURES)[]} */ (Object.keys(CURES));

/** @param {Boot} boot @param {Actions} actions */
export function createExperiments(boot, actions) {
  /** @type {State | null} */
  let state = null;
  /** Actions that also set the scope to the whole prompt. @type {Actions} */
  const seen = {
    ...actions,
    setRequest(patch) {
      if (state?.span === "so-far") actions.setSpan("whole");
      actions.setRequest(patch);
    },
  };
  const cures = NAMES.map((name) => link(said.cures[name], () => seen.setRequest(CURES[name])));
  const settings = createSettings(boot, seen, ["skew", "capacity", "rate"], "lab");
  const bias = createBias(boot, seen);
  const trained = h("p", { class: "lab-trained" });
  const note = h("p", { class: "caption" });
  const element = h(
    "section",
    { class: "lab", "aria-label": said.lab },
    h("h3", {}, said.lab),
    note,
    settings.element,
    h("div", { class: "segments lab-cures", role: "group", "aria-label": said.cureLabel }, ...cures),
    bias.element,
    trained,
  );
  const changed = changes();
  return {
    element,
    /** @param {State} next */
    update(next) {
      state = next;
      bias.update(next);
      const { view, trace } = next;
      if (!changed(view, trace?.model)) return;
      attribute(element, "hidden", view.source === "recorded" || !boot.routers?.length);
      note.textContent = view.source === "live" ? said.skewLive : said.labNote;
      settings.update(next);
      cures.forEach((cure, i) => {
        const patch = CURES[NAMES[i]];
        cure.href = addressOf(boot, view, patch);
        attribute(
          cure,
          "aria-current",
          (patch.router ? patch.router === view.router : !view.given.router) ? "true" : undefined,
        );
      });
      trained.replaceChildren(...trainedLinks(boot, view, actions));
    },
    dispose: () => bias.dispose(),
  };
}

/** @param {Boot} boot @param {State["view"]} view @param {Partial<State["view"]>} patch */
function addressOf(boot, view, patch) {
  return location.pathname + formatView(withKeys(boot, view, patch).view, boot);
}

/** Returns a link that changes the view in place; a press with a modifier opens it. @param {string} name @param {() => void} go */
function link(name, go) {
  const anchor = h("a", { href: "" }, name);
  anchor.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    go();
  });
  return anchor;
}

/** Returns the links that compare models trained with and without balancing. @param {Boot} boot @param {State["view"]} view @param {Actions} actions */
function trainedLinks(boot, view, actions) {
  const { live, training } = trainedPairs(boot);
  const named = /** @type {const} */ ([
    [live, said.trainedLinks.live],
    [training, said.trainedLinks.training],
  ]);
  const links = named.flatMap(([pair, name]) => (pair ? [pairLink(boot, view, actions, pair, name)] : []));
  return links.length
    ? [`${said.trainedPair} `, ...links.flatMap((each, i) => (i ? [" · ", each] : [each]))]
    : [];
}

/** @param {Boot} boot @param {State["view"]} view @param {Actions} actions @param {Pair} pair @param {string} name */
function pairLink(boot, view, actions, pair, name) {
  const anchor = link(name, () => actions.compare(pair));
  anchor.href = addressOf(boot, { ...view, b: pair.b }, pair.a);
  return anchor;
}
