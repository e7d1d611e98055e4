/**
 * The initial state, before the first message.
 *
 * @import {Notice, State, View} from "../types.js"
 */

import { NOWHERE } from "../playback/timeline.js";

/** @param {{view: View, notices: Notice[]}} parsed @returns {State} */
export function initialState({ view, notices }) {
  return {
    view,
    changed: [],
    notices,
    loading: "idle",
    error: "",
    connection: "connecting",
    trace: null,
    corpus: null,
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
    around: view.token ?? view.path ?? 0,
    whole: null,
    scene: "waiting",
  };
}
