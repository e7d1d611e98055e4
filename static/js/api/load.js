/**
 * Loads that only the server can count: over every scenario, over a pasted text, or with what it alone knows of a prompt.
 *
 * @import {View} from "../types.js"
 * @import {CountedLoad} from "../counts/load_measures.js"
 */

import { countedThere } from "../counts/load_measures.js";
import { requestOf, requestQuery } from "../view/request.js";
import { words } from "../words/words.js";

/**
 * @typedef {object} Asked
 * @property {"prompt" | "scenarios" | "text"} over
 * @property {string} query
 * @property {string} text
 */

/** What is asked; two that are alike have the same key. @param {View} view @param {Asked["over"]} over @param {string} text */
export function askedOf(view, over, text) {
  const { continue: _, ...short } = requestOf(view);
  const request = over === "prompt" ? requestOf(view) : short;
  const query = requestQuery(request);
  if (over === "scenarios") query.delete("scenario");
  if (over !== "prompt") query.delete("prompt");
  return { over, query: String(query), text: over === "text" ? text : "" };
}

/** Rejects with the reason, in words. @param {Asked} asked @returns {Promise<CountedLoad>} */
export async function fetchLoad({ over, query, text }) {
  const answer =
    over === "text"
      ? await fetch(`api/load?${query}`, {
          method: "POST",
          body: text,
          headers: { "content-type": "text/plain" },
        })
      : await fetch(`api/load?${query}&over=${over}`);
  const body = await answer.json();
  if (!answer.ok) throw new Error(words.problem(body.errors?.[0]?.message ?? String(answer.status)));
  return countedThere(body, [over, query, text].join("\n"));
}
