/**
 * The measured cost, in words, of a router other than that of a model's training.
 *
 * @import {Boot} from "../../boot_types.js"
 * @import {State} from "../../types.js"
 * @import {Measured} from "../../api/measurements.js"
 */

import { fetchMeasured, routerCost } from "../../api/measurements.js";
import { chosenSettings, isOtherRouter, LOOK_AHEAD, trainedRouter } from "../../view/model.js";
import { words } from "../../words/words.js";

const { routing: said } = words;

/** @param {Boot} boot @param {() => void} wake  called when the measurements have arrived */
export function createRouterCost(boot, wake) {
  /** @type {Measured | "asked" | "lost" | null} */
  let measured = null;

  function ask() {
    measured = "asked";
    fetchMeasured()
      .then(
        (found) => (measured = found),
        () => (measured = "lost"),
      )
      .then(wake);
  }
  /** Returns "" for the trained router. @param {State["view"]} view */
  return function inWords(view) {
    const name = view.router ?? "";
    const trained = trainedRouter(boot, view);
    if (view.source !== "live" || !isOtherRouter(view) || name === trained) return "";
    if (measured === null) ask();
    return [said.trained(view.model, said.names[trained] ?? trained), ...costs(view, name)].join(" ");
  };

  /** @param {State["view"]} view @param {string} name */
  function costs(view, name) {
    if (measured === "asked" || measured === null) return [said.asking];
    const found = measured === "lost" ? null : routerCost(measured, view.model, name, view.k);
    if (!found) return [said.notMeasured(view.k)];
    const caveats = [
      chosenSettings(view).length > 0 && said.atDefaults,
      LOOK_AHEAD.includes(name) && said.looksAhead,
    ];
    return [said.cost(found), ...caveats.filter((caveat) => caveat !== false)];
  }
}
