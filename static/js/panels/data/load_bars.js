/**
 * The bars of one layer: assigned and dropped tokens of each expert, its capacity, and its bias.
 *
 * @import {Actions} from "../../state/actions.js"
 */

import { words } from "../../words/words.js";
import { attribute, h, setStyle, setText } from "../parts/element.js";

/** Bars have numbers up to this number of experts. */
const NUMBERED = 16;

const { balance: said } = words;

/**
 * @typedef {object} Row
 * @property {number} layer
 * @property {number[]} assigned
 * @property {number[]} kept
 * @property {number[] | null} bias
 * @property {number | null} capacity   expert capacity in tokens for this prompt
 */

/** @param {Actions} actions */
export function createBars(actions) {
  let layer = 0;
  const bars = h("ol", { class: "bars" });
  const evenWord = h("span", { class: "even-word" });
  const fullWord = h("span", { class: "even-word" });
  const even = h("div", { class: "even" }, evenWord);
  const full = h("div", { class: "even full" }, fullWord);
  const frame = h("div", { class: "bars-frame" }, bars, even, full);
  const scale = h("span", { class: "bias-scale" });
  listen(bars, actions, () => layer);
  return {
    element: h("div", { class: "bars-block" }, frame, scale),
    /** @param {Row} row */
    update(row) {
      layer = row.layer;
      const most = Math.max(...row.assigned, row.capacity ?? 0, 1);
      const total = row.assigned.reduce((sum, count) => sum + count, 0);
      lay(bars, row.assigned.length);
      const largest = row.bias && Math.max(...row.bias.map(Math.abs));
      attribute(frame, "data-biased", largest !== null);
      [...bars.children].forEach((item, expert) =>
        drawBar(/** @type {HTMLElement} */ (item), row, expert, { most, total, largest: largest ?? 0 }),
      );
      const mean = total / row.assigned.length;
      setStyle(frame, "--even", (mean / most).toFixed(4));
      setText(evenWord, words.even(1 / row.assigned.length));
      attribute(full, "hidden", row.capacity === null);
      setStyle(frame, "--full", ((row.capacity ?? 0) / most).toFixed(4));
      setText(fullWord, row.capacity === null ? "" : said.capacityLine(row.capacity));
      attribute(scale, "hidden", !largest);
      setText(scale, said.biasScale(largest ?? 0));
    },
  };
}

/** @param {HTMLElement} bars @param {number} experts */
function lay(bars, experts) {
  while (bars.childElementCount < experts)
    bars.append(h("li", {}, h("button", { type: "button", class: "bar" }), h("span", { class: "bias" })));
  while (bars.childElementCount > experts) bars.lastElementChild?.remove();
  attribute(bars, "data-numbered", experts <= NUMBERED);
  setStyle(bars, "--gap", experts > 64 ? "0px" : experts > 24 ? "1px" : "4px");
}

/** @param {HTMLElement} item @param {Row} row @param {number} expert @param {{most: number, total: number, largest: number}} scale */
function drawBar(item, { layer, assigned, kept, bias }, expert, { most, total, largest }) {
  const bar = /** @type {HTMLElement} */ (item.firstElementChild);
  const lean = bias ? bias[expert] : null;
  const name = said.bar(
    layer + 1,
    expert,
    assigned[expert],
    assigned[expert] - kept[expert],
    total ? assigned[expert] / total : 0,
    lean,
  );
  attribute(bar, "aria-label", name);
  attribute(bar, "title", name);
  attribute(item, "data-expert", expert);
  attribute(item, "data-dropped", assigned[expert] > kept[expert]);
  setStyle(bar, "--height", (assigned[expert] / most).toFixed(4));
  setStyle(bar, "--kept", (kept[expert] / most).toFixed(4));
  const tip = /** @type {HTMLElement} */ (item.lastElementChild);
  attribute(tip, "data-sign", lean && (lean > 0 ? "up" : "down"));
  setStyle(tip, "--lean", largest && lean ? (Math.abs(lean) / largest).toFixed(4) : "0");
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
