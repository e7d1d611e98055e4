/**
 * Measurements of the models on held-out text or on a recorded corpus: figures of the server, and sentences derived from
 * them by rule. The text on screen is compared with the corpus.
 *
 * @import {Boot} from "../../boot_types.js"
 * @import {State} from "../../types.js"
 * @import {LearnedOfCorpus} from "../../api/atlas.js"
 * @import {Measured, Measurement} from "../../api/measurements.js"
 * @import {Actions} from "../../state/actions.js"
 */

import {
  balanceOf,
  capacityOf,
  fetchMeasured,
  lossesByK,
  separatedLayers,
  sizesOf,
  strongestOf,
} from "../../api/measurements.js";
import { floorOf } from "../../view/layers.js";
import { formatDecimal, formatToken } from "../../words/format.js";
import { words } from "../../words/words.js";
import { createChart } from "../parts/chart.js";
import { changes, h } from "../parts/element.js";
import { createCorpora, createFindings, createKinds, layerRows, layerSentences } from "./corpus_learned.js";

const { learned: said } = words;

/** @param {readonly string[]} head @param {readonly (readonly [string, ...(string | Node)[]])[]} rows @param {string} caption */
function table(head, rows, caption) {
  return h(
    "table",
    { class: "figures" },
    h("caption", { class: "sr-only" }, caption),
    h("thead", {}, h("tr", {}, ...head.map((name) => h("th", { scope: "col" }, name)))),
    h(
      "tbody",
      {},
      ...rows.map(([first, ...rest]) =>
        h("tr", {}, h("th", { scope: "row" }, first), ...rest.map((cell) => h("td", {}, cell))),
      ),
    ),
  );
}

/** @param {string} title @param {...(Node | string | null)} body */
const section = (title, ...body) => h("section", { class: "finding" }, h("h3", {}, title), ...body);
/** @param {string} text */
const sentence = (text) => h("p", { class: "finding-text" }, text);

/** Returns the section on the token most exclusive to one expert. @param {{learned: Pick<LearnedOfCorpus, "likes">}} measurement */
function strongestSection({ learned }) {
  const strongest = strongestOf(learned);
  return strongest && section(said.strongestTitle, sentence(said.strongest(strongest)));
}

/** Returns the held-out loss of each size at the same ACTIVE_P. @param {Measured} measured */
function sizesSection(measured) {
  const sizes = sizesOf(measured);
  const { whole, steps } = capacityOf(measured);
  const other = Object.entries(measured.models).filter(([name]) => !sizes.some((size) => size.name === name));
  const unfinished = other.filter(([, { finished }]) => finished === false).map(([name]) => name);
  const aside = other
    .filter(([, { finished }]) => finished !== false)
    .map(([, { experts, loss }]) => ({ x: experts, y: loss.mean, hollow: true }));
  return section(
    said.sizesTitle,
    sizes.length
      ? createChart({
          points: [...sizes.map(({ experts, loss }) => ({ x: experts, y: loss })), ...aside],
          label: said.sizesChart(sizes),
          across: said.expertsAxis,
        })
      : null,
    sentence(whole ? said.capacity(whole) : said.oneSize),
    ...steps
      .filter(({ verdict }) => whole !== null && verdict !== whole.verdict)
      .map((step) => sentence(said.capacityStep(step))),
    whole === null ? null : sentence(said.oneRun),
    aside.length ? sentence(said.hollow) : null,
    unfinished.length ? sentence(said.unfinished(unfinished)) : null,
  );
}

/** Layers of a model over a corpus: there is no loss and no untrained router to compare with. @param {LearnedOfCorpus} learned */
function corpusLayersSection(learned) {
  const rows = /** @type {[string, ...string[]][]} */ (layerRows(learned));
  const columns = learned.js_bits ? said.corpus.layerColumns : said.corpus.loadColumns;
  return section(
    said.corpus.layersTitle,
    table(columns, rows, said.corpus.layersTitle),
    ...layerSentences(learned).map(sentence),
    h("p", { class: "caption" }, said.corpus.layersNote(learned.js_bits_most)),
  );
}

/** @param {Measurement} measurement */
function ksSection(measurement) {
  const rows = Object.entries(measurement.by_k).map(
    ([k, { loss, cost }]) =>
      /** @type {[string, ...string[]]} */ ([
        `${k}${Number(k) === measurement.top_k ? ` ${said.trainedWith}` : ""}`,
        formatDecimal(loss.mean, 3),
        Number(k) === measurement.top_k ? "" : signed(cost),
      ]),
  );
  return section(
    said.ksTitle,
    table(["k", said.loss, said.change], rows, said.ksTitle),
    ...lossesByK(measurement).map((other) => sentence(said.otherK(other))),
  );
}

/** @param {number} value */
const signed = (value) => `${value > 0 ? "+" : "−"}${formatDecimal(Math.abs(value), 3)}`;

/** @param {Measurement} measurement */
function layersSection(measurement) {
  const { learned } = measurement;
  const rows = learned.js_bits.map(
    (bits, layer) =>
      /** @type {[string, ...string[]]} */ ([
        String(layer + 1),
        formatDecimal(bits, 3),
        formatDecimal(learned.js_bits_untrained[layer], 3),
        formatDecimal(learned.js_bits_chance[layer], 3),
        formatDecimal(learned.max_violation[layer], 2),
        formatDecimal(learned.entropy[layer], 3),
      ]),
  );
  return section(
    said.layersTitle,
    table(said.layerColumns, rows, said.layersTitle),
    sentence(said.parted(separatedLayers(learned), learned.js_bits.length)),
    sentence(said.spread(Math.min(...learned.js_bits), Math.max(...learned.js_bits), learned.js_bits_most)),
    sentence(said.balance(balanceOf(measurement))),
    h("p", { class: "caption" }, said.layersNote(learned.js_bits_most)),
  );
}

/** @param {[string, number, number][]} tokens */
function likedTokens(tokens) {
  return h(
    "span",
    { class: "liked" },
    ...tokens.map(([text, times, of]) =>
      h("span", {}, h("b", {}, formatToken(text)), " ", said.liked(times, of)),
    ),
  );
}

/** @param {{learned: Pick<LearnedOfCorpus, "likes">}} measurement @param {number} layer @param {HTMLElement} choice */
function likesSection({ learned }, layer, choice) {
  const rows = (learned.likes[layer] ?? []).map(
    (tokens, expert) =>
      /** @type {[string, string | Node]} */ ([
        String(expert),
        tokens.length ? likedTokens(tokens) : said.likesNothing,
      ]),
  );
  return section(
    said.likesTitle,
    choice,
    table([said.expert, said.likesColumn], rows, said.likesTitle),
    h("p", { class: "caption" }, said.likesNote),
  );
}

/** @param {string} id @param {string} label @param {(value: string) => void} choose */
function createChoice(id, label, choose) {
  const select = h("select", { id });
  select.addEventListener("change", () => choose(select.value));
  return {
    element: h("div", { class: "field" }, h("label", { class: "label", for: id }, label), select),
    /** @param {readonly (readonly [string, string])[]} options @param {string} value */
    show(options, value) {
      select.replaceChildren(...options.map(([key, text]) => h("option", { value: key }, text)));
      select.value = value;
    },
  };
}

/** @param {HTMLElement} host @param {Actions} actions @param {() => void} wake @param {Boot} boot */
export function createLearned(host, actions, wake, boot) {
  const best = h("div", { class: "findings-parts" });
  const findings = h("div", { class: "findings-parts" }, sentence(said.loading));
  const corpora = createCorpora(wake, boot.exported === undefined);
  const kinds = createKinds(corpora);
  const body = h(
    "div",
    {
      class: "findings",
      tabindex: 0,
      role: "group",
      "aria-label": words.panels.learned,
      "data-keys": "arrows",
    },
    best,
    kinds.element,
    findings,
  );
  host.append(body);
  /** @type {Measured | null} */
  let measured = null;
  let picked = "";
  const model = createChoice("learned-model", said.model, (name) => {
    picked = name;
    wake();
  });
  const layer = createChoice("learned-layer", words.loadLayer, (value) =>
    actions.setView({ floor: Number(value) }),
  );
  fetchMeasured().then(
    (found) => {
      measured = found;
      wake();
    },
    (error) => findings.replaceChildren(sentence(said.unreachable(String(error)))),
  );
  const learnedOf = createFindings(wake);
  const changed = changes();

  /** @param {Measured} known @param {string} name @param {number} floor */
  const measuredParts = (known, name, floor) => [
    strongestSection(known.models[name]),
    h(
      "p",
      { class: "caption" },
      said.caption(Object.values(known.heldout?.tokens ?? {}).reduce((sum, count) => sum + count, 0)),
    ),
    sizesSection(known),
    model.element,
    ksSection(known.models[name]),
    layersSection(known.models[name]),
    likesSection(known.models[name], floor, layer.element),
  ];
  /** @param {LearnedOfCorpus} learned @param {number} floor */
  const corpusParts = (learned, floor) => [
    strongestSection({ learned }),
    h(
      "p",
      { class: "caption" },
      said.corpus.caption(learned.model, learned.tokens, learned.documents, learned.corpus),
    ),
    model.element,
    corpusLayersSection(learned),
    likesSection({ learned }, floor, layer.element),
  ];

  return {
    /** @param {State} state */
    update(state) {
      kinds.update(state);
      if (!measured) return;
      const names = Object.keys(measured.models);
      const recorded = corpora(state).filter((name) => !names.includes(name.split("/")[1]));
      const offered = [...names, ...recorded];
      if (!offered.length) return void (changed("none") && findings.replaceChildren(sentence(said.nothing)));
      const own = [picked, state.view.model, state.trace?.model.name ?? "", ...recorded];
      const shown = own.find((name) => offered.includes(name)) ?? offered[0];
      const asked = recorded.includes(shown) ? learnedOf(shown) : null;
      const layers = (asked ? asked.learned : measured.models[shown].learned)?.max_violation.length ?? 1;
      const floor = Math.min(state.view.floor ?? floorOf(state), layers - 1);
      if (!changed(measured, shown, floor, recorded.join(), asked?.learned, asked?.trouble)) return;
      model.show(
        offered.map((name) => [name, recorded.includes(name) ? said.corpus.option(name) : name]),
        shown,
      );
      layer.show(
        Array.from({ length: layers }, (_, i) => [String(i), String(i + 1)]),
        String(floor),
      );
      const at = body.scrollTop;
      const parts = !asked
        ? measuredParts(measured, shown, floor)
        : asked.learned
          ? corpusParts(asked.learned, floor)
          : [
              null,
              null,
              model.element,
              sentence(asked.trouble ? words.corpus.failed(asked.trouble) : said.loading),
            ];
      // The strongest finding and what it was measured on stand first, then the text on screen against it.
      best.replaceChildren(...parts.slice(0, 2).filter((part) => part !== null));
      findings.replaceChildren(...parts.slice(2).filter((part) => part !== null));
      body.scrollTop = at;
    },
    dispose: () => host.replaceChildren(),
  };
}
