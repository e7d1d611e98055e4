/**
 * Steps by one layer or one token along the path of the current token. Pure.
 *
 * @typedef {{token: number, layer: number}} Event
 *
 * @import {Schedule} from "./timeline.js"
 */

import { layerStep, timeOf } from "./timeline.js";

/** Seconds after an event at which it is shown: its towers are lit by then. */
const LINGER = 0.18;

/**
 * Returns the time at which an event is visible: after it fired, before the next one.
 * @param {Schedule} timeline
 * @param {Event} event
 */
export function momentOf(timeline, event) {
  const fired = timeOf(timeline, event);
  if (event.token < 0) return 0;
  return fired + Math.min(LINGER, (layerStep(timeline, fired, 1) - fired) / 2);
}

/**
 * Returns the same token one layer up or down. After the last layer: the next token, at the first layer that it has not
 * passed yet, so time never goes back. Null before the first event.
 * @param {Schedule} timeline
 * @param {Event} at
 * @param {1 | -1} direction
 * @returns {Event | null}
 */
export function layerBeside(timeline, at, direction) {
  if (at.token < 0) return direction > 0 ? clamp(timeline, { token: 0, layer: 0 }) : null;
  const layer = at.layer + direction;
  if (layer >= 0 && layer < timeline.layers) return { token: at.token, layer };
  if (timeline.mode === "all") return direction > 0 ? at : null;
  const token = at.token + direction;
  if (token < 0) return null;
  if (token >= timeline.tokens) return at;
  return {
    token,
    layer: direction > 0 ? firstLayerAfter(timeline, token, at) : lastLayerBefore(timeline, token, at),
  };
}

/** @param {Schedule} timeline @param {number} token @param {Event} at */
function firstLayerAfter(timeline, token, at) {
  const now = timeOf(timeline, at);
  let layer = 0;
  while (layer < timeline.layers - 1 && timeline.fires(token, layer) <= now) layer++;
  return layer;
}

/** @param {Schedule} timeline @param {number} token @param {Event} at */
function lastLayerBefore(timeline, token, at) {
  const now = timeOf(timeline, at);
  let layer = timeline.layers - 1;
  while (layer > 0 && timeline.fires(token, layer) >= now) layer--;
  return layer;
}

/**
 * Returns the next or the previous token at the same layer. Null before the first. In ALL AT ONCE a step is one layer.
 * @param {Schedule} timeline
 * @param {Event} at
 * @param {1 | -1} direction
 * @returns {Event | null}
 */
export function tokenBeside(timeline, at, direction) {
  if (timeline.mode === "all" || at.token < 0) return layerBeside(timeline, at, direction);
  const token = at.token + direction;
  return token < 0 ? null : clamp(timeline, { token, layer: at.layer });
}

/**
 * Returns the nearest event of a timeline. In ALL AT ONCE the token is the last of the batch.
 * @param {Schedule} timeline
 * @param {Event} event
 * @returns {Event}
 */
export function clamp(timeline, { token, layer }) {
  const last = timeline.tokens - 1;
  return {
    token: timeline.mode === "all" ? last : Math.max(0, Math.min(token, last)),
    layer: Math.max(0, Math.min(layer, timeline.layers - 1)),
  };
}
