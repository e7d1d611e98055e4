/**
 * The page of an atlas. Everything shown follows from the address: atlas, layer (from 1), expert (from 0), metric.
 *
 * @import {Named, Overview, Placement} from "../../api/atlas.js"
 */

import { askAtlas, askTraining, listAtlases } from "../../api/atlas.js";
import { atlasWords as words } from "../../words/words.js";
import { formatDecimal } from "../../words/format.js";
import { h } from "../parts/element.js";
import { createExpertPage } from "./expert_page.js";
import { createLiveText } from "./live_text.js";
import { createExpertMap, createPairMap } from "./expert_map.js";
import { figure } from "./plot.js";
import { createCaches, createCoverage, createFlows } from "./plots.js";
import { parallelismForm, trainingFigures } from "./training.js";

const KEPT = ["atlas", "training", "ep", "pp", "etp", "layer", "expert", "metric"];
const DEVICES = 8;
const root = /** @type {HTMLElement} */ (document.querySelector("#atlas"));

/** Returns the values of the address. */
function asked() {
  const query = new URLSearchParams(location.search);
  const [layer, expert] = [Number(query.get("layer")), query.get("expert")];
  return {
    atlas: query.get("atlas"),
    metric: query.get("metric") ?? "load",
    chosen: layer >= 1 && expert ? { layer: layer - 1, expert: Number(expert) } : null,
  };
}

/** Returns the address with other values. Other keys (language, theme) are kept. @param {Record<string, string | number>} changes */
function address(changes) {
  const query = new URLSearchParams(location.search);
  for (const [key, value] of Object.entries(changes)) query.set(key, String(value));
  return `?${query}`;
}

/** @param {number} layer @param {number} expert */
const addressOf = (layer, expert) => address({ layer: layer + 1, expert });

/** @param {string} to */
function go(to) {
  history.pushState(null, "", to);
  show();
}

/** Opens the page of an expert and brings it into view. @param {number} layer @param {number} expert */
async function open(layer, expert) {
  history.pushState(null, "", addressOf(layer, expert));
  await show();
  const page = /** @type {HTMLElement | null} */ (root.querySelector("#expert"));
  page?.scrollIntoView({ block: "nearest" });
  page?.focus({ preventScroll: true });
}

/** Draws the page again; late answers are ignored. */
async function show() {
  const at = location.search;
  root.setAttribute("aria-busy", "true");
  try {
    const { atlases: names, trainings } = await listAtlases();
    const training = new URLSearchParams(at).get("training");
    if (training) {
      root.replaceChildren(h("p", { class: "hint", role: "status" }, words.loading));
      const parts = await trainingParts(training);
      if (location.search === at)
        root.replaceChildren(chooser(names, trainings, `training ${training}`), ...parts);
      root.removeAttribute("aria-busy");
      root.dataset.ready = at;
      return;
    }
    const name = asked().atlas ?? names.find(({ problem }) => !problem)?.name ?? "";
    root.replaceChildren(
      chooser(names, trainings, name),
      h("p", { class: "hint", role: "status" }, words.loading),
    );
    const parts = await partsOf(name, names);
    if (location.search !== at) return;
    root.replaceChildren(chooser(names, trainings, name), ...parts);
    const later = [...(await slowPartsOf(name)), ...(await trainingOf(name, trainings))];
    if (location.search !== at) return;
    root.querySelector(".plots")?.append(...later);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    root.append(h("p", { role: "alert", class: "trouble" }, words.failed(reason)));
  }
  root.removeAttribute("aria-busy");
  root.dataset.ready = at;
}

/** Returns the menu of atlases, and of trainings of other models. @param {readonly Named[]} names @param {readonly string[]} trainings @param {string} name */
function chooser(names, trainings, name) {
  const models = names.map((each) => each.name.split("/").at(-1));
  const alone = trainings.filter((each) => !models.includes(each));
  const options = [
    ...names.map((each) => ({ value: each.name, key: "atlas", text: each.name, of: each.name })),
    ...alone.map((each) => ({
      value: `training ${each}`,
      key: "training",
      text: words.trainingNamed(each),
      of: each,
    })),
  ];
  const choose = (/** @type {Event} */ event) => {
    const { value } = /** @type {HTMLSelectElement} */ (event.target);
    const chosen = options.find((each) => each.value === value);
    const query = new URLSearchParams(location.search);
    for (const key of KEPT) query.delete(key);
    if (chosen) query.set(chosen.key, chosen.of);
    go(`?${query}`);
  };
  const elements = options.map(({ value, text }) => h("option", { value, selected: value === name }, text));
  return h("label", { class: "chooser" }, `${words.choose} `, h("select", { onchange: choose }, ...elements));
}

/**
 * Returns the address of the corpus in the 3D scene: behind live routing if its model runs here, else on a stack of its
 * shape.
 * @param {string} name
 * @param {readonly Named[]} names
 * @param {Overview} overview
 * @param {ReturnType<typeof asked>["chosen"]} chosen
 */
function sceneAddress(name, names, { model, shape }, chosen) {
  const runs = names.some((each) => each.name === name && each.runs);
  const query = new URLSearchParams(runs ? { source: "live", model: model.name } : { shape });
  const lang = new URLSearchParams(location.search).get("lang");
  if (lang) query.set("lang", lang);
  if (chosen) query.set("tower", `${chosen.layer + 1}.${chosen.expert}`);
  query.set("corpus", name);
  return `./?${query}`;
}

/** A caption with the number of tokens behind the figure. @param {string} hint @param {number} tokens */
const captionOf = (hint, tokens) => `${hint.replace(/\.$/, "")} (${words.behind(tokens)}).`;

/** @param {string} name @param {readonly Named[]} names */
async function partsOf(name, names) {
  const { metric, chosen } = asked();
  /** @type {Overview} */
  const overview = await askAtlas(name, "overview");
  const layer = chosen?.layer ?? 0;
  const [map, coverage, flows, pairs, page] = await Promise.all([
    askAtlas(name, "map", { metric }),
    askAtlas(name, "coverage"),
    askAtlas(name, "flows"),
    askAtlas(name, "coactivation", { layer }),
    chosen && askAtlas(name, "expert", chosen),
  ]);
  return [
    h(
      "p",
      { class: "hint" },
      `${overview.model.name}: ${words.corpus(overview.tokens, overview.documents, overview.engine.name)} · `,
      h("a", { href: sceneAddress(name, names, overview, chosen) }, words.inScene),
    ),
    overview.ids_only && h("p", { class: "trouble" }, words.idsOnly),
    figure(
      words.mapTitle,
      captionOf(words.mapHint, overview.tokens),
      h("div", { class: "choosers" }, metricMenu(overview, metric), ...expertMenus(overview, chosen)),
      h(
        "div",
        { class: "wide" },
        createExpertMap(map, chosen, (to, expert) => open(to, expert)),
      ),
    ),
    page && createExpertPage(page, addressOf),
    createLiveText(name),
    figure(
      words.flows,
      captionOf(words.flowsHint, overview.tokens),
      h(
        "div",
        { class: "wide" },
        createFlows(flows.flows, overview.layers, overview.experts, overview.tokens, chosen),
      ),
    ),
    h(
      "div",
      { class: "columns plots" },
      figure(words.coverage, captionOf(words.coverageHint, coverage.tokens), createCoverage(coverage)),
      figure(
        `${words.pairs}, ${words.layer} ${layer + 1}`,
        captionOf(words.pairsHint, pairs.tokens),
        createPairMap(pairs),
      ),
    ),
  ].filter((part) => part instanceof Node);
}

/** Returns the training of the model of the atlas, if its steps are available. @param {string} name @param {readonly string[]} trainings */
async function trainingOf(name, trainings) {
  const model = name.split("/").at(-1) ?? "";
  return trainings.includes(model) ? trainingFigures(await askTraining(model)) : [];
}

/** Returns the page of a training without an atlas. @param {string} name */
async function trainingParts(name) {
  const query = new URLSearchParams(location.search);
  const sizes = { ep: query.get("ep") ?? "", pp: query.get("pp") ?? "1", etp: query.get("etp") ?? "1" };
  const form = parallelismForm(sizes, (changes) => {
    for (const [key, value] of Object.entries(changes)) if (!value) delete changes[key];
    go(address(changes));
  });
  try {
    const found = await askTraining(name, sizes.ep ? sizes : {});
    const plots = h("div", { class: "columns plots" }, ...trainingFigures(found));
    return found.placement ? [form, plots] : [plots];
  } catch (error) {
    return [
      form,
      h("p", { role: "alert", class: "trouble" }, words.failed(/** @type {Error} */ (error).message)),
    ];
  }
}

/** Returns the parts that take seconds to simulate: caches and placements. @param {string} name */
async function slowPartsOf(name) {
  const simulated = await askAtlas(name, "caches");
  const caches = figure(words.caches, captionOf(words.cachesHint, simulated.tokens), createCaches(simulated));
  const { experts } = await askAtlas(name, "overview");
  if (experts % DEVICES !== 0) return [caches];
  return [caches, placements(name, await askAtlas(name, "placement", { devices: DEVICES }))];
}

/** @param {Overview} overview @param {string} metric */
function metricMenu(overview, metric) {
  const options = Object.keys(overview.expert_maps).map((name) =>
    h("option", { value: name, selected: name === metric }, words.maps[name] ?? name),
  );
  const choose = (/** @type {Event} */ event) =>
    go(address({ metric: /** @type {HTMLSelectElement} */ (event.target).value }));
  return h("label", { class: "chooser" }, `${words.metric} `, h("select", { onchange: choose }, ...options));
}

/**
 * Returns menus of layer and expert, for the keyboard.
 * @param {Overview} overview
 * @param {{layer: number, expert: number} | null} chosen
 */
function expertMenus({ layers, experts }, chosen) {
  const menu = (
    /** @type {string} */ name,
    /** @type {number} */ count,
    /** @type {number} */ first,
    /** @type {number | undefined} */ at,
  ) => {
    const options = Array.from({ length: count }, (_, i) =>
      h("option", { value: i, selected: i === at }, String(i + first)),
    );
    const none = h("option", { value: "", selected: at === undefined }, "–");
    return h("select", { "aria-label": name, onchange: change }, none, ...options);
  };
  const layer = menu(words.layer, layers, 1, chosen?.layer);
  const expert = menu(words.expert, experts, 0, chosen?.expert);
  function change() {
    if (layer.value !== "" && expert.value !== "") open(Number(layer.value), Number(expert.value));
  }
  return [
    h("label", { class: "chooser" }, `${words.layer} `, layer),
    h("label", { class: "chooser" }, `${words.expert} `, expert),
  ];
}

/** @param {string} name @param {Placement} placement */
function placements(name, placement) {
  const rows = Object.entries(placement.strategies).map(([strategy, found]) => {
    const plan = new URLSearchParams({ atlas: name, strategy, devices: String(placement.devices) });
    const file = (/** @type {string} */ format, /** @type {string} */ text) =>
      h("a", { href: `api/atlas-plan?${plan}&format=${format}`, download: true }, text);
    return h(
      "tr",
      {},
      h("th", { scope: "row" }, words.strategies[strategy] ?? strategy),
      h("td", {}, formatDecimal(Math.max(...found.imbalance), 2)),
      h("td", {}, formatDecimal(found.reach, 2)),
      h("td", {}, file("sglang", words.forSglang), " ", file("trtllm", words.forTrtllm)),
    );
  });
  const names = [words.strategy, words.imbalance, words.reach, ""];
  const head = h("thead", {}, h("tr", {}, ...names.map((each) => h("th", { scope: "col" }, each))));
  return figure(
    words.placement,
    captionOf(words.placementHint(placement.devices), placement.tokens),
    h("table", {}, head, h("tbody", {}, ...rows)),
  );
}

/** Uses the light theme in print, because browsers do not print backgrounds. */
function watchPaper() {
  const { dataset } = document.documentElement;
  const usual = dataset.theme;
  const paper = matchMedia("print");
  const follow = () => (dataset.theme = paper.matches ? "light" : usual);
  paper.addEventListener("change", follow);
  follow();
}

watchPaper();
window.addEventListener("popstate", show);
show();
