/**
 * The views of tours and questions: each step or question is a view, like a link. Pure.
 *
 * @import {Boot, TourInfo} from "../boot_types.js"
 * @import {View} from "../types.js"
 */

import { questionOf, tourOf } from "./lessons.js";
import { parseView } from "./url.js";

/** View keys that a user sets for all views; they persist from step to step. */
export const PERSISTENT = /** @type {const} */ (["theme", "palette", "lang", "speed"]);

/**
 * Returns the view of a query string, with the persistent keys of the one before.
 * @param {Boot} boot
 * @param {View} view
 * @param {string} query
 * @param {Partial<View>} lesson
 * @returns {View}
 */
export function viewOf(boot, view, query, lesson) {
  const kept = Object.fromEntries(PERSISTENT.map((key) => [key, view[key]]));
  return { ...parseView(query, boot).view, ...kept, tour: "", at: 0, quiz: null, ...lesson };
}

/** Returns the view of a step of a tour, counted from 0. @param {Boot} boot @param {View} view @param {TourInfo} tour @param {number} at @returns {View} */
export function viewOfStep(boot, view, tour, at) {
  return viewOf(boot, view, tour.steps[at].view, { tour: tour.name, at });
}

/** Returns the view of a question, counted from 0, or of its answer. @param {Boot} boot @param {View} view @param {number} quiz @param {"view" | "shows"} which */
export function viewOfQuestion(boot, view, quiz, which = "view") {
  return viewOf(boot, view, boot.questions?.[quiz]?.[which] ?? "", { quiz });
}

/**
 * Returns the view of the step or the question that a host page names; null where its keys name none.
 * @param {Boot} boot
 * @param {View} view
 * @param {import("../embed/view_patch.js").Keys} keys  as in the URL: steps and questions from 1
 */
export function viewOfLesson(boot, view, keys) {
  if (keys.tour != null || keys.at != null) {
    const tour = tourOf(boot, { tour: String(keys.tour ?? view.tour) });
    const at = Number(keys.at ?? 1) - 1;
    return tour?.steps[at] ? viewOfStep(boot, view, tour, at) : null;
  }
  const quiz = keys.quiz == null ? null : Number(keys.quiz) - 1;
  return quiz !== null && questionOf(boot, { quiz }) ? viewOfQuestion(boot, view, quiz) : null;
}
