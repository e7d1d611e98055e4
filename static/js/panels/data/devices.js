/**
 * Expert parallelism: what goes to which device, what a step sends in all, and what a limit on devices would change.
 *
 * @import {Boot, State, Trace} from "../../types.js"
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

/** A bar a device, in its colour. @param {HTMLElement} list @param {Uint32Array} sent @param {string} theme @param {(device: number) => string} label */
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

/** Sums over layers. @param {readonly Uint32Array[]} sent */
function summed(sent) {
  return sent.reduce(
    (sum, row) => sum.map((count, device) => count + row[device]),
    new Uint32Array(sent[0].length),
  );
}

/** @param {HTMLElement} host @param {Actions} actions @param {() => void} wake @param {Boot} boot */
export function createDevices(host, actions, wake, boot) {
  const choice = createSegments({
    label: said.label,
    choose: (/** @type {number} */ devices) => actions.setView({ devices }),
  });
  const layer = h("select", { id: "devices-layer" });
  const bars = h("ol", { class: "bars device-bars", "aria-label": said.barsLabel });
  const facts = {
    reach: createFact(said.reach),
    busiest: createFact(said.busiest),
    bytes: createFact(said.bytes),
  };
  const formula = h("p", { class: "caption" });
  const others = h("div", { class: "finding" });
  const nothing = h("p", { class: "finding-text" }, said.choose);
  const told = h(
    "div",
    { class: "device-facts" },
    h(
      "div",
      { class: "field" },
      h("label", { class: "label", for: "devices-layer" }, words.loadLayer),
      layer,
    ),
    h("h3", {}, said.sentTitle),
    h("div", { class: "bars-frame" }, bars),
    h("dl", { class: "facts" }, ...Object.values(facts).map(({ element }) => element)),
    formula,
    h("p", { class: "caption" }, said.assumptions),
    others,
  );
  host.append(
    h(
      "div",
      {
        class: "findings device-page",
        tabindex: 0,
        role: "group",
        "aria-label": words.panels.devices,
        "data-keys": "arrows",
      },
      h("p", { class: "caption" }, said.caption),
      choice.element,
      nothing,
      told,
    ),
  );
  let all = false;
  layer.addEventListener("change", () => {
    all = layer.value === "-1";
    if (!all) actions.setView({ floor: Number(layer.value) });
    wake();
  });

  let asked = "";
  /** @param {State} state @param {number} devices */
  function compare({ view }, devices) {
    const query = `${requestQuery(requestOf(view))}&devices=${devices}`;
    if (boot.exported || query === asked) return;
    asked = query;
    others.replaceChildren(h("p", { class: "caption", role: "status" }, said.loading));
    fetchRows(query).then(
      (rows) => {
        if (query !== asked) return;
        const limited = rows.some(({ limit }) => limit);
        others.replaceChildren(
          h("h3", {}, said.compareTitle),
          comparison(rows),
          h("p", { class: "caption" }, limited ? said.compareNote : said.undivided(devices, view.experts)),
          view.source === "authored" ? h("p", { class: "caption" }, said.compareLocal) : "",
        );
      },
      (error) =>
        query === asked &&
        others.replaceChildren(h("p", { class: "caption" }, said.unreachable(String(error)))),
    );
  }

  const layersChanged = changes();
  const changed = changes();
  /** @param {State} state @param {Trace} trace @param {Int16Array} place */
  function tell(state, trace, place) {
    const shown = all ? -1 : Math.min(state.view.floor ?? floorOf(state), trace.model.layers - 1);
    layer.value = String(shown);
    if (!changed(trace, place, shown, state.theme)) return;
    const { sent, tokens, copies, reach, most } = trafficOf(trace, place);
    const row = shown < 0 ? summed(sent) : sent[shown];
    const mean = row.reduce((sum, count) => sum + count, 0) / row.length;
    drawBars(bars, row, state.theme, (device) =>
      shown < 0 ? said.sentAll(device, row[device]) : said.sent(device, row[device], tokens),
    );
    facts.reach.say(said.reachOf(reach, most));
    facts.busiest.say(mean ? `${formatDecimal(Math.max(...row) / mean, 2)}×` : words.none);
    facts.bytes.say(formatBytes(allToAllBytes(copies, trace.model.d_model)));
    setText(formula, said.formula(copies, trace.model.d_model));
    if (trace.complete) compare(state, place[place.length - 1] + 1);
  }
  return {
    /** @param {State} state */
    update(state) {
      const { trace, view } = state;
      if (!trace) return;
      const { experts, layers } = trace.model;
      const offered = [...new Set([...OFFERED, view.devices])].sort((a, b) => a - b);
      choice.update(
        view.devices,
        offered.map((value) => ({
          value,
          label: value ? String(value) : said.none,
          disabled: value > experts,
        })),
      );
      if (layersChanged(layers))
        layer.replaceChildren(
          h("option", { value: -1 }, said.allLayers),
          ...Array.from({ length: layers }, (_, i) => h("option", { value: i }, String(i + 1))),
        );
      const place = placeExperts(experts, view.devices);
      attribute(nothing, "hidden", place !== null);
      attribute(told, "hidden", place === null);
      if (place) tell(state, trace, place);
    },
    dispose: () => host.replaceChildren(),
  };
}
