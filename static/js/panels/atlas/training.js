/**
 * A training over its steps: of the model of an atlas, or of a folder of counts without an atlas.
 *
 * @import {Training} from "../../api/atlas.js"
 */

import { atlasWords as words } from "../../words/words.js";
import { h } from "../parts/element.js";
import { figure } from "./plot.js";
import { createTraining } from "./plots.js";

/** @param {Training} found @returns {HTMLElement[]} */
export function trainingFigures(found) {
  const collapsed = found.collapse.filter((step) => step !== null).length;
  const hint = [found.saturation && words.trainingHint, collapsed > 0 && words.collapsed(collapsed)];
  const plots = [createTraining(found, found.max_violation, words.maxVio)];
  if (found.dead_experts.flat().some(Boolean))
    plots.push(createTraining(found, found.dead_experts, words.deadExperts));
  if (found.saturation) plots.push(createTraining(found, found.saturation, words.saturation));
  const shown = [figure(words.training, hint.filter(Boolean).join(" "), ...plots)];
  if (found.placement) shown.push(devices(found, found.placement));
  return shown;
}

/** Returns the experts of each rank and the imbalance. @param {Training} found @param {NonNullable<Training["placement"]>} placement */
function devices(found, { experts, imbalance }) {
  const list = experts.map(([first, last], rank) => h("li", {}, words.rankHolds(rank, first, last)));
  return figure(
    words.ranks,
    words.ranksHint,
    createTraining(found, imbalance, words.rankImbalance),
    h("ol", { class: "ranks" }, ...list),
  );
}

/**
 * Returns the form for the sizes of parallelism, which Megatron's files do not contain: ranks of experts, and stages of
 * layers.
 * @param {Record<"ep" | "pp" | "etp", string>} sizes
 * @param {(sizes: Record<string, string>) => void} change
 */
export function parallelismForm(sizes, change) {
  const fields = /** @type {const} */ (["ep", "pp", "etp"]).map((name) =>
    h("input", { name, type: "number", min: 1, max: 100000, value: sizes[name], "aria-label": words[name] }),
  );
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    change(Object.fromEntries(fields.map(({ name, value }) => [name, value])));
  };
  return h(
    "form",
    { class: "choosers", onsubmit: submit },
    ...fields.map((field) =>
      h("label", { class: "chooser" }, `${words[/** @type {"ep"} */ (field.name)]} `, field),
    ),
    h("button", {}, words.apply),
  );
}
