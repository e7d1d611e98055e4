/**
 * Walks through tours and questions. Every step is a view that is gone to as if its link had been opened.
 *
 * @import {Boot, State, TourInfo, View} from "../types.js"
 * @import {Player} from "../playback/player.js"
 * @import {Store} from "./store.js"
 */

import { asksTheSame } from "../browser/address_bar.js";
import { questionOf, tourOf } from "../view/lessons.js";
import { parseView } from "../view/url.js";

/** What a reader has chosen for all views stays from step to step. */
const KEPT = /** @type {const} */ (["theme", "palette", "lang", "speed"]);

/**
 * The view of a query string, with what stays of the one before.
 * @param {Boot} boot
 * @param {View} view
 * @param {string} query
 * @param {Partial<View>} lesson
 * @returns {View}
 */
function viewOf(boot, view, query, lesson) {
  const kept = Object.fromEntries(KEPT.map((key) => [key, view[key]]));
  return { ...parseView(query, boot).view, ...kept, tour: "", at: 0, quiz: null, ...lesson };
}

/** A step of a tour, from 0. @param {Boot} boot @param {View} view @param {TourInfo} tour @param {number} at @returns {View} */
export function viewOfStep(boot, view, tour, at) {
  return viewOf(boot, view, tour.steps[at].view, { tour: tour.name, at });
}

/** A question, from 0, or what answers it. @param {Boot} boot @param {View} view @param {number} quiz @param {"view" | "shows"} which */
export function viewOfQuestion(boot, view, quiz, which = "view") {
  return viewOf(boot, view, boot.questions?.[quiz]?.[which] ?? "", { quiz });
}

/**
 * The view of the step or the question that a host page names; null where its keys name none.
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

/**
 * @typedef {object} Guide
 * @property {(view: View, notices?: State["notices"]) => void} goTo   a whole view, as a link would open it
 * @property {(tour: string, at?: number) => void} open    a step of a tour, from 0
 * @property {(question: number) => void} ask              a question, from 0
 * @property {(question: number) => void} show             the view that answers it
 * @property {(way: 1 | -1) => void} step                  to the next step or question, or the one before
 * @property {() => void} leave                            the view stays
 */

/**
 * @param {object} parts
 * @param {Boot} parts.boot
 * @param {Store<State>} parts.store
 * @param {Pick<Player, "seek" | "seekTime" | "restart" | "pause">} parts.player
 * @returns {Guide}
 */
export function createGuide({ boot, store, player }) {
  /** From the first token on, where motion is wanted. */
  function begin() {
    if (!store.get().still) return player.restart();
    player.pause();
    player.seekTime(0);
  }

  /** @param {View} view @param {State["notices"]} [notices] */
  function goTo(view, notices = []) {
    const { status, timeline, trace, view: before } = store.get();
    const { token, layer } = view;
    const placed = token !== null || layer !== null;
    const news = /** @type {const} */ ({ overlay: "none", writing: "", notices });
    if (status !== "ready" || !asksTheSame(before, view)) {
      if (!placed && timeline) begin(); // where the same prompt keeps its place, this is the place
      return store.set({ view, ...news });
    }
    store.set({ view: { ...view, token: null, layer: null }, ...news });
    if (!placed) return begin();
    const first = view.mode === "all" ? (trace?.tokens.length ?? 1) - 1 : 0;
    player.seek({ token: token ?? first, layer: layer ?? 0 });
  }

  /** @param {string} name @param {number} [at] */
  function open(name, at = 0) {
    const { view } = store.get();
    const tour = tourOf(boot, { tour: name });
    if (tour?.steps[at]) goTo(viewOfStep(boot, view, tour, at));
  }
  /** @param {number} question @param {"view" | "shows"} [which] */
  function ask(question, which = "view") {
    if (boot.questions?.[question]) goTo(viewOfQuestion(boot, store.get().view, question, which));
  }
  const leave = () => store.set({ view: { ...store.get().view, tour: "", at: 0, quiz: null } });

  return {
    goTo,
    open,
    ask: (question) => ask(question),
    show: (question) => ask(question, "shows"),
    step(way) {
      const { tour, at, quiz } = store.get().view;
      const last = tourOf(boot, { tour })?.steps.length;
      if (quiz !== null) return ask(quiz + way);
      if (last === undefined) return;
      if (at + way === last) leave();
      else open(tour, at + way);
    },
    leave,
  };
}
