/**
 * The fact sheet of a model: computed and published total and active parameters, and the memory that holds them.
 *
 * @import {State} from "../../types.js"
 * @import {Comparison, Known} from "../../api/model_catalogue.js"
 */

import { devicesFor, weightBytes, withPapers } from "../../api/model_catalogue.js";
import { formatBytes, formatCount, formatDecimal, formatExactly, formatShare } from "../../words/format.js";
import { routerName, words } from "../../words/words.js";
import { changes, h, setStyle } from "../parts/element.js";

const { models: said } = words;

const BITS = [16, 8, 4];
/** Common memory sizes of devices, in gigabytes. */
const MEMORIES = [16, 24, 32, 40, 48, 80, 96, 141, 192];
const USUAL_MEMORY = 80;
const BILLION = 1e9;
/** As in app/published/catalogue.py. */
const CLOSE = 0.01;

/** Returns a text with links to papers, which open in a new tab. @param {string} text */
function cited(text) {
  return withPapers(text).map(({ text: part, href }) =>
    href ? h("a", { href, target: "_blank", rel: "noopener" }, part) : part,
  );
}

/** @param {string} name @param {...(Node | string)} value */
const fact = (name, ...value) => h("div", {}, h("dt", {}, name), h("dd", {}, ...value));

/** @param {Known} facts */
function head({ name, year, paper, key, architecture, shape }) {
  return h(
    "header",
    { class: "sheet-head" },
    h("h3", {}, name || said.ownConfig, year ? h("span", { class: "model-year" }, ` ${year}`) : ""),
    paper
      ? h("p", { class: "caption", lang: "en" }, ...cited(paper))
      : h("p", { class: "caption" }, name || architecture ? said.ownNote(architecture) : said.ownLink(key)),
    h(
      "p",
      { class: "sheet-built" },
      said.builtLong(
        shape.layers,
        shape.experts,
        shape.top_k,
        shape.shared ?? 0,
        shape.dense_layers?.length ?? 0,
        shape.dense_below ?? 0,
      ),
    ),
  );
}

/** @param {Known} facts */
function routing({ router }) {
  /** @type {Record<string, string>} */
  const names = words.routing.settings;
  const settings = Object.entries(router.settings)
    .map(([name, value]) => `${names[name] ?? name} ${formatDecimal(value)}`)
    .join(", ");
  return fact(
    said.router,
    routerName(router.router),
    settings ? ` (${settings})` : "",
    router.note ? h("span", { class: "caption" }, ` ${said.routerNote(router.note)}`) : "",
  );
}

/** @param {string} name @param {number} computed @param {Comparison} [comparison] */
function figureRow(name, computed, comparison) {
  const { published, convention, computed: under, deviation } = comparison ?? {};
  const off = deviation === null || deviation === undefined ? words.none : said.off(deviation);
  return h(
    "tr",
    {},
    h("th", { scope: "row" }, name),
    h("td", { title: formatExactly(computed) }, formatCount(computed)),
    ...(comparison
      ? [
          h("td", {}, published ? formatCount(published * BILLION) : words.none),
          h(
            "td",
            { title: under ? formatExactly(under) : "" },
            under ? formatCount(under) : words.none,
            convention ? h("small", {}, said.conventions[convention] ?? convention) : "",
          ),
          h(
            "td",
            {
              "data-near": String(
                deviation !== null && deviation !== undefined && Math.abs(deviation) <= CLOSE,
              ),
            },
            off,
          ),
        ]
      : []),
  );
}

/** Returns computed and published figures, with the reason of a difference. @param {Known} facts */
function figures(facts) {
  const { total, active, compared } = facts;
  const { note, reasons } = said.notes(facts);
  const columns = compared
    ? [said.figure, said.allOfIt, said.published, said.counted, said.deviation]
    : [said.figure, said.allOfIt];
  return h(
    "section",
    { class: "finding" },
    h(
      "table",
      { class: "figures sheet-figures" },
      h("caption", { class: "sr-only" }, said.figuresCaption),
      h("thead", {}, h("tr", {}, ...columns.map((column) => h("th", { scope: "col" }, column)))),
      h(
        "tbody",
        {},
        figureRow(said.total, total, compared?.total),
        figureRow(said.active, active, compared?.active),
      ),
    ),
    ...Object.entries(reasons ?? {})
      .filter(([, reason]) => reason)
      .map(([which, reason]) =>
        h("p", { class: "caption" }, said.reason(which === "total" ? said.total : said.active, reason)),
      ),
    note ? h("p", { class: "caption" }, note) : "",
  );
}

/** @param {Known} facts */
function ratio({ total, active }) {
  const bar = h("span", { class: "model-bar", "aria-hidden": "true" });
  setStyle(bar, "--active", (active / total).toFixed(4));
  return h(
    "section",
    { class: "finding" },
    h(
      "p",
      { class: "finding-text" },
      said.ratio(formatShare(active / total), formatDecimal(total / active, 1)),
    ),
    bar,
  );
}

/** @param {Known} facts @param {HTMLSelectElement} memory */
function memories({ total }, memory) {
  const rows = BITS.map((bits) => {
    const bytes = weightBytes(total, bits);
    return h(
      "tr",
      {},
      h("th", { scope: "row" }, said.bits(bits)),
      h("td", {}, formatBytes(bytes)),
      h("td", { "data-devices": bits }, said.devices(devicesFor(bytes, Number(memory.value)))),
    );
  });
  return h(
    "table",
    { class: "figures" },
    h("caption", { class: "sr-only" }, said.memory),
    h(
      "thead",
      {},
      h(
        "tr",
        {},
        h("th", { scope: "col" }, said.weights),
        h("th", { scope: "col" }, said.memory),
        h("th", { scope: "col" }, memory),
      ),
    ),
    h("tbody", {}, ...rows),
  );
}

/** @param {Known} facts */
function sources(facts) {
  const { assumed = {}, uncounted = {} } = facts;
  const { source, config_source: config } = said.notes(facts);
  const guessed = Object.entries(assumed)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name} = ${JSON.stringify(value)}`);
  const beside = Object.entries(uncounted).map(
    ([name, size]) => `${said.uncountedNames[name] ?? name} ${formatCount(size)}`,
  );
  return h(
    "dl",
    { class: "sheet-sources" },
    source ? fact(said.source, ...cited(source)) : "",
    config ? fact(said.configSource, ...cited(config)) : "",
    beside.length ? fact(said.uncounted, beside.join(", ")) : "",
    guessed.length ? fact(said.assumed, guessed.join(", ")) : "",
  );
}

export function createFactSheet() {
  const element = h("div", { class: "sheet" });
  const memory = h(
    "select",
    { "aria-label": said.deviceMemory },
    ...MEMORIES.map((each) =>
      h("option", { value: each, selected: each === USUAL_MEMORY }, said.deviceOf(each)),
    ),
  );
  /** @type {Known | null} */
  let shown = null;
  const changed = changes();
  function draw() {
    if (!shown) return;
    const facts = shown;
    element.replaceChildren(
      head(facts),
      figures(facts),
      ratio(facts),
      memories(facts, memory),
      h("dl", { class: "sheet-sources" }, routing(facts)),
      sources(facts),
      h("p", { class: "caption" }, said.authored),
    );
  }
  memory.addEventListener("change", () => {
    draw();
    memory.focus();
  });
  return {
    element,
    /** @param {Known} facts @param {State} _state */
    update(facts, _state) {
      if (!changed(facts.key, facts.architecture, facts.compared)) return;
      shown = facts;
      draw();
    },
  };
}
