/**
 * Which router a view means, what that router reads, and what fits it: as app/keys.py and app/routing have it. Pure.
 *
 * @import {Boot, RouterInfo, View} from "../types.js"
 */

import { shapeOf } from "./model_shapes.js";

/** What a request means that names no router, and no model that was trained with one. */
export const DEFAULT_ROUTER = "topk_norm";

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
/** @typedef {Pick<View, "source" | "model" | "shape" | "experts" | "k" | "router">} Asked */

/** The name of the checkpoint that a live or recorded view means. @param {Pick<View, "model" | "experts">} view */
export function checkpointOf({ model, experts }) {
  return model || `trio-${experts}`;
}

/** The router of a view that names none. @param {Boot} boot @param {Asked} view */
export function usualRouter(boot, view) {
  if (view.source === "authored") return shapeOf(boot, view)?.router ?? DEFAULT_ROUTER;
  return boot.models.find(({ name }) => name === checkpointOf(view))?.router ?? DEFAULT_ROUTER;
}

/** Null where the page knows of no routers. @param {Boot} boot @param {Asked} view @returns {RouterInfo | null} */
export function routerOf(boot, view) {
  const name = view.router || usualRouter(boot, view);
  return boot.routers?.find((router) => router.name === name) ?? null;
}

/** Whether the router of a view reads a setting. @param {Boot} boot @param {Asked} view @param {Setting} setting */
export function reads(boot, view, setting) {
  return routerOf(boot, view)?.settings.includes(setting) ?? boot.routers === undefined;
}

/**
 * What a setting is where nobody chose it: the router's own, for groups as app/routing/settings.py has it.
 * @param {Boot} boot
 * @param {Asked & {groups?: number | null}} view
 * @param {Setting} setting
 */
export function usualSetting(boot, view, setting) {
  const { experts, k } = view;
  const shape = shapeOf(boot, view);
  const own = shape && (view.router || shape.router) === shape.router ? shape.settings : {};
  const groups =
    view.groups ??
    own.groups ??
    [8, 4, 2].find((count) => experts % count === 0 && experts / count >= 2) ??
    1;
  if (setting === "groups") return groups;
  const held = own.topk_groups >= fewestGroups(experts, groups, k) && groups === own.groups;
  if (setting === "topk_groups" && held) return own.topk_groups;
  if (setting === "topk_groups") return Math.max(Math.ceil(groups / 2), fewestGroups(experts, groups, k));
  return own[setting] ?? routerOf(boot, view)?.defaults[setting] ?? 0;
}

/** Groups of equally many experts, at least two in each. @param {number} experts */
export function groupsFitting(experts) {
  return Array.from({ length: experts >> 1 }, (_, i) => i + 1).filter((groups) => experts % groups === 0);
}

/** Groups that hold k experts. @param {number} experts @param {number} groups @param {number} k */
export function fewestGroups(experts, groups, k) {
  return Math.ceil((k * groups) / experts);
}

/** The least and the most experts a token that the router of a view takes. @param {Boot} boot @param {Asked} view @returns {[number, number]} */
export function rangeOfK(boot, view) {
  const { fixed_k: fixed = null, largest_k: largest = null } = routerOf(boot, view) ?? {};
  return fixed ? [fixed, fixed] : [1, Math.min(view.experts, largest ?? view.experts)];
}

/** k where nobody chose it. @param {Boot} boot @param {Asked} view */
export function usualK(boot, view) {
  return routerOf(boot, view)?.fixed_k ?? shapeOf(boot, view)?.top_k ?? 2;
}

/**
 * What has to change of a view so that k and the settings fit its experts and its router: those that the router does not
 * read go back to its own, and so do groups that no longer divide.
 * @param {Boot} boot
 * @param {View} view
 * @param {View} [before]  where its router forced a k that nobody chose, that k goes with it
 * @returns {Partial<View>}
 */
export function fitted(boot, view, before = view) {
  const [low, high] = rangeOfK(boot, view);
  const asked =
    view.k === before.k && routerOf(boot, before)?.fixed_k && before.router !== view.router
      ? usualK(boot, view)
      : view.k;
  const k = Math.min(Math.max(asked, low), high);
  const groups = groupsFitting(view.experts).includes(view.groups ?? 0) ? view.groups : null;
  const all = usualSetting(boot, { ...view, k, groups }, "groups");
  const held =
    (view.topk_groups ?? 0) >= fewestGroups(view.experts, all, k) && (view.topk_groups ?? 0) <= all;
  const fits = { ...view, groups, topk_groups: held ? view.topk_groups : null };
  const settings = SETTINGS.filter((name) => name !== "seed").map((name) => [
    name,
    reads(boot, view, name) ? (fits[name] ?? null) : null,
  ]);
  return { k, ...Object.fromEntries(settings), ...(routerOf(boot, view)?.whole_batch && { continue: 0 }) };
}

/**
 * The settings that make a view's routing another than its router's own.
 * @param {Boot} boot
 * @param {View} view
 */
export function chosenSettings(boot, view) {
  return SETTINGS.filter(
    (name) =>
      name !== "seed" &&
      reads(boot, view, name) &&
      view[name] != null &&
      view[name] !== usualSetting(boot, view, name),
  );
}
