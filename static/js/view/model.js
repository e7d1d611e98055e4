/**
 * The model of a view: its shape, its router with the settings of the user, its unusual layers and experts. Pure.
 *
 * @import {Boot, RouterInfo} from "../boot_types.js"
 * @import {Model, View} from "../types.js"
 */

import { alterWords } from "../words/words.js";

/** Settings of routers, in the order of their controls. `seed` also affects generation. */
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

/** Routers whose choice for a token also depends on later tokens: `whole_batch` in models/measured.json. */
export const LOOK_AHEAD = ["base", "expert_choice", "gshard", "st_moe"];

/** @typedef {typeof SETTINGS[number]} Setting */

/** Returns the router of a view; null if it is unknown. @param {Boot} boot @param {Pick<View, "router">} view @returns {RouterInfo | null} */
export function routerOf(boot, { router }) {
  return boot.routers?.find(({ name }) => name === router) ?? null;
}

/** Returns the router that the model of a view was trained with; "" if it is unknown. @param {Boot} boot @param {Pick<View, "model">} view */
export function trainedRouter(boot, { model }) {
  return boot.models.find(({ name }) => name === model)?.router ?? "";
}

/** Returns whether the view has a router other than that of the model or shape. @param {Pick<View, "given">} view */
export function isOtherRouter({ given }) {
  return Boolean(given.router);
}

/** Returns the settings of a view that differ from the defaults of its router. @param {Pick<View, "given">} view */
export function chosenSettings({ given }) {
  return SETTINGS.filter((name) => name !== "seed" && given[name] !== undefined);
}

/** Returns the training steps at which the model of a view was recorded. @param {Boot} boot @param {Pick<View, "model">} view */
export function recordedSteps(boot, { model }) {
  return boot.models.find(({ name }) => name === model)?.steps ?? [];
}

/**
 * Returns key and name of the shape on which an authored view is routed. The name is empty for a shape that the address
 * itself holds. Null: the small default shape.
 * @param {Boot} boot
 * @param {Pick<View, "source" | "shape">} view
 * @returns {{key: string, name: string} | null}
 */
export function shapeOf(boot, { source, shape }) {
  if (source !== "authored" || !shape) return null;
  return boot.shapes?.find(({ key }) => key === shape) ?? { key: shape, name: "" };
}

/** Returns the kind of a layer in words; "" for an ordinary one. @param {Model} model @param {number} layer */
export function kindOf({ layer_kinds: layers = {} }, layer) {
  const kind = layers[layer];
  return kind ? (alterWords.layerKinds[kind] ?? kind) : "";
}
