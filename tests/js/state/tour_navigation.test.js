/**
 * @import {State} from "../../../static/js/types.js"
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { saveAnswers, readAnswers, scoreOf } from "../../../static/js/panels/lessons/saved_answers.js";
import { initialState } from "../../../static/js/state/state.js";
import { createStore } from "../../../static/js/state/store.js";
import { createGuide } from "../../../static/js/state/tour_navigation.js";
import { withKeys } from "../../../static/js/view/request.js";
import { piecesOf, withLesson } from "../../../static/js/view/lessons.js";
import { formatView, parseView, searchOf } from "../../../static/js/view/url.js";
import { BOOT as PLAIN } from "../boot_data.js";

const step = (view) => ({ caption: "See.", view });
const question = (name, view, shows) => ({
  name,
  asks: "?",
  choices: ["a", "b"],
  answer: 1,
  view,
  shows,
  says: ".",
});
const BOOT = {
  ...PLAIN,
  tours: [
    {
      name: "walk",
      title: "Walk",
      summary: "",
      steps: [step("scenario=code"), step("scenario=code&k=4&token=2&layer=1"), step("")],
    },
  ],
  questions: [question("one", "k=1", "k=2&mode=all"), question("two", "", "experts=64")],
};

/** A page that stands at an address, its trace there. */
function standing(search, more = {}) {
  const store = createStore(
    /** @type {State} */ ({
      ...initialState(parseView(searchOf(BOOT, search), BOOT)),
      loading: "ready",
      ...more,
    }),
  );
  const calls = [];
  const player = /** @type {any} */ (
    new Proxy(
      {},
      {
        get:
          (_, name) =>
          (...given) =>
            calls.push([name, ...given]),
      },
    )
  );
  return {
    store,
    calls,
    guide: createGuide({ boot: BOOT, store, player }),
    address: () => formatView(store.get().view, BOOT),
  };
}

test("a link that names a step alone opens the view of the step", () => {
  assert.equal(parseView(searchOf(BOOT, "?tour=walk&at=2"), BOOT).view.k, 4);
  assert.equal(parseView(searchOf(BOOT, "?tour=walk"), BOOT).view.scenario, "code");
  assert.equal(parseView(searchOf(BOOT, "?quiz=1"), BOOT).view.k, 1);
});

test("a key beside the step counts before that of the step", () => {
  assert.equal(parseView(searchOf(BOOT, "?tour=walk&at=2&k=3"), BOOT).view.k, 3);
});

test("an address that the page wrote is taken as it is", () => {
  for (const search of ["?tour=walk&at=2&v=1", "?quiz=1&v=1"]) assert.equal(withLesson(BOOT, search), search);
  const { store, guide, address } = standing("?tour=walk");
  guide.step(1);
  const written = address();
  store.set(withKeys(BOOT, store.get().view, { k: 2 }));
  assert.equal(parseView(searchOf(BOOT, written), BOOT).view.k, 4);
  assert.equal(parseView(searchOf(BOOT, address()), BOOT).view.k, 2);
});

test("what is no step or question falls back alone and is told", () => {
  const { view, notices } = parseView(searchOf(BOOT, "?tour=walk&at=9&k=3"), BOOT);
  assert.deepEqual([view.tour, view.at, view.k], ["walk", 0, 3]);
  assert.deepEqual(
    notices.map(({ field }) => field),
    ["at"],
  );
  assert.deepEqual(
    parseView(searchOf(BOOT, "?tour=x&quiz=7"), BOOT).notices.map(({ field }) => field),
    ["tour", "quiz"],
  );
});

test("next and back walk through the steps, and the last one leaves", () => {
  const { guide, address, store } = standing("?tour=walk");
  guide.step(-1);
  assert.equal(address(), "?scenario=code&tour=walk&v=1");
  guide.step(1);
  assert.equal(new URLSearchParams(address()).get("at"), "2");
  guide.step(1);
  assert.equal(address(), "?tour=walk&at=3&v=1");
  guide.step(1);
  assert.equal(store.get().view.tour, "");
});

test("what a person changed on the way is gone at the next step, and what a reader needs stays", () => {
  const { guide, store } = standing("?tour=walk");
  store.set({ view: { ...store.get().view, camera: "top", theme: "light", speed: 2 } });
  guide.step(1);
  const { camera, theme, speed } = store.get().view;
  assert.deepEqual([camera, theme, speed], ["orbit", "light", 2]);
});

test("leaving keeps the view", () => {
  const { guide, store } = standing("?tour=walk&at=2");
  guide.leave();
  const { tour, at, quiz, k } = store.get().view;
  assert.deepEqual([tour, at, quiz, k], ["", 0, null, 4]);
});

test("a step of the same routing is gone to at once, and plays where it names no moment", () => {
  const { guide, calls, store } = standing("?quiz=2");
  guide.goTo({ ...store.get().view, token: 3, layer: 1 });
  assert.deepEqual(calls.at(-1), ["seek", { token: 3, layer: 1 }]);
  assert.equal(store.get().view.token, null);
  guide.goTo({ ...store.get().view, camera: "top" });
  assert.deepEqual(calls.at(-1), ["restart"]);
});

test("with less motion a step stands at its start and does not play", () => {
  const { guide, calls, store } = standing("?quiz=2", { still: true });
  guide.goTo({ ...store.get().view, camera: "top" });
  assert.deepEqual(calls, [["pause"], ["seekTime", 0]]);
});

test("an answer is a view, with the question still there", () => {
  const { guide, address } = standing("?quiz=1");
  guide.show(0);
  assert.equal(address(), "?k=2&mode=all&quiz=1&v=1");
  guide.step(1);
  assert.equal(address(), "?quiz=2&v=1");
  guide.step(1);
  assert.equal(address(), "?quiz=2&v=1", "there is no third");
});

test("terms of a caption are taken apart from its words", () => {
  assert.deepEqual(piecesOf("A {load}, and {dropped tokens|dropped}; {gate score}."), [
    { text: "A " },
    { text: "load", term: "load" },
    { text: ", and " },
    { text: "dropped tokens", term: "dropped" },
    { text: "; " },
    { text: "gate score", term: "gate_score" },
    { text: "." },
  ]);
});

test("answers are kept where the browser keeps them, and what is no answer is passed over", () => {
  const kept = new Map();
  const storage = {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
  };
  saveAnswers(storage, { one: 1 });
  assert.deepEqual(readAnswers(storage), { one: 1 });
  for (const text of ["{", "null", '{"one":"1"}', '{"one":-1}', "[]"])
    assert.deepEqual(readAnswers({ getItem: () => text }), {});
  assert.deepEqual(readAnswers(null), {});
});

test("the score counts the questions that there are", () => {
  assert.deepEqual(scoreOf(BOOT.questions, { one: 1, two: 0, gone: 1 }), { answered: 2, right: 1 });
});
