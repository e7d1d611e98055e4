/**
 * The glow of towers. Per tower: time and mass of its last hit, number of hits, and whether it is on the lit path. Per
 * layer: the time of its last pulse. Pure: arrays and their changed rows.
 *
 * @import {Timeline, Trace} from "../../types.js"
 */

import { columnsOf } from "../../trace/trace.js";
import { NO_EXPERT } from "../../trace/wire.js";

const NEVER = -1e6; // seconds: faded long ago

/**
 * @param {number} layers
 * @param {number} experts
 */
export function createGlow(layers, experts) {
  const hits = new Float32Array(4 * layers * experts); // [L, N]: time, mass, hits, on the path
  const pulses = new Float32Array(4 * layers); // [L]: time of the last arrival, largest mass of a hit
  const dirty = createSpans(layers);
  const pulsing = createSpans(1);
  const lit = new Set(); // towers on the path, as layer * N + expert
  let routed = 0;

  function reset() {
    hits.fill(0);
    for (let i = 0; i < hits.length; i += 4) hits[i] = NEVER;
    for (const tower of lit) hits[4 * tower + 3] = 1;
    for (let i = 0; i < pulses.length; i += 4) pulses.set([NEVER, 0], i);
    for (let layer = 0; layer < layers; layer++) dirty.add(layer, 0, experts - 1);
    pulsing.add(0, 0, layers - 1);
    routed = 0;
  }

  /** Lights the top-k experts of an event. */
  function fire(
    /** @type {Trace} */ trace,
    /** @type {Timeline} */ timeline,
    /** @type {number} */ token,
    /** @type {number} */ layer,
  ) {
    const moment = timeline.fires(token, layer);
    for (const { expert, mass, dropped } of chosen(trace, token, layer)) {
      if (dropped) continue; // chosen, but dropped
      const at = 4 * (layer * experts + expert);
      if (moment > hits[at]) hits.set([moment, mass], at);
      else if (moment === hits[at] || Math.fround(moment) === hits[at]) hits[at + 1] += mass;
      hits[at + 2] += 1;
      pulses[4 * layer + 1] = Math.max(pulses[4 * layer + 1], hits[at + 1]);
      dirty.add(layer, expert, expert);
    }
    pulsing.add(0, layer, layer);
    if (layer === 0) routed++;
  }

  function setPath(/** @type {Iterable<number>} */ towers) {
    const touched = [...lit];
    lit.clear();
    for (const tower of towers) lit.add(tower);
    for (const tower of [...touched, ...lit]) {
      hits[4 * tower + 3] = lit.has(tower) ? 1 : 0;
      dirty.add(Math.floor(tower / experts), tower % experts, tower % experts);
    }
  }

  function pulse(/** @type {Timeline} */ timeline, /** @type {number} */ token, /** @type {number} */ layer) {
    pulses[4 * layer] = Math.max(pulses[4 * layer], timeline.arrives(token, layer));
    pulsing.add(0, layer, layer);
  }

  reset();
  return { hits, pulses, dirty, pulsing, reset, fire, pulse, setPath, routed: () => routed };
}

/**
 * Returns the chosen experts of an event with the mass of each: its weight as a share of the largest. Empty choices are
 * omitted.
 * @param {Trace} trace
 * @param {number} token
 * @param {number} layer
 * @returns {{expert: number, mass: number, dropped: boolean}[]}
 */
export function chosen({ model, experts, weights, dropped }, token, layer) {
  const columns = columnsOf(model);
  const from = (token * model.layers + layer) * columns;
  let largest = 1e-9;
  for (let k = 0; k < columns; k++) largest = Math.max(largest, weights[from + k]);
  const found = [];
  for (let k = 0; k < columns; k++) {
    if (experts[from + k] === NO_EXPERT) continue;
    found.push({
      expert: experts[from + k],
      mass: weights[from + k] / largest,
      dropped: dropped?.[from + k] === 1,
    });
  }
  return found;
}

/** Returns the towers that a token uses, as layer * N + expert. @returns {number[]} */
export function towersOnPath(/** @type {Trace} */ trace, /** @type {number | null} */ token) {
  if (token === null || token < 0 || token >= trace.received) return [];
  return Array.from({ length: trace.model.layers }, (_, layer) =>
    chosen(trace, token, layer)
      .filter(({ dropped }) => !dropped)
      .map(({ expert }) => layer * trace.model.experts + expert),
  ).flat();
}

/** The changed part of each row of a table: first and last column; none if last < first. */
export function createSpans(/** @type {number} */ rows) {
  const first = new Int32Array(rows).fill(1e9);
  const last = new Int32Array(rows).fill(-1);
  let any = false;
  return {
    add(/** @type {number} */ row, /** @type {number} */ from, /** @type {number} */ to) {
      first[row] = Math.min(first[row], from);
      last[row] = Math.max(last[row], to);
      any = true;
    },
    /** Calls back for each changed row, and marks it unchanged. */
    drain(/** @type {(row: number, from: number, count: number) => void} */ take) {
      if (!any) return;
      for (let row = 0; row < rows; row++) {
        if (last[row] >= 0) take(row, first[row], last[row] - first[row] + 1);
        [first[row], last[row]] = [1e9, -1];
      }
      any = false;
    },
  };
}
