/**
 * Expert parallelism: tokens per device, total traffic of a step, and the effect of a limit on devices per token.
 *
 * @import {Boot} from "../../boot_types.js"
 * @import {State, Trace} from "../../types.js"
 * @import {Actions} from "../../state/actions.js"
 */

import { allToAllBytes, placeExperts, trafficOf } from "../../counts/device_traffic.js";
import { requestOf, requestQuery } from "../../view/request.js";
import { floorOf } from "../../view/layers.js";
import { deviceColour } from "../../view/palettes.js";
import { formatBytes, formatDecimal } from "../../words/format.js";
import { routerName, words } from "../../words/words.js";
import { attribute, changes, h, setStyle, setText } from "../parts/element.js";
import { createSegments } from "../parts/segments.js";

const { devices: said } = words;

const OFFERED = [0, 2, 4, 8, 16, 32, 64];

/** @typedef {{router: string, limit: number | null, kept: number | null, reach_mean: number, reach_most: number, bytes: number}} Row */

/** @param {string} query @returns {Promise<Row[]>} */
async function fetchRows(query) {
  const answer = await fetch(`api/devices?${query}`);
  if (!answer.ok) throw new Error(String(answer.status));
  return (await answer.json()).routers;
}

/** @param {string} name */
function createFact(name) {
  const value = h("dd");
  return {
    element: h("div", {}, h("dt", {}, name), value),
    say: (/** @type {string} */ text) => setText(value, text),
  };
}

/** @param {readonly Row[]} rows */
function comparison(rows) {
  return h(
    "table",
    { class: "figures device-rows" },
    h("caption", { class: "sr-only" }, said.compareCaption),
    h("thead", {}, h("tr", {}, ...said.columns.map((name) => h("th", { scope: "col" }, name)))),
    h(
      "tbody",
      {},
      ...rows.map(({ router, limit, kept, reach_mean: mean, reach_most: most, bytes }, i) =>
        h(
          "tr",
          { "data-router": router, "data-limit": limit ?? undefined },
          h(
            "th",
            { scope: "row" },
            limit ? said.limited(limit) : routerName(router),
            i === 0 ? h("small", {}, said.here) : "",
          ),
          h("td", {}, said.reachOf(mean, most)),
          h("td", {}, formatBytes(bytes)),
          h("td", {}, kept === null ? words.none : said.kept(kept)),
        ),
      ),
    ),
  );
}

/** Draws one bar per device, in its colour. @param {HTMLElement} list @param {Uint32Array} sent @param {string} theme @param {(device: number) => string} label */
function drawBars(list, sent, theme, label) {
  const most = Math.max(...sent, 1);
  while (list.childElementCount < sent.length)
    list.append(h("li", {}, h("span", { class: "device-bar", role: "img" })));
  while (list.childElementCount > sent.length) list.lastElementChild?.remove();
  attribute(list, "data-numbered", sent.length <= 16);
  [...list.children].forEach((item, device) => {
    const bar = /** @type {HTMLElement} */ (item.firstElementChild);
    setStyle(bar, "--height", (sent[device] / most).toFixed(4));
    setStyle(bar, "--device", deviceColour(theme, device));
    attribute(bar, "aria-label", label(device));
    attribute(bar, "title", label(device));
  });
}

/** Returns the sums over layers. @param {readonly Uint32Array[]} sent */
function summed(sent) {
  return sent.reduce(
    (sum, row) => sum.map((count, device) => count + row[device]),
    new Uint32Array(sent[0].length),
  );
}

/** The costs of limits on the devices per token, from the server. @param {Boot} boot */
function createLimits(boot) {
  const element = h("div", { class: "finding" });
  let asked = "";

  /** @param {Awaited<ReturnType<typeof fetchRows>>} rows @param {State["view"]} view @param {number} devices */
  function show(rows, view, devices) {
    const limited = rows.some(({ limit }) => limit);
    element.replaceChildren(
      h("h3", {}, said.compareTitle),
      comparison(rows),
      h("p", { class: "caption" }, limited ? said.compareNote : said.undivided(devices, view.experts)),
      view.source === "authored" ? h("p", { class: "caption" }, said.compareLocal) : "",
    );
  }
  return {
    element,
    /** Requests the costs once per request and number of devices. @param {State} state @param {number} devices */
    update({ view }, devices) {
      const query = `${requestQuery(requestOf(view))}&devices=${devices}`;
      if (boot.exported || query === asked) return;
      asked = query;
      element.replaceChildren(h("p", { class: "caption", role: "status" }, said.loading));
      fetchRows(query).then(
        (rows) => query === asked && show(rows, view, devices),
        (error) =>
          query === asked &&
          element.replaceChildren(h("p", { class: "caption" }, said.unreachable(String(error)))),
      );
    },
  };
}

/** The traffic of a trace: a bar per device, and its figures. */
function createTraffic() {
  const bars = h("ol", { class: "bars device-bars", "aria-label": said.barsLabel });
  const facts = {
    reach: createFact(said.reach),
    busiest: createFact(said.busiest),
    bytes: createFact(said.bytes),
  };
  const formula = h("p", { class: "caption" });
  return {
    elements: [
      h("h3", {}, said.sentTitle),
      h("div", { class: "bars-frame" }, bars),
      h("dl", { class: "facts" }, ...Object.values(facts).map(({ element }) => element)),
      formula,
      h("p", { class: "caption" }, said.assumptions),
    ],
    /** @param {Trace} trace @param {Int16Array} place @param {number} layer  -1 for all @param {string} theme */
    update(trace, place, layer, theme) {
      const { sent, tokens, copies, reach, most } = trafficOf(trace, place);
      const row = layer < 0 ? summed(sent) : sent[layer];
      const mean = row.reduce((sum, count) => sum + count, 0) / row.length;
      drawBars(bars, row, theme, (device) =>
        layer < 0 ? said.sentAll(device, row[device]) : said.sent(device, row[device], tokens),
      );
      facts.reach.say(said.reachOf(reach, most));
      facts.busiest.say(mean ? `${formatDecimal(Math.max(...row) / mean, 2)}×` : words.none);
      facts.bytes.say(formatBytes(allToAllBytes(copies, trace.model.d_model)));
      setText(formula, said.formula(copies, trace.model.d_model));
    },
  };
}

/** The menu of layers, with one entry for all. */
function createLayerMenu() {
  const select = h("select", { id: "devices-layer" });
  const label = h("label", { class: "label", for: "devices-layer" }, words.loadLayer);
  const changed = changes();
  return {
    select,
    element: h("div", { class: "field" }, label, select),
    /** @param {number} layers */
    offer(layers) {
      if (!changed(layers)) return;
      select.replaceChildren(
        h("option", { value: -1 }, said.allLayers),
        ...Array.from({ length: layers }, (_, i) => h("option", { value: i }, String(i + 1))),
      );
    },
  };
}

/** @param {HTMLElement} host @param {Actions} actions @param {() => void} wake @param {Boot} boot */
export function createDevices(host, actions, wake, boot) {
  const choice = createSegments({
    label: said.label,
    choose: (/** @type {number} */ devices) => actions.setView({ devices }),
  });
  const layer = createLayerMenu();
  const traffic = createTraffic();
  const limits = createLimits(boot);
  const nothing = h("p", { class: "finding-text" }, said.choose);
  const shown = h("div", { class: "device-facts" }, layer.element, ...traffic.elements, limits.element);
  const region = { tabindex: 0, role: "group", "aria-label": words.panels.devices, "data-keys": "arrows" };
  const caption = h("p", { class: "caption" }, said.caption);
  host.append(
    h("div", { class: "findings device-page", ...region }, caption, choice.element, nothing, shown),
  );
  let all = false;
  layer.select.addEventListener("change", () => {
    all = layer.select.value === "-1";
    if (!all) actions.setView({ floor: Number(layer.select.value) });
    wake();
  });

  /** @param {number} devices @param {number} experts */
  function offer(devices, experts) {
    const offered = [...new Set([...OFFERED, devices])].sort((a, b) => a - b);
    choice.update(
      devices,
      offered.map((value) => ({
        value,
        label: value ? String(value) : said.none,
        disabled: value > experts,
      })),
    );
  }
  const changed = changes();
  /** @param {State} state @param {Trace} trace @param {Int16Array} place */
  function show(state, trace, place) {
    const at = all ? -1 : Math.min(state.view.floor ?? floorOf(state), trace.model.layers - 1);
    layer.select.value = String(at);
    if (!changed(trace, place, at, state.theme)) return;
    traffic.update(trace, place, at, state.theme);
    if (trace.complete) limits.update(state, place[place.length - 1] + 1);
  }
  return {
    /** @param {State} state */
    update(state) {
      const { trace, view } = state;
      if (!trace) return;
      const { experts, layers } = trace.model;
      offer(view.devices, experts);
      layer.offer(layers);
      const place = placeExperts(experts, view.devices);
      attribute(nothing, "hidden", place !== null);
      attribute(shown, "hidden", place === null);
      if (place) show(state, trace, place);
    },
    dispose: () => host.replaceChildren(),
  };
}
