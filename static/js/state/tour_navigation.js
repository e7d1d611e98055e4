/**
 * Navigates tours and questions. Every step is a view, opened like a link.
 *
 * @import {Boot} from "../boot_types.js"
 * @import {State, View} from "../types.js"
 * @import {Player} from "../playback/player.js"
 * @import {Store} from "./store.js"
 */

import { viewOfQuestion, viewOfStep } from "../view/lesson_views.js";
import { tourOf } from "../view/lessons.js";
import { sameRequest, withRequestOf } from "../view/request.js";
import { firstOf, placeOf } from "../trace/window.js";
import { statusOf } from "./state.js";

/**
 * @typedef {object} Guide
 * @property {(view: View, notices?: State["notices"]) => void} goTo   opens a whole view like a link
 * @property {(view: View, notices?: State["notices"]) => void} back   returns to an earlier view; with the same request playback keeps its time
 * @property {(tour: string, at?: number) => void} open    opens a step of a tour, counted from 0
 * @property {(question: number) => void} ask              asks a question, counted from 0
 * @property {(question: number) => void} show             shows the answer to a question
 * @property {(direction: 1 | -1) => void} step                  to the next step or question, or the one before
 * @property {() => void} leave                            ends the tour and keeps the view
 */

/**
 * @param {object} parts
 * @param {Boot} parts.boot
 * @param {Store<State>} parts.store
 * @param {Pick<Player, "seek" | "seekShot" | "seekTime" | "restart" | "pause">} parts.player
 * @returns {Guide}
 */
export function createGuide({ boot, store, player }) {
  /** Plays from the first token, unless motion is reduced. */
  function begin() {
    if (!store.get().still) return player.restart();
    player.pause();
    player.seekTime(0);
  }

  /** @param {View} asked @param {State["notices"]} [notices] */
  function goTo(asked, notices = []) {
    const { timeline, trace, view: before } = store.get();
    const same = sameRequest(before, asked);
    const whole = same ? withRequestOf(boot, asked, before) : asked;
    const path = same && trace && whole.path !== null ? placeOf(trace, whole.path) : whole.path;
    const view = { ...whole, path };
    const { token, layer } = view;
    const around = token ?? whole.path ?? 0;
    const held = !trace || placeOf(trace, around) !== null;
    const placed = token !== null || layer !== null;
    const news = {
      overlay: /** @type {const} */ ("none"),
      writing: /** @type {const} */ (""),
      notices,
      changed: [],
    };
    if (statusOf(store.get()) !== "ready" || !same || !held) {
      store.set({ view: { ...whole }, around, ...news });
      // A prompt that keeps its time starts from the beginning here.
      if (!placed && timeline && whole.shot === null) begin();
      return;
    }
    const shot = view.shot ?? null;
    store.set({ view: { ...view, token: null, layer: null, shot: null }, ...news });
    if (shot !== null) return player.seekShot(shot);
    if (!placed) return begin();
    const first = view.mode === "all" ? (trace?.tokens.length ?? 1) - 1 : 0;
    player.seek({ token: token === null ? first : token - firstOf(trace), layer: layer ?? 0 });
  }

  /** @param {View} asked @param {State["notices"]} [notices] */
  function back(asked, notices = []) {
    const { view: before, trace } = store.get();
    const lesson = /** @type {const} */ (["tour", "at", "quiz"]).some((key) => asked[key] !== before[key]);
    if (!trace || lesson || !sameRequest(before, asked) || !asked.b !== !before.b)
      return goTo(asked, notices);
    const view = withRequestOf(boot, asked, before);
    store.set({ view: { ...view, token: null, layer: null, shot: null }, notices, overlay: "none" });
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
    back,
    open,
    ask: (question) => ask(question),
    show: (question) => ask(question, "shows"),
    step(direction) {
      const { tour, at, quiz } = store.get().view;
      const last = tourOf(boot, { tour })?.steps.length;
      if (quiz !== null) return ask(quiz + direction);
      if (last === undefined) return;
      if (at + direction === last) leave();
      else open(tour, at + direction);
    },
    leave,
  };
}
