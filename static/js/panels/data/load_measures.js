/**
 * The measures of a load: each with its value, its value at perfect balance, and its formula on hover, on focus, and for
 * screen readers.
 *
 * @import {Measure, Measured} from "../../counts/load_measures.js"
 */

import { balanced, lettersIn, MEASURES } from "../../counts/load_measures.js";
import { formatDecimal, formatShare } from "../../words/format.js";
import { words } from "../../words/words.js";
import { attribute, h, setText } from "../parts/element.js";

const { balance: said } = words;
const SHARES = /** @type {readonly string[]} */ (["load_share", "dropped_share"]);

/** @typedef {Measure | "z_loss"} LoadMeasure */
const ALL_MEASURES = /** @type {readonly LoadMeasure[]} */ ([...MEASURES, "z_loss"]);

/** @param {LoadMeasure} name @param {number} value */
const format = (name, value) =>
  SHARES.includes(name) ? formatShare(value) : formatDecimal(Math.abs(value) < 0.005 ? 0 : value, 2);

/** Returns the formula of a measure and its source. @param {LoadMeasure} name */
function formulaOf(name) {
  const { name: word, formula, says } = said.measures[name];
  return [`${word} = ${formula}. ${says}`, ...lettersIn(formula, said.letters)].join(" ");
}

export function createMeasures() {
  const readout = h("p", { class: "readout measure-readout" });
  const facts = ALL_MEASURES.map((name) => {
    const value = h("span", { class: "measure-value" });
    const even = h("span", { class: "measure-even" });
    const formula = h("span", { class: "sr-only", id: `measure-${name}` }, formulaOf(name));
    const button = h(
      "button",
      { type: "button", class: "measure-name", "aria-describedby": formula.id, "data-measure": name },
      said.measures[name].name,
    );
    const tell = (/** @type {boolean} */ on) => () =>
      setText(readout, on ? formulaOf(name) : said.measureHint);
    const element = h("div", { class: "measure" }, h("dt", {}, button, formula), h("dd", {}, value, even));
    element.addEventListener("pointerenter", tell(true));
    element.addEventListener("pointerleave", tell(false));
    button.addEventListener("focus", tell(true));
    button.addEventListener("blur", tell(false));
    button.addEventListener("click", tell(true)); // a tap, on a phone
    return { name, element, value, even };
  });
  setText(readout, said.measureHint);
  return {
    element: h(
      "div",
      { class: "measures" },
      h("dl", { class: "measure-grid" }, ...facts.map(({ element }) => element)),
      readout,
    ),
    /** @param {Measured | null} measured  null before the first count @param {number} experts @param {boolean} z   whether the router has a z-loss */
    update(measured, experts, z) {
      for (const { name, element, value, even } of facts) {
        const found = measured?.[name];
        attribute(element, "hidden", name === "z_loss" && !z);
        setText(value, found === undefined ? words.none : format(name, found));
        setText(
          even,
          name === "z_loss" ? said.noBalance : said.atBalance(format(name, balanced(name, experts))),
        );
        attribute(element, "data-value", found?.toFixed(4));
      }
    },
  };
}
