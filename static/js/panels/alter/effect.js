/**
 * What an alteration did, in sentences: how many choices moved, who took a tower's tokens, what the loss on the prompt became.
 *
 * @import {Answer} from "../../api/next_tokens.js"
 */

import { gainsOf, takersOf } from "../../api/next_tokens.js";
import { alterWords } from "../../words/words.js";

/** Experts that a sentence names. */
const MOST_NAMED = 8;

/** Sentences on the whole of it. @param {Answer} answer */
export function sayEffect({ unaltered, mean_loss: loss }) {
  if (!unaltered) return loss === null ? [] : [alterWords.plainLoss(loss)];
  const { moved, mean_loss: before } = unaltered;
  const tokens = new Set(moved.map(([token]) => token)).size;
  return [
    alterWords.moved(moved.length, tokens),
    ...(before === null || loss === null ? [] : [alterWords.loss(before, loss)]),
  ];
}

/** Who took the tokens of a tower, or how many it took. @param {Answer} answer @param {{layer: number, expert: number}} tower */
export function sayTower({ unaltered }, tower) {
  if (!unaltered) return "";
  const takers = takersOf(unaltered.moved, tower);
  if (takers.length) return alterWords.takers(takers.slice(0, MOST_NAMED));
  const own = gainsOf(unaltered.moved).find(
    ({ layer, expert }) => layer === tower.layer && expert === tower.expert,
  );
  return own?.taken ? alterWords.taken(own.taken) : "";
}
