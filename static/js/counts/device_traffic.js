/**
 * Placement of experts on devices, and the traffic of one inference step between them, as in app/metrics/placement.py.
 * Pure.
 *
 * @import {Trace} from "../types.js"
 */

import { columnsOf } from "../trace/trace.js";
import { NO_EXPERT } from "../trace/wire.js";

/** Bytes per number, to the expert and back. */
const BYTES = 2 + 2;

/** @type {Map<string, Int16Array>} the scene tells by its identity that a placement is the same */
const placed = new Map();

/** Returns the device of each expert, in contiguous blocks; null without devices. @param {number} experts @param {number} devices @returns {Int16Array | null} */
export function placeExperts(experts, devices) {
  const count = Math.min(devices, experts);
  if (count < 1) return null;
  const key = `${experts}/${count}`;
  const place =
    placed.get(key) ??
    Int16Array.from({ length: experts }, (_, expert) => Math.floor((expert * count) / experts));
  placed.set(key, place);
  return place;
}

/**
 * Returns the traffic of one step over all routed tokens.
 * @param {Trace} trace
 * @param {Int16Array} place
 * @returns {{sent: Uint32Array[], tokens: number, copies: number, reach: number, most: number}}  sent: of each layer, tokens
 *   that go to each device; reach: devices of a token in a layer, on average
 */
export function trafficOf(trace, place) {
  const { layers } = trace.model;
  const columns = columnsOf(trace.model);
  const devices = place[place.length - 1] + 1;
  const sent = Array.from({ length: layers }, () => new Uint32Array(devices));
  const seen = new Int32Array(devices).fill(-1);
  let copies = 0;
  let most = 0;
  for (let event = 0; event < trace.received * layers; event++) {
    let reached = 0;
    for (let at = event * columns; at < (event + 1) * columns; at++) {
      if (trace.experts[at] === NO_EXPERT || trace.dropped[at]) continue;
      const device = place[trace.experts[at]];
      if (seen[device] === event) continue;
      seen[device] = event;
      sent[event % layers][device] += 1;
      reached += 1;
    }
    copies += reached;
    most = Math.max(most, reached);
  }
  return { sent, tokens: trace.received, copies, reach: copies / Math.max(1, trace.received * layers), most };
}

/** Returns the bytes of both all-to-all exchanges of a step. @param {number} copies @param {number} width  of the residual stream */
export function allToAllBytes(copies, width) {
  return copies * width * BYTES;
}
