/**
 * What the page knows before the first message.
 *
 * @import {Notice, State, View} from "../types.js"
 */

import { NOWHERE } from "../playback/timeline.js";
import { words } from "../words/words.js";

/** @param {{view: View, notices: Notice[]}} parsed @returns {State} */
export function initialState({ view, notices }) {
  return {
    view,
    notices: [...notices, ...adviceOn(view)],
    loading: "idle",
    error: "",
    connection: "connecting",
    trace: null,
    timeline: null,
    playing: false,
    shot: null,
    opening: false,
    time: 0,
    at: NOWHERE,
    hits: 0,
    hover: null,
    film: null,
    overlay: "none",
    span: "so-far",
    still: false,
    theme: view.theme,
    writing: "",
    scene: "waiting",
  };
}

/** Keys that are right alone and not together. @param {View} view @returns {Notice[]} */
function adviceOn({ source, prompt }) {
  return source === "authored" && prompt ? [{ field: "prompt", message: words.promptNeedsLive }] : [];
}
