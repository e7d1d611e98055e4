/**
 * One expert: the number of its tokens, and which they are. Shows the hovered tower, else the selected one.
 *
 * @import {Boot} from "../../boot_types.js"
 * @import {State} from "../../types.js"
 * @import {Actions} from "../../state/actions.js"
 */

import { atlasNamed, corpusShown, HELDOUT } from "../../state/corpus.js";
import { createHits } from "../../counts/expert_uses.js";
import { servedBy } from "../../trace/trace.js";
import { kindOf } from "../../view/model.js";
import { alterWords, words } from "../../words/words.js";
import { formatShare, formatSigned, formatWeight } from "../../words/format.js";
import { language } from "../../words/language.js";
import { createTowerChanges } from "../alter/tower_changes.js";
import { attribute, changes, h, setStyle, setText } from "../parts/element.js";
import { term } from "../parts/glossary.js";
import { iconButton } from "../parts/icons.js";
import { tokenName } from "../parts/token_name.js";

/** Largest number of listed tokens. */
const LISTED = 12;

/** @param {State} state @returns {{layer: number, expert: number} | null} */
export function towerShown({ hover, view, trace }) {
  const tower = hover && "expert" in hover && !hover.quiet ? hover : view.tower;
  return tower && trace && tower.layer < trace.model.layers && tower.expert < trace.model.experts
    ? tower
    : null;
}

/** A figure that is hidden without a value. @param {string} name */
function createFact(name) {
  const value = h("dd");
  const element = h("div", { hidden: true }, h("dt", {}, name), value);
  return {
    element,
    /** @param {string} text */
    say(text) {
      attribute(element, "hidden", !text);
      setText(value, text);
    },
  };
}

/** The tokens of an expert, with their weights. @param {Actions} actions */
function createServed(actions) {
  const list = h("ol", { class: "served" });
  const more = h("p", { class: "readout" });
  list.addEventListener("click", (event) => {
    const item = /** @type {Element} */ (event.target).closest("[data-token]");
    if (item instanceof HTMLElement) actions.chooseToken(Number(item.dataset.token));
  });
  return {
    elements: [h("p", { class: "label" }, words.served), list, more],
    /** @param {State} state @param {{layer: number, expert: number}} tower */
    update({ trace, timeline, time }, { layer, expert }) {
      if (!trace || !timeline) return;
      const all = servedBy(trace, layer, expert);
      list.replaceChildren(
        ...all.slice(0, LISTED).map(({ token, weight, dropped }) => {
          const bar = h("span", { class: "weight-bar" });
          setStyle(bar, "--share", weight.toFixed(3));
          const name = h("span", { class: "served-token", translate: "no" }, tokenName(trace, token));
          const button = h(
            "button",
            { type: "button", "data-token": token, "data-later": timeline.fires(token, layer) > time },
            name,
            bar,
            h("span", { class: "weight" }, dropped ? words.dropped : formatWeight(weight)),
          );
          return h("li", {}, button);
        }),
      );
      const rest = all.length ? "" : words.servedNone;
      setText(more, all.length > LISTED ? words.more(all.length - LISTED) : rest);
    },
  };
}

/** The link to the page of an expert in the atlas: over the corpus on screen, else over the held-out text of a model that runs on the server. @param {Boot} boot */
function createAtlasLink(boot) {
  const models = boot.exported ? [] : boot.models;
  const element = h("a", { class: "readout", target: "_blank", hidden: true }, words.corpus.page);
  /** @param {State} state */
  function heldoutOf({ trace }) {
    const name = trace?.model.name ?? "";
    return models.some((each) => each.name === name) ? `${HELDOUT}/${name}` : "";
  }
  return {
    element,
    /** @param {State} state @param {{layer: number, expert: number}} tower */
    update(state, { layer, expert }) {
      const name = (corpusShown(state) && atlasNamed(state)) || heldoutOf(state);
      attribute(element, "hidden", !name || !location.protocol.startsWith("http"));
      const query = { atlas: name, layer: String(layer + 1), expert: String(expert), lang: language };
      attribute(element, "href", `atlas?${new URLSearchParams(query)}`);
    },
  };
}

/** The figures of an expert so far. */
function createFigures() {
  const hits = h("dd");
  const load = h("dd");
  const dropped = createFact(words.balance.measures.dropped_share.name);
  const bias = createFact(words.balance.biasName);
  const corpusLoad = createFact(words.corpus.load);
  const kind = createFact(alterWords.kind);
  const tally = createHits();
  return {
    element: h(
      "dl",
      { class: "facts" },
      h("div", {}, h("dt", {}, words.hits), hits),
      h("div", {}, h("dt", {}, term("load", words.load)), load),
      ...[dropped, bias, corpusLoad, kind].map(({ element }) => element),
    ),
    /** @param {State} state @param {{layer: number, expert: number}} tower */
    update(state, tower) {
      const { trace, timeline, time } = state;
      if (!trace || !timeline) return;
      const { layer, expert } = tower;
      const { model } = trace;
      const { counts, totals } = tally.upTo(trace, timeline, time);
      const count = counts[layer * model.experts + expert];
      setText(hits, String(count));
      setText(load, formatShare(count / (totals[layer] || 1)));
      kind.say(kindOf(model, layer));
      const turned = servedBy(trace, layer, expert).filter((served) => served.dropped).length;
      dropped.say(turned && model.capacity ? words.balance.turnedAway(turned, model.capacity) : "");
      const added = trace.bias?.[layer]?.[expert];
      bias.say(added === undefined ? "" : formatSigned(added, 3));
      const corpus = corpusShown(state);
      corpusLoad.say(corpus ? words.corpus.times(corpus.loads[layer][expert]) : "");
    },
  };
}

/** @param {HTMLElement} host @param {Actions} actions @param {Boot} boot @param {() => void} wake  an answer has arrived */
export function createInspector(host, actions, boot, wake) {
  const title = h("h2", { class: "panel-title" });
  const close = iconButton("close", words.close, () => actions.chooseTower(null), "small");
  const figures = createFigures();
  const alterations = createTowerChanges(actions, boot, wake);
  const served = createServed(actions);
  const atlas = createAtlasLink(boot);
  host.append(
    h("div", { class: "panel-head" }, title, close),
    figures.element,
    alterations.element,
    ...served.elements,
    atlas.element,
  );
  const changed = changes();
  return {
    /** @param {State} state */
    update(state) {
      const tower = towerShown(state);
      attribute(host, "hidden", !tower);
      attribute(close, "hidden", tower !== state.view.tower);
      const { trace, timeline, at, corpus, view } = state;
      if (!tower || !trace || !timeline) return;
      alterations.update(state, tower);
      const { layer, expert } = tower;
      if (!changed(trace, timeline, at, corpus, view.corpus, layer, expert)) return;
      setText(title, words.towerTitle(layer + 1, expert));
      attribute(title, "title", trace.model.layer_names?.[layer]);
      figures.update(state, tower);
      served.update(state, tower);
      atlas.update(state, tower);
    },
    dispose: () => host.replaceChildren(),
  };
}
