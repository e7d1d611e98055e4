/**
 * @import {State} from "../types.js"
 */

/**
 * The layer that TOP looks at: in SEQUENCE, where tokens are in many layers at once, the one that was chosen; else the
 * one where playback stands.
 * @param {Pick<State, "view" | "at" | "trace">} state
 */
export function floorOf({ view, at, trace }) {
  const last = (trace?.model.layers ?? 1) - 1;
  const layer = view.mode === "sequence" ? (view.floor ?? 0) : at.layer;
  return Math.max(0, Math.min(layer, last));
}
