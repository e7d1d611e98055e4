/**
 * The data views, one at a time, beside the scene. Each is loaded when it is first opened.
 *
 * @import {Boot} from "../../boot_types.js"
 * @import {Panel, State} from "../../types.js"
 * @import {Tally} from "../../counts/expert_uses.js"
 * @import {Actions} from "../../state/actions.js"
 */

import { createTally } from "../../counts/expert_uses.js";
import { words } from "../../words/words.js";
import { attribute, changes, h, setText } from "../parts/element.js";
import { icon, iconButton } from "../parts/icons.js";

/** @typedef {{update: (state: State, tally: Tally) => void, dispose: () => void}} FlatView */
/** @typedef {Exclude<Panel, "none">} Kind */

/** The data views in the order of their tabs. @type {readonly Kind[]} */
const KINDS = ["load", "heatmap", "table", "learned", "models", "next", "devices"];

/** @type {Record<Kind, (host: HTMLElement, actions: Actions, wake: () => void, boot: Boot) => Promise<FlatView>>} */
const VIEWS = {
  heatmap: async (host, actions) => (await import("./heatmap.js")).createHeatmap(host, actions),
  load: async (host, actions, wake, boot) =>
    (await import("./load.js")).createLoad(host, actions, wake, boot),
  table: async (host, actions) => (await import("./table.js")).createTable(host, actions),
  learned: async (host, actions, wake, boot) =>
    (await import("./measurements.js")).createLearned(host, actions, wake, boot),
  models: async (host, actions, wake, boot) =>
    (await import("./models.js")).createModels(host, actions, wake, boot),
  next: async (host, actions, wake, boot) =>
    (await import("../alter/next_panel.js")).createNextPanel(host, actions, wake, boot),
  devices: async (host, actions, wake, boot) =>
    (await import("./devices.js")).createDevices(host, actions, wake, boot),
};

/** The link to the page of the atlas. @param {Boot} boot */
function createAtlasLink(boot) {
  const lang = boot.lang && boot.lang !== "en" ? `?lang=${boot.lang}` : "";
  const link = {
    class: "tab tab-away",
    href: `atlas${lang}`,
    target: "_blank",
    title: words.levels.atlasHint,
  };
  return h("a", { ...link, "data-asks": true }, words.levels.atlas, icon("out"));
}

/** The menu of data views: a row of tabs, or one menu on small screens. @param {HTMLElement} host @param {HTMLElement} menu @param {Actions} actions @param {Boot} boot */
function createViewTabs(host, menu, actions, boot) {
  const select = h("select", { class: "view-select", "aria-label": words.levels.views });
  select.append(...KINDS.map((kind) => h("option", { value: kind }, words.panels[kind])));
  select.addEventListener("change", () => actions.setView({ panel: /** @type {Kind} */ (select.value) }));
  menu.prepend(select);
  const buttons = KINDS.map((kind) => {
    const button = h(
      "button",
      { type: "button", class: "tab", "aria-controls": "drawer" },
      words.panels[kind],
    );
    button.addEventListener("click", () => actions.setView({ panel: kind }));
    return { kind, button };
  });
  host.append(...buttons.map(({ button }) => button), createAtlasLink(boot));
  return {
    /** @param {State} state */
    update({ view }) {
      for (const { kind, button } of buttons) attribute(button, "aria-expanded", String(view.panel === kind));
      if (view.panel !== "none") select.value = view.panel;
    },
    dispose: () => host.replaceChildren(),
  };
}

/** @param {HTMLElement} host @param {Actions} actions @param {() => void} wake  called when a view has been loaded @param {Boot} boot */
export function createDrawer(host, actions, wake, boot) {
  const title = h("h2", { class: "sr-only" });
  const close = iconButton("close", words.close, () => actions.setView({ panel: "none" }), "small");
  const body = h("div", { class: "drawer-body" });
  const tabs = h("div", { class: "tabs" });
  const head = h("div", { class: "panel-head" }, title, tabs, close);
  host.append(head, body);
  const chooser = createViewTabs(tabs, head, actions, boot);
  const tally = createTally();
  /** @type {FlatView | null} */
  let shown = null;
  const panelChanged = changes();

  /** @param {Panel} panel */
  async function open(panel) {
    shown?.dispose();
    shown = null;
    attribute(host, "hidden", panel === "none");
    if (panel === "none") return;
    setText(title, words.panels[panel]);
    attribute(host, "aria-label", words.panels[panel]);
    const page = h("div", { class: `flat ${panel}` });
    body.replaceChildren(page);
    const view = await VIEWS[panel](page, actions, wake, boot);
    if (page.isConnected) shown = view;
    wake();
  }

  return {
    /** @param {State} state */
    update(state) {
      chooser.update(state);
      if (panelChanged(state.view.panel)) void open(state.view.panel);
      const counted = shown && tally.of(state);
      if (shown && counted) shown.update(state, counted);
    },
    dispose() {
      shown?.dispose();
      host.replaceChildren();
    },
  };
}
