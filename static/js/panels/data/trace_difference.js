/**
 * The differences of two traces of the same tokens: figures, and flips on the strip and in the scene.
 *
 * @import {State} from "../../types.js"
 * @import {Held} from "../../api/captures.js"
 * @import {Actions} from "../../state/actions.js"
 */

import { captures, pack } from "../../api/captures.js";
import { placeOf } from "../../trace/window.js";
import { requestOf, requestQuery } from "../../view/request.js";
import { captureWords } from "../../words/words.js";
import { formatShare } from "../../words/format.js";
import { h } from "../parts/element.js";

/**
 * @typedef {object} LayerDifference
 * @property {number} layer
 * @property {number} flipped_tokens
 * @property {number} jaccard
 * @property {number | null} first_flip
 * @property {number | null} js
 *
 * @typedef {object} Difference   of app/formats/comparison.py
 * @property {number} tokens
 * @property {number} flips
 * @property {number | null} flipped_tokens
 * @property {number | null} flipped_choices
 * @property {number | null} parted_at
 * @property {{token: number, layer: number} | null} first_flip
 * @property {LayerDifference[]} by_layer
 * @property {[number, number, number][]} cells   token, index of its layer, an expert that only the first chooses
 */

/** @param {State} state @param {State | null} other  of the second stack @returns {Promise<Difference>} */
export async function fetchDifference({ view }, other) {
  const [first, second] = [captures.held(), captures.second()];
  const answer = await (first || second ? comparedWithFiles(view, other, first, second) : compared(view));
  const body = await answer.json();
  if (!answer.ok) throw new Error(body.errors?.[0]?.message ?? String(answer.status));
  return body;
}

/** Compares two traces of the server. @param {State["view"]} view */
function compared(view) {
  const query = requestQuery(requestOf(view));
  for (const [key, value] of Object.entries(view.b ?? {})) query.set(`b.${key}`, String(value));
  return fetch(`api/trace-compare?${query}`);
}

/** Compares one or two dropped files. @param {State["view"]} view @param {State | null} other @param {Held | null} first @param {Held | null} second */
function comparedWithFiles(view, other, first, second) {
  const file = (/** @type {Held | null} */ held, /** @type {string} */ side) =>
    held && new File([held.file], `${side}.safetensors`);
  const files = [file(first, "a"), file(second, "b")].filter((each) => each !== null);
  const sides = [first ? null : requestOf(view), second ? null : other && requestOf(other.view)];
  return fetch("api/capture-compare", { method: "POST", body: pack(files, { sides }) });
}

/** @param {Difference} found @param {Actions} actions @param {State} state */
export function createDifference(found, actions, { trace }) {
  const lines = [
    found.flips
      ? captureWords.flipShare(found.flipped_tokens ?? 0, found.flipped_choices ?? 0)
      : captureWords.none,
    found.first_flip && captureWords.first(found.cells[0][0] + 1, found.cells[0][1] + 1),
    found.parted_at !== null && captureWords.parted(found.parted_at + 1),
    marginsOf(found),
  ];
  return h(
    "section",
    { class: "difference" },
    h("h3", {}, captureWords.difference),
    ...lines.map((line) => line && h("p", {}, line)),
    table(found),
    flipsOf(found, actions, trace),
  );
}

/** @param {any} found */
function marginsOf(found) {
  const share = found["margins_below_0.01"];
  return share !== null && share !== undefined && captureWords.margins(share);
}

/** @param {Difference} found */
function table({ by_layer: layers }) {
  const head = h("tr", {}, ...captureWords.byLayer.map((name) => h("th", {}, name)));
  const rows = layers.map(({ flipped_tokens: share, jaccard, first_flip: first, js }, at) =>
    h(
      "tr",
      {},
      ...[
        at + 1,
        formatShare(share),
        jaccard.toFixed(3),
        first === null ? "–" : first + 1,
        js?.toFixed(4) ?? "–",
      ].map((cell) => h("td", {}, String(cell))),
    ),
  );
  return h("table", { class: "difference-table" }, head, ...rows);
}

/** @param {State["trace"]} trace @param {number} token  of the whole */
function textAt(trace, token) {
  const place = trace && placeOf(trace, token);
  return place === null ? "" : (trace?.tokens[place].text.trim() ?? "");
}

const MOST_BUTTONS = 60;

/** Returns a button per flip, which seeks to it and lights the path of the token. @param {Difference} found @param {Actions} actions @param {State["trace"]} trace */
function flipsOf({ cells }, actions, trace) {
  const go = (/** @type {number} */ token, /** @type {number} */ layer, /** @type {number} */ expert) => {
    const path = trace && placeOf(trace, token);
    actions.setView({ path, tower: expert < 0 ? null : { layer, expert } });
    actions.visit({ token, layer });
  };
  const buttons = cells
    .slice(0, MOST_BUTTONS)
    .map(([token, layer, expert]) =>
      h(
        "button",
        { type: "button", class: "flip", onclick: () => go(token, layer, expert) },
        `${textAt(trace, token)} ${token + 1}/${layer + 1}`,
      ),
    );
  return h("div", { class: "flips" }, ...buttons);
}
