/**
 * The page of one expert: a sentence if the counts support one, tokens, contexts, properties, partners, flows and load.
 *
 * @import {Context, ExpertPage, Finding, Neighbour, TokenRow} from "../../api/atlas.js"
 */

import { atlasWords as words } from "../../words/words.js";
import { formatExactly, formatShare } from "../../words/format.js";
import { h } from "../parts/element.js";
import { svg } from "./plot.js";
import { createLoad } from "./plots.js";

/** Shows leading and trailing spaces and line breaks as symbols. @param {string} text */
const visibleText = (text) =>
  text.replaceAll("\n", "⏎").replaceAll("\t", "⇥").replace(/^ /, "·").replace(/ $/, "·");

/**
 * @param {ExpertPage} page
 * @param {(layer: number, expert: number) => string} addressOf
 */
export function createExpertPage(page, addressOf) {
  const { finding } = page.sentence;
  return h(
    "section",
    { class: "expert-page", id: "expert", tabindex: "-1" },
    h("h2", {}, words.expertOf(page.expert, page.layer + 1)),
    h("p", { class: "hint" }, words.served(page.tokens, page.documents, page.load.rank)),
    h(
      "p",
      { class: "answer" },
      h("b", {}, `${words.whatDoes} `),
      finding ? words.does(finding) : words.nothing(page.tokens),
    ),
    h(
      "div",
      { class: "columns" },
      tokenTable(words.frequent, page.top_tokens.frequent),
      tokenTable(words.preferred, page.top_tokens.preferred),
      properties(page.findings),
    ),
    page.contexts.length > 0 && contexts(page.contexts),
    h(
      "div",
      { class: "columns" },
      neighbours(words.partners, page.partners, page.layer, addressOf),
      neighbours(words.comesFrom, page.flows.from, page.layer, addressOf),
      neighbours(words.goesTo, page.flows.to, page.layer, addressOf),
    ),
    page.load.over_corpus.length > 1 &&
      h(
        "figure",
        {},
        h("h3", {}, words.loadOver),
        createLoad(page.load),
        h("figcaption", {}, words.loadHint),
      ),
  );
}

/** @param {string} title @param {readonly TokenRow[]} rows */
function tokenTable(title, rows) {
  return h(
    "div",
    {},
    h("h3", {}, title),
    h(
      "table",
      {},
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          ...[words.token, words.received, words.ofToken].map((name) => h("th", { scope: "col" }, name)),
        ),
      ),
      h(
        "tbody",
        {},
        ...rows
          .slice(0, 12)
          .map((row) =>
            h(
              "tr",
              {},
              h("td", {}, h("code", {}, visibleText(row.text))),
              h("td", {}, formatExactly(row.count)),
              h("td", {}, formatShare(row.share_of_token)),
            ),
          ),
      ),
    ),
  );
}

/** Returns shares with intervals, compared with those of the corpus. @param {readonly Finding[]} findings */
function properties(findings) {
  const strongest = [...findings].sort((a, b) => b.share - a.share).slice(0, 8);
  return h(
    "div",
    {},
    h("h3", {}, words.properties),
    h("p", { class: "hint" }, words.propertiesHint),
    h(
      "table",
      {},
      ...strongest.map((found) =>
        h(
          "tr",
          {},
          h("th", { scope: "row" }, words.kinds[found.kind](found.value)),
          h("td", {}, bar(found)),
          h("td", {}, formatShare(found.share)),
        ),
      ),
    ),
  );
}

/** @param {Finding} found */
function bar({ share, low, high, corpus_share: corpus }) {
  return svg(
    "svg",
    { viewBox: "0 0 120 14", class: "share-bar", "aria-hidden": "true" },
    svg("rect", { x: 0, y: 3, width: 120 * share, height: 8, class: "bar" }),
    svg("line", { x1: 120 * low, x2: 120 * high, y1: 7, y2: 7, class: "interval" }),
    svg("line", { x1: 120 * corpus, x2: 120 * corpus, y1: 0, y2: 14, class: "corpus" }),
  );
}

/** @param {readonly Context[]} rows */
function contexts(rows) {
  return h(
    "div",
    { class: "contexts" },
    h("h3", {}, words.sharpest),
    h("p", { class: "hint" }, words.sharpestHint),
    h(
      "ol",
      {},
      ...rows.map((row) =>
        h(
          "li",
          {},
          h(
            "span",
            { class: "text" },
            visibleText(row.before),
            h("mark", {}, visibleText(row.token)),
            visibleText(row.after),
          ),
          h("span", { class: "hint" }, [words.weight(row.weight), row.domain].filter(Boolean).join(", ")),
        ),
      ),
    ),
  );
}

/**
 * @param {string} title
 * @param {readonly Neighbour[]} rows
 * @param {number} layer
 * @param {(layer: number, expert: number) => string} addressOf
 */
function neighbours(title, rows, layer, addressOf) {
  return h(
    "div",
    {},
    h("h3", {}, title),
    rows.length === 0
      ? h("p", { class: "hint" }, words.none)
      : h(
          "table",
          {},
          ...rows.map((row) =>
            h(
              "tr",
              {},
              h(
                "th",
                { scope: "row" },
                h(
                  "a",
                  { href: addressOf(row.layer ?? layer, row.expert) },
                  words.neighbour(row.expert, row.layer),
                ),
              ),
              h("td", {}, formatShare(row.share)),
              h("td", {}, words.times(row.lift)),
            ),
          ),
        ),
  );
}
