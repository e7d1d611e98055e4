/**
 * How many tokens a text has for the model of a view, and how many a prompt may have: only the server has the tokenizer.
 *
 * @import {View} from "../types.js"
 */

import { requestOf, requestQuery } from "../view/request.js";

/** @typedef {{tokens: number, most: number}} Length */

/** Returns null where the server cannot say. @param {View} view @param {string} text @returns {Promise<Length | null>} */
export async function fetchLength(view, text) {
  const { continue: _, prompt: __, ...request } = requestOf({ ...view, source: "live" });
  try {
    const query = requestQuery({ ...request, source: "live" });
    const answer = await fetch(`api/tokens?${query}`, {
      method: "POST",
      body: text,
      headers: { "content-type": "text/plain" },
    });
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
}
