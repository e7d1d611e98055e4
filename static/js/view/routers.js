/**
 * The router of a view, and the settings that a person chose. Pure.
 *
 * @import {Boot, RouterInfo, View} from "../types.js"
 */

/** Settings of routers, in the order in which a page offers them. `seed` decides what a model writes too. */
export const SETTINGS = /** @type {const} */ ([
  "capacity",
  "groups",
  "topk_groups",
  "scale",
  "noise",
  "updates",
  "rate",
  "seed",
]);

/** With these a token's experts depend on later tokens too, as `whole_batch` of models/measured.json says. */
export const LOOK_AHEAD = ["base", "expert_choice", "gshard", "st_moe"];

/** @typedef {typeof SETTINGS[number]} Setting */

/** Null where the page knows of no such router. @param {Boot} boot @param {Pick<View, "router">} view @returns {RouterInfo | null} */
export function routerOf(boot, { router }) {
  return boot.routers?.find(({ name }) => name === router) ?? null;
}

/** Returns the router that the model of a view was trained with; "" where that is not known. @param {Boot} boot @param {Pick<View, "model">} view */
export function trainedRouter(boot, { model }) {
  return boot.models.find(({ name }) => name === model)?.router ?? "";
}

/** Returns whether a person chose another router than that of the model or shape. @param {Pick<View, "given">} view */
export function isOtherRouter({ given }) {
  return Boolean(given.router);
}

/** Returns the settings that make a view's routing another than its router's own. @param {Pick<View, "given">} view */
export function chosenSettings({ given }) {
  return SETTINGS.filter((name) => name !== "seed" && given[name] !== undefined);
}

/** Returns the moments of training that were recorded of a view's model. @param {Boot} boot @param {Pick<View, "model">} view */
export function stepsOf(boot, { model }) {
  return boot.models.find(({ name }) => name === model)?.steps ?? [];
}
