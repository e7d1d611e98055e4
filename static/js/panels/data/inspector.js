/**
 * One expert: how often it was chosen, and by which tokens. Shows the tower that is pointed at, else the selected one.
 *
 * @import {Boot, State} from "../../types.js"
 * @import {Actions} from "../../state/actions.js"
 */

import { atlasNamed, corpusShown, HELDOUT } from "../../state/corpus.js";
import { createHits } from "../../counts/expert_uses.js";
import { servedBy } from "../../trace/trace.js";
import { kindOf } from "../../view/model.js";
import { alterWords, words } from "../../words/words.js";
import { formatShare, formatSigned, formatWeight } from "../../words/format.js";
import { language } from "../../words/language.js";
import { shownToken } from "../../words/token_text.js";
import { createTowerChanges } from "../alter/tower_changes.js";
import { attribute, changes, h, setStyle, setText } from "../parts/element.js";
import { term } from "../parts/glossary.js";
import { iconButton } from "../parts/icons.js";

/** More are counted and not listed. */
const LISTED = 12;

/** @param {State} state @returns {{layer: number, expert: number} | null} */
export function towerShown({ hover, view, trace }) {
  const tower = hover && "expert" in hover && !hover.quiet ? hover : view.tower;
  return tower && trace && tower.layer < trace.model.layers && tower.expert < trace.model.experts
    ? tower
    : null;
}

/** A figure that is there only while there is something to say. @param {string} name */
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

/** @param {HTMLElement} host @param {Actions} actions @param {Boot} boot @param {() => void} wake  an answer has arrived */
export function createInspector(host, actions, boot, wake) {
  const models = boot.exported ? [] : boot.models; // that run on the server
  const title = h("h2", { class: "panel-title" });
  const close = iconButton("close", words.close, () => actions.chooseTower(null), "small");
  const hits = h("dd");
  const load = h("dd");
  const dropped = createFact(words.balance.measures.dropped_share.name);
  const bias = createFact(words.balance.biasName);
  const corpusLoad = createFact(words.corpus.load);
  const kind = createFact(alterWords.kind);
  const alterations = createTowerChanges(actions, boot, wake);
  const served = h("ol", { class: "served" });
  const more = h("p", { class: "readout" });
  const atlas = h("a", { class: "readout", target: "_blank", hidden: true }, words.corpus.page);
  host.append(
    h("div", { class: "panel-head" }, title, close),
    h(
      "dl",
      { class: "facts" },
      h("div", {}, h("dt", {}, words.hits), hits),
      h("div", {}, h("dt", {}, term("load", words.load)), load),
      dropped.element,
      bias.element,
      corpusLoad.element,
      kind.element,
    ),
    alterations.element,
    h("p", { class: "label" }, words.served),
    served,
    more,
    atlas,
  );
  served.addEventListener("click", (event) => {
    const item = /** @type {Element} */ (event.target).closest("[data-token]");
    if (item instanceof HTMLElement) actions.chooseToken(Number(item.dataset.token));
  });
  const tally = createHits();
  const changed = changes();
  return {
    /** @param {State} state */
    update(state) {
      const tower = towerShown(state);
      attribute(host, "hidden", !tower);
      attribute(close, "hidden", tower !== state.view.tower);
      if (!tower || !state.trace || !state.timeline) return;
      alterations.update(state, tower);
      if (
        !changed(
          state.trace,
          state.timeline,
          state.at,
          state.corpus,
          state.view.corpus,
          tower.layer,
          tower.expert,
        )
      )
        return;
      setText(title, words.towerTitle(tower.layer + 1, tower.expert));
      attribute(title, "title", state.trace.model.layer_names?.[tower.layer]);
      kind.say(kindOf(state.trace.model, tower));
      const { counts, totals } = tally.upTo(state.trace, state.timeline, state.time);
      const count = counts[tower.layer * state.trace.model.experts + tower.expert];
      setText(hits, String(count));
      setText(load, formatShare(count / (totals[tower.layer] || 1)));
      sayRouting(state.trace, tower);
      list(state, tower);
      const corpus = corpusShown(state);
      corpusLoad.say(corpus ? words.corpus.times(corpus.loads[tower.layer][tower.expert]) : "");
      linkAtlas(state, tower);
    },
    dispose: () => host.replaceChildren(),
  };

  /** The expert's page: over the corpus on screen, else over the held-out text of a model that runs on the server. @param {State} state @param {{layer: number, expert: number}} tower */
  function linkAtlas(state, { layer, expert }) {
    const name = (corpusShown(state) && atlasNamed(state)) || heldoutOf(state);
    attribute(atlas, "hidden", !name || !location.protocol.startsWith("http"));
    const query = { atlas: name, layer: String(layer + 1), expert: String(expert), lang: language };
    attribute(atlas, "href", `atlas?${new URLSearchParams(query)}`);
  }

  /** @param {State} state */
  function heldoutOf({ trace }) {
    const name = trace?.model.name ?? "";
    return models.some((each) => each.name === name) ? `${HELDOUT}/${name}` : "";
  }

  /** What its capacity turned away, and the bias that selects it. @param {NonNullable<State["trace"]>} trace @param {{layer: number, expert: number}} tower */
  function sayRouting(trace, { layer, expert }) {
    const turned = servedBy(trace, layer, expert).filter((served) => served.dropped).length;
    dropped.say(turned && trace.model.capacity ? words.balance.turnedAway(turned, trace.model.capacity) : "");
    const lean = trace.bias?.[layer]?.[expert];
    bias.say(lean === undefined ? "" : formatSigned(lean, 3));
  }

  /** @param {State} state @param {{layer: number, expert: number}} tower */
  function list({ trace, timeline, time }, { layer, expert }) {
    if (!trace || !timeline) return;
    const all = servedBy(trace, layer, expert);
    served.replaceChildren(
      ...all.slice(0, LISTED).map(({ token, weight, dropped: turned }) => {
        const bar = h("span", { class: "weight-bar" });
        setStyle(bar, "--share", weight.toFixed(3));
        const name = h("span", { class: "served-token", translate: "no" }, shownToken(trace.tokens, token));
        const button = h(
          "button",
          { type: "button", "data-token": token, "data-later": timeline.fires(token, layer) > time },
          name,
          bar,
          h("span", { class: "weight" }, turned ? words.dropped : formatWeight(weight)),
        );
        return h("li", {}, button);
      }),
    );
    setText(more, all.length > LISTED ? words.more(all.length - LISTED) : all.length ? "" : words.servedNone);
  }
}
