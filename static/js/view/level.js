/**
 * The level of detail of the page around the scene. Each level adds to the one before: Story shows what happens, Explore
 * why and what if, Data how much. An open data view implies level Data, so old links that name a panel still work. Pure.
 *
 * @import {State, View} from "../types.js"
 */

/** @typedef {"story" | "explore" | "data"} Level */

/** @type {readonly Level[]} */
export const LEVELS = ["story", "explore", "data"];

/** @param {Pick<View, "level" | "panel">} view @returns {Level | "present"} */
export function levelOf({ level, panel }) {
  if (level === "present") return "present";
  return panel === "none" ? level : "data";
}

/** Returns the view keys of another level. @param {View} view @param {Level | "present"} level @param {View["panel"]} last  the data view opened last */
export function atLevel(view, level, last) {
  const { tower } = view;
  if (level === "data") return { panel: last, level: view.level === "present" ? "story" : view.level };
  return { level, panel: /** @type {const} */ ("none"), tower: level === "explore" ? tower : null };
}

/** Returns whether a sheet other than the controls of Story is open. @param {Pick<State, "view" | "overlay">} state */
export function hasSheet({ view, overlay }) {
  return overlay !== "none" || view.tower !== null || !["story", "present"].includes(levelOf(view));
}
