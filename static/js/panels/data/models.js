/**
 * The catalogue: published models to choose from, and the one that was chosen with its figures.
 *
 * @import {Boot, State} from "../../types.js"
 * @import {Entry, Known, Order} from "../../api/model_catalogue.js"
 * @import {Actions} from "../../state/actions.js"
 */

import { fetchCatalogue, knownOf, matching, ordered, ORDERS } from "../../api/model_catalogue.js";
import { uploadedConfig } from "../../api/uploaded_config.js";
import { formatCount, formatShare } from "../../words/format.js";
import { routerName, words } from "../../words/words.js";
import { attribute, changes, h, setStyle, setText } from "../parts/element.js";
import { createFactSheet } from "./model_facts.js";

const { models: said } = words;

/** A router's name without the model that is known for it: others have it too. @param {string} router */
const plainName = (router) => routerName(router).replace(/\s*\(.*\)/, "");

/** One model: what it is called, how it is built, what it weighs. @param {Entry} entry @param {() => void} choose */
function card(entry, choose) {
  const { name, year, shape, router, total, active } = entry;
  const bar = h("span", { class: "model-bar", "aria-hidden": "true" });
  setStyle(bar, "--active", (active / total).toFixed(4));
  const button = h(
    "button",
    { type: "button", class: "model-card", "data-model": entry.key, onclick: choose },
    h("span", { class: "model-name" }, name),
    h("span", { class: "model-year" }, String(year)),
    h(
      "span",
      { class: "model-built" },
      said.built(shape.layers, shape.experts, shape.top_k, shape.shared ?? 0),
      " · ",
      routerName(router.router),
    ),
    h(
      "span",
      { class: "model-weighs" },
      h("span", {}, h("b", {}, formatCount(total)), " ", said.totalWord),
      h(
        "span",
        { class: "model-active" },
        h("b", {}, formatCount(active)),
        " ",
        said.activeWord,
        " · ",
        formatShare(active / total),
      ),
    ),
    bar,
  );
  return h("li", {}, button);
}

/** Up, down, first and last go from card to card. @param {HTMLElement} list */
function moveByArrows(list) {
  list.addEventListener("keydown", (event) => {
    const cards = /** @type {HTMLElement[]} */ ([...list.querySelectorAll(".model-card")]);
    const at = cards.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: cards.length - 1 }[event.key];
    if (at < 0 || to === undefined || !cards[to]) return;
    event.preventDefault();
    event.stopPropagation();
    cards[to].focus();
  });
}

/** The button that opens a file. @param {(file: File) => void} take */
function createOpener(take) {
  const input = h("input", {
    type: "file",
    accept: ".json,application/json",
    class: "sr-only",
    tabindex: -1,
    "aria-hidden": "true",
  });
  input.addEventListener("change", () => {
    if (input.files?.[0]) take(input.files[0]);
    input.value = "";
  });
  return [
    h(
      "button",
      { type: "button", class: "secondary", title: said.openHint, onclick: () => input.click() },
      said.open,
    ),
    input,
  ];
}

/** @param {HTMLElement} host @param {Actions} actions @param {() => void} wake @param {Boot} boot */
export function createModels(host, actions, wake, boot) {
  const search = h("input", {
    type: "search",
    class: "search",
    placeholder: said.search,
    "aria-label": said.search,
    autocomplete: "off",
    spellcheck: "false",
  });
  const order = h(
    "select",
    { "aria-label": said.order },
    ...ORDERS.map((each) => h("option", { value: each }, said.orders[each])),
  );
  const list = h("ul", { class: "model-list", tabindex: -1, "data-keys": "arrows" });
  const count = h("p", { class: "readout", role: "status" });
  const foot = h("div", { class: "buttons model-foot" });
  const all = h("button", { type: "button", class: "quiet back" }, said.all);
  const small = h("button", { type: "button", class: "secondary" }, said.small);
  const trouble = h("p", { class: "trouble-message model-trouble", role: "alert", hidden: true });
  const openFile = boot.exported
    ? []
    : createOpener(
        (file) =>
          void uploadedConfig.count(file).then((found) => {
            if (found.state === "counted" && found.found) choose(found.found.key);
            wake();
          }),
      );
  const sheet = createFactSheet();
  const listPage = h(
    "div",
    { class: "model-page" },
    h("p", { class: "caption" }, said.caption),
    h("div", { class: "model-tools" }, search, order),
    count,
    list,
  );
  const sheetPage = h(
    "div",
    {
      class: "model-page model-sheet",
      tabindex: 0,
      role: "region",
      "aria-label": said.sheet,
      "data-keys": "arrows",
    },
    h("div", { class: "buttons" }, all, small),
    sheet.element,
  );
  host.append(trouble, listPage, sheetPage, foot);
  foot.append(...openFile, h("span", { class: "drop-hint" }, boot.exported ? "" : said.drop));
  moveByArrows(list);

  /** @type {Entry[] | null} */
  let entries = null;
  let failed = "";
  let listing = false;
  let shape = "";
  /** @param {string} key */
  function choose(key) {
    listing = false;
    actions.setRequest({ source: "authored", shape: key });
    wake();
  }
  all.addEventListener("click", () => {
    listing = true;
    wake();
    queueMicrotask(() => /** @type {HTMLElement} */ (list.querySelector("[aria-current]") ?? search).focus());
  });
  small.addEventListener("click", () => choose(""));
  search.addEventListener("input", wake);
  order.addEventListener("change", wake);
  search.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowDown") return;
    event.preventDefault();
    /** @type {HTMLElement | null} */ (list.querySelector(".model-card"))?.focus();
  });
  fetchCatalogue()
    .then(
      (found) => (entries = found),
      (error) => (failed = said.unreachable(String(error))),
    )
    .finally(wake);

  const listChanged = changes();
  function drawList() {
    const found = entries
      ? ordered(matching(entries, search.value, plainName), /** @type {Order} */ (order.value))
      : [];
    setText(
      count,
      failed ||
        (entries
          ? found.length < entries.length
            ? said.found(found.length, entries.length)
            : ""
          : said.loading),
    );
    attribute(search, "placeholder", entries ? said.searchIn(entries.length) : said.search);
    if (listChanged(entries, found.map(({ key }) => key).join()))
      list.replaceChildren(...found.map((entry) => card(entry, () => choose(entry.key))));
    for (const each of list.querySelectorAll(".model-card"))
      attribute(each, "aria-current", each.getAttribute("data-model") === shape);
  }
  /** What is told of the shape: published, just counted, or known from its trace alone. @param {State} state @returns {Known | null} */
  function factsOf({ trace }) {
    const own = uploadedConfig.get().found;
    const published = entries?.find(({ key }) => key === shape);
    if (published || (own && own.key === shape)) return published ?? own;
    return trace && trace.origin.shape === shape ? knownOf(shape, trace.model) : null;
  }
  return {
    /** @param {State} state */
    update(state) {
      const next = state.view.source === "authored" ? (state.view.shape ?? "") : "";
      if (next !== shape) listing = false;
      shape = next;
      const { state: how, problem } = uploadedConfig.get();
      attribute(trouble, "hidden", how !== "refused");
      setText(trouble, problem);
      const facts = shape && !listing ? factsOf(state) : null;
      attribute(listPage, "hidden", facts !== null);
      attribute(sheetPage, "hidden", facts === null);
      attribute(foot, "hidden", facts !== null || boot.exported !== undefined);
      if (facts) sheet.update(facts, state);
      else drawList();
    },
    dispose: () => host.replaceChildren(),
  };
}
