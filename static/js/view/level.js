/**
 * How much of the page stands around the scene. Each level adds to the one before: Story what happens, Explore why and what
 * if, Data how much. An open data view is level Data, so old links that name a panel open it. Pure.
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

/** What a view looks like at another level. @param {View} view @param {Level | "present"} level @param {View["panel"]} last  the data view that was open before */
export function atLevel(view, level, last) {
  const { tower } = view;
  if (level === "data") return { panel: last, level: view.level === "present" ? "story" : view.level };
  return { level, panel: /** @type {const} */ ("none"), tower: level === "explore" ? tower : null };
}

/** Whether something besides Story's own controls stands open. @param {Pick<State, "view" | "overlay">} state */
export function hasSheet({ view, overlay }) {
  return overlay !== "none" || view.tower !== null || !["story", "present"].includes(levelOf(view));
}
