/**
 * @import {Model} from "../types.js"
 */

/**
 * How many columns of choices a trace has: K, or as many as the luckiest token needs where a router lets the number vary.
 * @param {Pick<Model, "top_k" | "choices">} model
 */
export function columnsOf({ top_k: topK, choices = topK }) {
  return choices;
}
