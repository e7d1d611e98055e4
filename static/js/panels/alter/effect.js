/**
 * The effect of an alteration in sentences: changed choices, experts that gained the tokens of another, loss on the
 * prompt.
 *
 * @import {Answer} from "../../api/next_tokens.js"
 */

import { gainsOf, gainersOf } from "../../api/next_tokens.js";
import { alterWords } from "../../words/words.js";

/** Experts that a sentence names. */
const MOST_NAMED = 8;

/** Returns sentences on the total effect. @param {Answer} answer */
export function effectInWords({ unaltered, mean_loss: loss }) {
  if (!unaltered) return loss === null ? [] : [alterWords.plainLoss(loss)];
  const { moved, mean_loss: before } = unaltered;
  const tokens = new Set(moved.map(([token]) => token)).size;
  return [
    alterWords.moved(moved.length, tokens),
    ...(before === null || loss === null ? [] : [alterWords.loss(before, loss)]),
  ];
}

/** Returns the experts that gained the tokens of a tower, or the number that it gained. @param {Answer} answer @param {{layer: number, expert: number}} tower */
export function towerInWords({ unaltered }, tower) {
  if (!unaltered) return "";
  const takers = gainersOf(unaltered.moved, tower);
  if (takers.length) return alterWords.takers(takers.slice(0, MOST_NAMED));
  const own = gainsOf(unaltered.moved).find(
    ({ layer, expert }) => layer === tower.layer && expert === tower.expert,
  );
  return own?.taken ? alterWords.taken(own.taken) : "";
}
