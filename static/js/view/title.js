/**
 * The title of a view, and the sentence below it. Pure.
 *
 * @import {Boot} from "../boot_types.js"
 * @import {State} from "../types.js"
 */

import { words } from "../words/words.js";
import { isOtherRouter, shapeOf } from "./model.js";

/** The router for which scenarios are written. Their sentences describe it. */
const WRITTEN_FOR = "topk_norm";

/** @param {Boot} boot @param {State["view"]} view */
export function titleOf(boot, view) {
  const scenario = boot.scenarios.find(({ name }) => name === view.scenario);
  if (view.source === "recorded") return { title: words.trainingOf(view.model), teaches: "" };
  const own = view.source === "live" && view.prompt !== "";
  if (own || !scenario) return { title: words.ownPrompt, teaches: "" };
  const shape = shapeOf(boot, view);
  return {
    title: shape ? `${shape.name || words.models.ownConfig} · ${scenario.title}` : scenario.title,
    teaches: scenario.teaches,
  };
}

/**
 * Returns the sentence below the title. For an authored view: the sentence of its scenario. For other views: the origin
 * of the routing, once it is known.
 * @param {Boot} boot
 * @param {Pick<State, "view" | "trace">} state
 */
export function leadOf(boot, { view, trace }) {
  if (view.source === "authored") return authoredLead(boot, view);
  if (trace?.origin.badge !== view.source.toUpperCase()) return "";
  const note = words.originNote(trace.origin, trace.model);
  return view.source === "live" ? `${note} ${words.trainedLooks}` : note;
}

/** Returns the sentence of an authored view. For a router other than the one the scenario was written for, it describes that router. @param {Boot} boot @param {State["view"]} view */
export function authoredLead(boot, view) {
  const other = isOtherRouter(view) || shapeOf(boot, view) !== null;
  const does = (other && view.router !== WRITTEN_FOR && words.routing.does[view.router ?? ""]) || "";
  const skewed = view.skew ? words.routing.skewed(view.skew) : "";
  return [does, skewed].filter(Boolean).join(" ") || titleOf(boot, view).teaches;
}
