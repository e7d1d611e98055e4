/**
 * What a recorded corpus says of the model on screen: its layers and experts, and the text on screen against it.
 *
 * @import {State} from "../../types.js"
 * @import {Kinds, LearnedOfCorpus} from "../../api/atlas.js"
 */

import { askAtlas, compareRouting, listAtlases } from "../../api/atlas.js";
import { balanceOf } from "../../api/measurements.js";
import { corporaOf, MOST_TOKENS, routingOf } from "../../counts/corpora.js";
import { formatDecimal, formatShare, formatToken } from "../../words/format.js";
import { words } from "../../words/words.js";
import { changes, h, setStyle } from "../parts/element.js";

const { learned: said, corpus: told } = words;

/**
 * The corpora of the model on screen, asked for once.
 * @param {() => void} wake @param {boolean} server  whether there is one to ask
 */
export function createCorpora(wake, server) {
  /** @type {import("../../api/atlas.js").Named[]} */
  let known = [];
  if (server)
    listAtlases().then(
      ({ atlases }) => {
        known = atlases;
        wake();
      },
      () => {}, // a server without an atlas has none to offer
    );
  return (/** @type {State} */ state) => corporaOf(known, state);
}

/** Rows of the table of layers; without domains what they would be compared by is left out. @param {LearnedOfCorpus} learned */
export function layerRows({ js_bits: bits, js_bits_chance: chance, max_violation: violation, entropy }) {
  return violation.map((most, layer) => [
    String(layer + 1),
    ...(bits && chance ? [formatDecimal(bits[layer], 3), formatDecimal(chance[layer], 3)] : []),
    formatDecimal(most, 2),
    formatDecimal(entropy[layer], 3),
  ]);
}

/** Sentences that follow from the figures by rule. @param {LearnedOfCorpus} learned */
export function layerSentences(learned) {
  const { experts, top_k, js_bits: bits, js_bits_chance: chance, js_bits_most: most } = learned;
  const spread =
    bits && chance
      ? told.spread(Math.min(...bits), Math.max(...bits), Math.max(...chance), most)
      : told.noDomains;
  return [spread, said.balance(balanceOf({ experts, top_k, learned }))];
}

/** The text on screen, token by token, against a corpus of its model. @param {(state: State) => string[]} corpora */
export function createKinds(corpora) {
  const element = h("section", { class: "finding corpus-kinds", hidden: true, role: "status" });
  const changed = changes();
  let latest = 0;

  /** @param {string} atlas @param {NonNullable<State["trace"]>} trace @param {{ids: number[], experts: number[][][]}} routing */
  async function ask(atlas, trace, routing) {
    const turn = ++latest;
    show(h("p", { class: "caption" }, told.asking));
    const answer = await compareRouting(atlas, routing).catch((/** @type {Error} */ error) => error.message);
    if (turn !== latest) return;
    show(
      ...(typeof answer === "string"
        ? [h("p", {}, told.kindsFailed(answer))]
        : kindsOf(atlas, trace, answer)),
    );
  }
  /** @param {...Node} parts */
  const show = (...parts) => element.replaceChildren(h("h3", {}, told.kindsTitle), ...parts);

  return {
    element,
    /** @param {State} state */
    update(state) {
      const { trace } = state;
      const atlas = trace?.complete ? corpora(state)[0] : undefined;
      if (!changed(atlas, trace?.id, trace?.received)) return;
      const routing = atlas && trace ? routingOf(trace) : null;
      element.hidden = !routing;
      if (atlas && trace && routing) void ask(atlas, trace, routing);
      else latest++;
    },
  };
}

/** @param {string} atlas @param {NonNullable<State["trace"]>} trace @param {Kinds} answer */
function kindsOf(atlas, trace, { tokens, even, corpus_tokens: all }) {
  const kinds = tokens.map(({ mean, occurs }, at) => {
    const text = trace.tokens[at].text;
    const kind = h(
      "span",
      { class: mean === null ? "kind unknown" : "kind", title: told.kind(text, mean, occurs) },
      h("span", { translate: "no" }, formatToken(text)),
      h("small", {}, mean === null ? words.none : formatShare(mean)),
    );
    setStyle(kind, "--share", mean ?? 0);
    return kind;
  });
  const cut = trace.tokens.length > MOST_TOKENS ? ` ${told.kindsCut(MOST_TOKENS)}` : "";
  return [
    h("p", { class: "kinds" }, ...kinds),
    h("p", { class: "caption" }, told.kindsHint(atlas, all, even) + cut),
  ];
}

/** What each corpus says, asked for once. @param {() => void} wake */
export function createFindings(wake) {
  /** @type {Map<string, {learned: LearnedOfCorpus | null, trouble: string}>} */
  const answers = new Map();
  return (/** @type {string} */ atlas) => {
    const known = answers.get(atlas);
    if (known) return known;
    const waiting = { learned: null, trouble: "" };
    answers.set(atlas, waiting);
    askAtlas(atlas, "learned")
      .then(
        (learned) => ({ learned, trouble: "" }),
        (/** @type {Error} */ error) => ({ learned: null, trouble: error.message }),
      )
      .then((answer) => {
        answers.set(atlas, answer);
        wake();
      });
    return waiting;
  };
}
