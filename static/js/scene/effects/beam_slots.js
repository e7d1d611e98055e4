/**
 * Beam slots: the events with visible beams. A slot holds one event (a token at a layer) from its arrival until its beams
 * have faded. The first `fans` slots have a beam to every expert, the others only to the chosen ones, which bounds the
 * number of vertices. Pure: arrays and their changed rows.
 *
 * @import {Timeline, Trace} from "../../types.js"
 * @import {Layout} from "../layout/layout.js"
 */

import { groupNumbers } from "../../trace/token_groups.js";
import { columnsOf, hasZeroExperts } from "../../trace/trace.js";
import { NO_EXPERT } from "../../trace/wire.js";
import { createSpans } from "./tower_glow.js";

const BUDGET = 4096; // beams of either kind
// Radius of the disc of tokens in ALL AT ONCE, as a share of the free radius around the axis.
const DISC = 0.46;
/** Factor of the token's number in a row; groups are fewer. */
export const GROUPS = 256;
const GOLDEN = Math.PI * (3 - Math.sqrt(5));

/** Returns the number of slots, and how many of them have a full fan. */
export function slotCount(/** @type {number} */ experts, /** @type {number} */ topK) {
  const fans = Math.min(64, Math.max(8, Math.floor(BUDGET / experts)));
  return { fans, count: Math.max(fans, Math.min(256, Math.floor(BUDGET / topK))) };
}

/**
 * Returns the place of token i of T: on the axis, or in a sunflower disc in ALL AT ONCE.
 * @returns {[number, number]}
 */
export function placeAround(
  /** @type {Layout} */ layout,
  /** @type {boolean} */ together,
  /** @type {number} */ i,
  /** @type {number} */ tokens,
) {
  if (!together || tokens < 2) return [0, 0];
  const radius = discOf(layout, tokens) * Math.sqrt((i + 0.5) / tokens);
  return [radius * Math.sin(i * GOLDEN), radius * Math.cos(i * GOLDEN)];
}

/** Returns the radius of the disc of T tokens. */
export function discOf(/** @type {Layout} */ { inner, towerRadius }, /** @type {number} */ tokens) {
  return DISC * (inner - towerRadius) * Math.min(1, 0.3 + tokens / 40);
}

/**
 * Returns the brightness of each of T tokens that fire at once. It falls with their number, because light that adds up to
 * white hides the differences.
 */
export function brightnessOf(/** @type {number} */ tokens) {
  return Math.min(Math.max(1, tokens) ** -0.5, 2.4 * Math.max(1, tokens) ** -0.85);
}

const SPARSE = 0.6; // seconds between two tokens below which they are dimmed

/** Returns the brightness of consecutive tokens, 0 to 1: lower for shorter distances. */
export function successionBrightness(
  /** @type {Pick<Timeline, "mode" | "tokens" | "arrives">} */ { mode, tokens, arrives },
) {
  if (mode !== "sequence" || tokens < 2) return 1;
  return Math.min(1, ((arrives(1, 0) - arrives(0, 0)) / SPARSE) ** 0.7);
}

/** Returns the seconds that beams stay after an event fired. */
export function beamSeconds(/** @type {Timeline} */ { beat }) {
  return Math.min(2.2, Math.max(0.9, 2.2 * beat));
}

/**
 * @param {Layout} layout
 * @param {number} topK
 */
export function createSlots(layout, topK) {
  const { fans, count } = slotCount(layout.experts, topK);
  const width = Math.ceil(layout.experts / 4);
  const row = 4 * (2 + topK);
  /**
   * [S, 2 + K]: x, z, brightness, largest score; layer, arrival, firing, end; then id, weight, kind of each
   * choice, and the token: its group + GROUPS * its number
   */
  const table = new Float32Array(row * count);
  const scores = new Uint8Array(4 * width * fans); // [S, N]
  const dirty = createSpans(count);
  let top = 0; // slots from this index on are free

  function write(
    /** @type {number} */ slot,
    /** @type {Trace} */ trace,
    /** @type {Timeline} */ timeline,
    /** @type {number} */ token,
    /** @type {number} */ layer,
  ) {
    const together = timeline.mode === "all";
    const [x, z] = placeAround(layout, together, token, timeline.tokens);
    const bright = together ? brightnessOf(timeline.tokens) : 1;
    const fired = timeline.fires(token, layer);
    const largest = slot < fans ? copyScores(scores.subarray(4 * width * slot), trace, token, layer) : 1;
    table.set(
      [x, z, bright, largest, layer, timeline.arrives(token, layer), fired, fired + beamSeconds(timeline)],
      row * slot,
    );
    copyChoices(table.subarray(row * slot + 8), trace, token, layer);
    dirty.add(slot, 0, 0);
  }

  return {
    fans,
    count,
    width,
    table,
    scores,
    dirty,
    used: () => top,

    reset() {
      table.fill(0);
      top = 0;
      for (let slot = 0; slot < count; slot++) dirty.add(slot, 0, 0);
    },

    /** Assigns a slot to an event, if one is free and its beams are still visible. */
    arrive(
      /** @type {Trace} */ trace,
      /** @type {Timeline} */ timeline,
      /** @type {number} */ time,
      /** @type {number} */ token,
      /** @type {number} */ layer,
    ) {
      if (timeline.fires(token, layer) + beamSeconds(timeline) < time) return;
      let slot = 0;
      while (slot < top && table[row * slot + 7] >= time) slot++;
      if (slot === count) return;
      top = Math.max(top, slot + 1);
      write(slot, trace, timeline, token, layer);
    },

    /** Frees the last slots if their beams have faded. */
    expire(/** @type {number} */ time) {
      while (top && table[row * (top - 1) + 7] < time) top--;
    },
  };
}

/** Copies the gate scores of an event. @returns {number} the largest, 0 to 1 on the scale of the bytes */
function copyScores(
  /** @type {Uint8Array} */ row,
  /** @type {Trace} */ { model, scores },
  /** @type {number} */ token,
  /** @type {number} */ layer,
) {
  const from = (token * model.layers + layer) * model.experts;
  let largest = 1;
  for (let i = 0; i < model.experts; i++) {
    row[i] = scores[from + i];
    largest = Math.max(largest, row[i]);
  }
  return largest / 255;
}

/** Kinds of a choice: 0 empty, 1 taken, 2 dropped, 3 a zero expert: its beam ends in an empty place. */
function copyChoices(
  /** @type {Float32Array} */ row,
  /** @type {Trace} */ { model, tokens, experts, weights, dropped },
  /** @type {number} */ token,
  /** @type {number} */ layer,
) {
  const columns = columnsOf(model);
  const whose = (groupNumbers(tokens)?.[token] ?? 0) + GROUPS * token;
  const from = (token * model.layers + layer) * columns;
  const empty = hasZeroExperts(model) ? 3 : 0;
  let largest = 1e-9;
  for (let k = 0; k < columns; k++) largest = Math.max(largest, weights[from + k]);
  for (let k = 0; k < columns; k++) {
    const id = experts[from + k];
    const kind = id === NO_EXPERT ? empty : dropped?.[from + k] === 1 ? 2 : 1;
    row.set([id, weights[from + k] / largest, kind, whose], 4 * k);
  }
}
