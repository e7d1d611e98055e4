/**
 * Marks of towers: time of the last dropped token, device, and selection bias. Pure: an array and its changed rows.
 *
 * @import {Timeline, Trace} from "../../types.js"
 */

import { columnsOf } from "../../trace/trace.js";
import { NO_EXPERT } from "../../trace/wire.js";
import { createSpans } from "./tower_glow.js";

const NEVER = -1e6; // seconds

/**
 * @param {number} layers
 * @param {number} experts
 */
export function createMarks(layers, experts) {
  /** [L, N]: time of the last drop, number of drops, device + 1, bias as a share of the largest */
  const marks = new Float32Array(4 * layers * experts);
  const dirty = createSpans(layers);
  /** @type {ArrayLike<number> | null} */ let devices = null;
  /** @type {number[][] | null} */ let bias = null;
  let refusals = 0;

  /** Writes one column of all towers. */
  function fill(
    /** @type {number} */ column,
    /** @type {(layer: number, expert: number) => number} */ value,
  ) {
    for (let layer = 0; layer < layers; layer++) {
      for (let expert = 0; expert < experts; expert++)
        marks[4 * (layer * experts + expert) + column] = value(layer, expert);
      dirty.add(layer, 0, experts - 1);
    }
  }
  for (let i = 0; i < marks.length; i += 4) marks[i] = NEVER;
  for (let layer = 0; layer < layers; layer++) dirty.add(layer, 0, experts - 1);

  return {
    marks,
    dirty,

    reset() {
      if (!refusals) return;
      fill(0, () => NEVER);
      fill(1, () => 0);
      refusals = 0;
    },

    /** Marks the dropped choices of an event. */
    fire(
      /** @type {Trace} */ trace,
      /** @type {Timeline} */ timeline,
      /** @type {number} */ token,
      /** @type {number} */ layer,
    ) {
      if (!trace.dropped) return;
      const columns = columnsOf(trace.model);
      const from = (token * layers + layer) * columns;
      for (let choice = from; choice < from + columns; choice++) {
        if (!trace.dropped[choice] || trace.experts[choice] === NO_EXPERT) continue;
        const at = 4 * (layer * experts + trace.experts[choice]);
        marks[at] = Math.max(marks[at], timeline.fires(token, layer));
        marks[at + 1] += 1;
        dirty.add(layer, trace.experts[choice], trace.experts[choice]);
        refusals++;
      }
    },

    /** @param {ArrayLike<number> | null} next  [N] device of each expert of a layer */
    setDevices(next) {
      if (next === devices) return;
      devices = next;
      fill(2, (_, expert) => (next ? next[expert] + 1 : 0));
    },

    /** @param {number[][] | null} next  [L][N] */
    setBias(next) {
      if (next === bias) return;
      bias = next;
      const largest = next
        ? next.reduce((most, row) => row.reduce((each, value) => Math.max(each, Math.abs(value)), most), 1e-9)
        : 1;
      fill(3, (layer, expert) => (next ? next[layer][expert] / largest : 0));
    },
  };
}
