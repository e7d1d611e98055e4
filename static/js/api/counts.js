/**
 * Counts that only the server can compute: loads over scenarios or a pasted text, tokens of a text, and counts over a
 * long trace of which the page holds a part.
 *
 * @import {View} from "../types.js"
 * @import {CountedLoad} from "../counts/load_measures.js"
 */

import { countedInCorpus, countedOnServer } from "../counts/load_measures.js";
import { requestOf, requestQuery } from "../view/request.js";
import { words } from "../words/words.js";
import { askAtlas } from "./atlas.js";

/**
 * @typedef {object} LoadRequest
 * @property {"prompt" | "scenarios" | "text" | "corpus"} over
 * @property {string} query   of a corpus: the name of its atlas
 * @property {string} text
 */

/** Returns the request for a load. Equal requests have equal fields. @param {View} view @param {LoadRequest["over"]} over @param {string} text */
export function loadRequest(view, over, text) {
  const { continue: _, ...short } = requestOf(view);
  const request = over === "prompt" ? requestOf(view) : short;
  const query = requestQuery(request);
  if (over === "scenarios") query.delete("scenario");
  if (over !== "prompt") query.delete("prompt");
  return { over, query: String(query), text: over === "text" ? text : "" };
}

/** @param {string} url @param {string} text */
const postText = (url, text) =>
  fetch(url, { method: "POST", body: text, headers: { "content-type": "text/plain" } });

/** Returns a load. Rejects with the reason in words. @param {LoadRequest} asked @returns {Promise<CountedLoad>} */
export async function fetchLoad({ over, query, text }) {
  if (over === "corpus") return countedInCorpus(await askAtlas(query, "load"), query);
  const answer =
    over === "text"
      ? await postText(`api/load?${query}`, text)
      : await fetch(`api/load?${query}&over=${over}`);
  const body = await answer.json();
  if (!answer.ok) throw new Error(words.problem(body.errors?.[0]?.message ?? String(answer.status)));
  return countedOnServer(body, [over, query, text].join("\n"));
}

/** @typedef {{tokens: number, most: number}} Length */

/** Returns the number of tokens of a text, or null if the server cannot count them. @param {View} view @param {string} text @returns {Promise<Length | null>} */
export async function fetchLength(view, text) {
  const { continue: _, prompt: __, ...request } = requestOf({ ...view, source: "live" });
  try {
    const query = requestQuery({ ...request, source: "live" });
    const answer = await postText(`api/tokens?${query}`, text);
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
}

/**
 * @typedef {object} WholeCounts
 * @property {string} trace
 * @property {number} layers
 * @property {number} experts
 * @property {number} tokens
 * @property {Uint32Array} counts   [L * N], how often each expert was chosen
 * @property {Uint32Array} first    [L * N], how often it was the first choice
 * @property {Uint32Array} totals   [L]
 * @property {number} unique        pairs (layer, expert) that were chosen
 */

/** @typedef {{tokens: number, assigned: number[][], first: number[][]}} WholeAnswer   [layers][experts] */

/** @param {string} trace  a file in the folder of traces @returns {Promise<WholeCounts>} */
export async function fetchWholeCounts(trace) {
  const answer = await fetch(`api/long-trace?${new URLSearchParams({ trace })}`);
  if (!answer.ok) throw new Error(String(answer.status));
  return wholeCountsOf(trace, await answer.json());
}

/** @param {string} trace @param {WholeAnswer} answer @returns {WholeCounts} */
export function wholeCountsOf(trace, { tokens, assigned, first }) {
  const counts = Uint32Array.from(assigned.flat());
  return {
    trace,
    layers: assigned.length,
    experts: assigned[0].length,
    tokens,
    counts,
    first: Uint32Array.from(first.flat()),
    totals: Uint32Array.from(assigned, sumOf),
    unique: counts.reduce((sum, count) => sum + (count ? 1 : 0), 0),
  };
}

/** @param {number[]} row */
const sumOf = (row) => row.reduce((sum, value) => sum + value, 0);
