/**
 * The token groups that each tower served: colours of its cap and its trail. Pure: an array of shares and its changed
 * rows.
 *
 * @import {Trace} from "../../types.js"
 */

import { groupNumbers, PATTERNS } from "../../trace/token_groups.js";
import { chosen, createSpans } from "./tower_glow.js";

/** Bytes per tower: six shares and two unused, in two texels. */
const WIDE = 8;
/** Least drawn width of a share, of 255. */
const LEAST = 26;

/**
 * @param {number} layers
 * @param {number} experts
 */
export function createGroups(layers, experts) {
  const shares = new Uint8Array(WIDE * layers * experts); // [L, N, 8]
  const dirty = createSpans(layers);
  /** @type {Uint32Array | null} [L, N, PATTERNS] tokens of each group; none before a token of a group fires */
  let served = null;

  /** Writes the shares of one tower. */
  function share(/** @type {number} */ tower, /** @type {Uint32Array} */ counts) {
    const own = counts.subarray(PATTERNS * tower, PATTERNS * (tower + 1));
    const sum = own.reduce((total, count) => total + count, 0);
    own.forEach((count, group) => {
      shares[WIDE * tower + group] = count ? Math.max(LEAST, Math.round((255 * count) / sum)) : 0;
    });
  }

  return {
    shares,
    dirty,

    reset() {
      if (!served) return;
      served = null;
      shares.fill(0);
      for (let layer = 0; layer < layers; layer++) dirty.add(layer, 0, 2 * experts - 1);
    },

    /** Counts the token of an event for its experts, except dropped choices. */
    fire(/** @type {Trace} */ trace, /** @type {number} */ token, /** @type {number} */ layer) {
      const group = groupNumbers(trace.tokens)?.[token] ?? 0;
      if (!group) return;
      served ??= new Uint32Array(PATTERNS * layers * experts);
      for (const { expert, dropped } of chosen(trace, token, layer)) {
        if (dropped) continue;
        const tower = layer * experts + expert;
        served[PATTERNS * tower + group - 1] += 1;
        share(tower, served);
        dirty.add(layer, 2 * expert, 2 * expert + 1);
      }
    },
  };
}
