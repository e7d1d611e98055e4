/**
 * Tours and questions: that of a view, the keys that its link omits, and the pieces of its captions. Pure.
 *
 * @import {Boot, QuestionInfo, TourInfo} from "../boot_types.js"
 * @import {View} from "../types.js"
 */

import { words } from "../words/words.js";

/** A piece of a caption: text, and the glossary term that it mentions. @typedef {{text: string, term?: string}} Piece */

/** @param {Boot} boot @param {Pick<View, "tour">} view @returns {TourInfo | null} */
export function tourOf({ tours = [] }, view) {
  return tours.find(({ name }) => name === view.tour) ?? null;
}

/** @param {Boot} boot @param {Pick<View, "quiz">} view @returns {QuestionInfo | null} */
export function questionOf({ questions = [] }, view) {
  return view.quiz === null ? null : (questions[view.quiz] ?? null);
}

/** A key that names an unknown tour, step or question. @typedef {{name: "tour" | "at" | "quiz", usual: any, expected: string, found: string}} Unknown */

/** @param {Boot} boot @param {Pick<View, "tour" | "at" | "quiz">} view @returns {Unknown[]} */
export function unknownLessons(boot, view) {
  const { tours = [], questions = [] } = boot;
  const steps = tourOf(boot, view)?.steps.length ?? 0;
  /** @type {Unknown[]} */
  const found = [];
  if (view.tour && !steps)
    found.push({
      name: "tour",
      usual: "",
      expected: words.oneOf(tours.map(({ name }) => name)),
      found: view.tour,
    });
  if (view.at >= Math.max(1, steps))
    found.push({
      name: "at",
      usual: 0,
      expected: words.range(1, Math.max(1, steps)),
      found: String(view.at + 1),
    });
  if (view.quiz !== null && !questionOf(boot, view))
    found.push({
      name: "quiz",
      usual: null,
      expected: words.range(1, questions.length),
      found: String(view.quiz + 1),
    });
  return found;
}

/**
 * Completes the query string of a short link to a step with the keys of that step. An address written by the page
 * contains a version and is complete.
 * @param {Boot} boot
 * @param {string} search
 */
export function withLesson(boot, search) {
  const asked = new URLSearchParams(search);
  if (asked.has("v")) return search;
  const tour = tourOf(boot, { tour: asked.get("tour") ?? "" });
  const question = questionOf(boot, { quiz: asked.has("quiz") ? Number(asked.get("quiz")) - 1 : null });
  const step = tour?.steps[Number(asked.get("at") ?? 1) - 1] ?? tour?.steps[0];
  const own = step?.view ?? question?.view;
  if (own === undefined) return search;
  const query = new URLSearchParams(own);
  for (const [key, value] of asked) query.set(key, value);
  return `?${query}`;
}

/** Returns a caption with its terms marked, `{load}` or `{dropped tokens|dropped}`, in pieces. @param {string} caption @returns {Piece[]} */
export function piecesOf(caption) {
  return caption
    .split(/(\{[^{}]*\})/)
    .filter(Boolean)
    .map((part) => {
      if (!part.startsWith("{")) return { text: part };
      const [text, term = text] = part.slice(1, -1).split("|");
      return { text, term: term.replaceAll(" ", "_") };
    });
}
