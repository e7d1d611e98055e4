/**
 * The catalogue of published models, and the fact sheet of the selected one.
 *
 * @import {Boot} from "../../boot_types.js"
 * @import {State} from "../../types.js"
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

/** Returns the name of a router without its best-known model. @param {string} router */
const plainName = (router) => routerName(router).replace(/\s*\(.*\)/, "");

/** Returns the card of a model: name, structure, size. @param {Entry} entry @param {() => void} choose */
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

/** Lets arrow keys, Home and End move between the cards. @param {HTMLElement} list */
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

/** Returns the button that opens a file. @param {(file: File) => void} take */
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

/** @param {() => void} wake @param {(key: string) => void} choose */
function createModelList(wake, choose) {
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
  const element = h(
    "div",
    { class: "model-page" },
    h("p", { class: "caption" }, said.caption),
    h("div", { class: "model-tools" }, search, order),
    count,
    list,
  );
  moveByArrows(list);
  search.addEventListener("input", wake);
  order.addEventListener("change", wake);
  search.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowDown") return;
    event.preventDefault();
    /** @type {HTMLElement | null} */ (list.querySelector(".model-card"))?.focus();
  });

  /** @type {Entry[] | null} */
  let entries = null;
  let failed = "";
  fetchCatalogue()
    .then(
      (found) => (entries = found),
      (error) => (failed = said.unreachable(String(error))),
    )
    .finally(wake);

  /** @param {number} found */
  function status(found) {
    if (failed) return failed;
    if (!entries) return said.loading;
    return found < entries.length ? said.found(found, entries.length) : "";
  }
  const changed = changes();
  return {
    element,
    /** Returns a published model; undefined if it is unknown. @param {string} shape */
    entryOf: (shape) => entries?.find(({ key }) => key === shape),
    focus: () => /** @type {HTMLElement} */ (list.querySelector("[aria-current]") ?? search).focus(),
    /** @param {string} shape  the current one */
    update(shape) {
      const found = entries
        ? ordered(matching(entries, search.value, plainName), /** @type {Order} */ (order.value))
        : [];
      setText(count, status(found.length));
      attribute(search, "placeholder", entries ? said.searchIn(entries.length) : said.search);
      if (changed(entries, found.map(({ key }) => key).join()))
        list.replaceChildren(...found.map((entry) => card(entry, () => choose(entry.key))));
      for (const each of list.querySelectorAll(".model-card"))
        attribute(each, "aria-current", each.getAttribute("data-model") === shape);
    },
  };
}

/** The fact sheet of a model, with the ways back. @param {HTMLElement[]} buttons */
function createSheetPage(...buttons) {
  const sheet = createFactSheet();
  const attributes = { tabindex: 0, role: "region", "aria-label": said.sheet, "data-keys": "arrows" };
  const element = h(
    "div",
    { class: "model-page model-sheet", ...attributes },
    h("div", { class: "buttons" }, ...buttons),
    sheet.element,
  );
  return { element, update: sheet.update };
}

/** Buttons that open a config.json; none in an exported page. @param {Boot} boot @param {() => void} wake @param {(key: string) => void} choose */
function configOpener(boot, wake, choose) {
  if (boot.exported) return [];
  /** @param {File} file */
  async function open(file) {
    const { state, found } = await uploadedConfig.count(file);
    if (state === "counted" && found) choose(found.key);
    wake();
  }
  return createOpener((file) => void open(file));
}

/** @param {HTMLElement} host @param {Actions} actions @param {() => void} wake @param {Boot} boot */
export function createModels(host, actions, wake, boot) {
  const all = h("button", { type: "button", class: "quiet back" }, said.all);
  const small = h("button", { type: "button", class: "secondary" }, said.small);
  const trouble = h("p", { class: "trouble-message model-trouble", role: "alert", hidden: true });
  const ignored = h("p", { class: "readout", role: "status", hidden: true });
  const list = createModelList(wake, choose);
  const sheet = createSheetPage(all, small);
  const hint = h("span", { class: "drop-hint" }, boot.exported ? "" : said.drop);
  const foot = h("div", { class: "buttons model-foot" }, ...configOpener(boot, wake, choose), hint);
  host.append(trouble, ignored, list.element, sheet.element, foot);

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
    queueMicrotask(list.focus);
  });
  small.addEventListener("click", () => choose(""));

  /** Returns the facts of the shape: published, uploaded, or from its trace. @param {State} state @returns {Known | null} */
  function factsOf({ trace }) {
    const own = uploadedConfig.get().found;
    const published = list.entryOf(shape);
    if (published || (own && own.key === shape)) return published ?? own;
    return trace && trace.origin.shape === shape ? knownOf(shape, trace.model) : null;
  }
  return {
    /** @param {State} state */
    update(state) {
      const next = state.view.source === "authored" ? (state.view.shape ?? "") : "";
      if (next !== shape) listing = false;
      shape = next;
      const { state: how, problem, found, name, ignored: names } = uploadedConfig.get();
      attribute(trouble, "hidden", how !== "refused");
      setText(trouble, problem);
      const ofThis = how === "refused" || (how === "counted" && found?.key === shape);
      attribute(ignored, "hidden", !ofThis || names.length === 0);
      setText(ignored, said.took(name, names));
      const facts = shape && !listing ? factsOf(state) : null;
      attribute(list.element, "hidden", facts !== null);
      attribute(sheet.element, "hidden", facts === null);
      attribute(foot, "hidden", facts !== null || boot.exported !== undefined);
      if (facts) sheet.update(facts, state);
      else list.update(shape);
    },
    dispose: () => host.replaceChildren(),
  };
}
