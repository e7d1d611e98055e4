/**
 * One layer's load: a bar an expert, and the line of an even split.
 *
 * @import {Boot, State} from "../types.js"
 * @import {Actions} from "../actions.js"
 * @import {Tally} from "../tally.js"
 */

import { floorOf } from "../floor.js";
import { formatExactly } from "../format.js";
import { rowOf } from "../tally.js";
import { words } from "../words.js";
import { attribute, changes, h, setStyle, setText } from "./element.js";
import { createSpan } from "./span.js";

/** Bars side by side up to so many experts; below that each has its number. */
const NUMBERED = 16;

/** @param {string} name */
function createFact(name) {
  const value = h("dd");
  return { element: h("div", {}, h("dt", {}, name), value), say: (/** @type {string} */ text) => setText(value, text) };
}

/** @param {HTMLElement} host @param {Actions} actions @param {() => void} wake @param {Boot} boot */
export function createLoad(host, actions, wake, boot) {
  const span = createSpan(actions);
  const layer = h("select", { id: "load-layer" });
  layer.addEventListener("change", () => actions.setView({ floor: Number(layer.value) }));
  const bars = h("ol", { class: "bars" });
  const even = h("span", { class: "even-word" });
  const facts = { busiest: createFact(words.busiest), idle: createFact(words.idleExperts), all: createFact(words.assignments) };
  host.append(
    h("p", { class: "caption" }, words.loadCaption),
    span.element,
    h("div", { class: "field" }, h("label", { class: "label", for: "load-layer" }, words.loadLayer), layer),
    h("div", { class: "bars-frame" }, bars, h("div", { class: "even" }, even)),
    h("dl", { class: "facts" }, ...Object.values(facts).map(({ element }) => element)),
  );
  listen(bars, actions, () => Number(layer.value));
  const layersChanged = changes();
  const changed = changes();
  return {
    /** @param {State} state @param {Tally} tally */
    update(state, tally) {
      span.update(state);
      if (layersChanged(tally.layers)) {
        layer.replaceChildren(...Array.from({ length: tally.layers }, (_, i) => h("option", { value: i }, String(i + 1))));
      }
      const shown = Math.min(state.view.floor ?? floorOf(state), tally.layers - 1);
      layer.value = String(shown);
      if (!changed(tally.version, shown)) return;
      const row = rowOf(tally, shown);
      const total = tally.totals[shown];
      drawBars(bars, row, total, shown);
      const scale = Math.max(...row, 1) / Math.max(1, total);
      setStyle(/** @type {HTMLElement} */ (bars.parentElement), "--even", (1 / row.length / scale).toFixed(4));
      setText(even, words.even(1 / row.length));
      sayFacts(facts, row, total);
    },
    dispose: () => host.replaceChildren(),
  };
}

/** @param {HTMLElement} bars @param {Uint32Array} row @param {number} all @param {number} layer */
function drawBars(bars, row, all, layer) {
  const most = Math.max(...row, 1);
  while (bars.childElementCount < row.length) bars.append(h("li", {}, h("button", { type: "button", class: "bar" })));
  while (bars.childElementCount > row.length) bars.lastElementChild?.remove();
  attribute(bars, "data-numbered", row.length <= NUMBERED);
  setStyle(bars, "--gap", row.length > 64 ? "0px" : row.length > 24 ? "1px" : "4px");
  [...bars.children].forEach((item, expert) => {
    const bar = /** @type {HTMLElement} */ (item.firstElementChild);
    const said = words.cell(layer + 1, expert, row[expert], all ? row[expert] / all : 0);
    attribute(bar, "aria-label", said);
    attribute(bar, "title", said);
    attribute(item, "data-expert", expert);
    setStyle(bar, "--height", (row[expert] / most).toFixed(4));
  });
}

/** @param {Record<"busiest" | "idle" | "all", ReturnType<typeof createFact>>} facts @param {Uint32Array} row @param {number} total */
function sayFacts({ busiest, idle, all }, row, total) {
  busiest.say(total ? words.times((Math.max(...row) * row.length) / total) : words.none);
  idle.say(`${row.filter((count) => count === 0).length} / ${row.length}`);
  all.say(formatExactly(total));
}

/** @param {HTMLElement} bars @param {Actions} actions @param {() => number} layer */
function listen(bars, actions, layer) {
  const towerAt = (/** @type {Event} */ event) => {
    const item = /** @type {Element} */ (event.target).closest("[data-expert]");
    return item instanceof HTMLElement ? { layer: layer(), expert: Number(item.dataset.expert) } : null;
  };
  bars.addEventListener("pointerover", (event) => actions.hover(towerAt(event)));
  bars.addEventListener("pointerleave", () => actions.hover(null));
  bars.addEventListener("click", (event) => actions.chooseTower(towerAt(event)));
}
