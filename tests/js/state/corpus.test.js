import assert from "node:assert/strict";
import { test } from "node:test";
import { atlasNamed, corpusShown, createCorpus } from "../../../static/js/state/corpus.js";
import { createStore } from "../../../static/js/state/store.js";

/** A store with what the corpus reads. @returns {any} */
const storeOf = (corpus = "", model = { name: "trio-8", layers: 1, experts: 2 }) =>
  createStore({ view: { corpus }, trace: { model }, corpus: null, notices: [] });
const found = (/** @type {string} */ atlas, loads = [[1, 1]]) => ({ atlas, loads, flows: [], tokens: 9 });
const settled = () => new Promise((resolve) => setTimeout(resolve));

test("heldout is the atlas of the model on screen, another name is itself", () => {
  assert.equal(atlasNamed(storeOf("heldout").get()), "heldout/trio-8");
  assert.equal(atlasNamed(storeOf("mine").get()), "mine");
  assert.equal(atlasNamed(storeOf("").get()), "");
});

test("a corpus that a view names is shown as soon as it is there", async () => {
  const store = storeOf();
  const corpus = createCorpus(store, async (atlas) => /** @type {any} */ (found(atlas)));
  store.set({ view: { corpus: "mine" } });
  assert.ok(corpus.waiting());
  assert.equal(corpusShown(store.get()), null);
  await settled();
  assert.equal(corpusShown(store.get())?.atlas, "mine");
  store.set({ view: { corpus: "" } });
  assert.equal(corpusShown(store.get()), null);
});

test("the answer to an older view is dropped", async () => {
  const store = storeOf();
  /** @type {Record<string, (corpus: any) => void>} */
  const answers = {};
  createCorpus(store, (atlas) => new Promise((resolve) => (answers[atlas] = resolve)));
  store.set({ view: { corpus: "old" } });
  store.set({ view: { corpus: "new" } });
  answers.new(found("new"));
  answers.old(found("old"));
  await settled();
  assert.equal(corpusShown(store.get())?.atlas, "new");
});

test("a corpus that is not there, or of another shape, is told and not drawn", async () => {
  const store = storeOf();
  createCorpus(store, async (atlas) => {
    if (atlas === "nothing") throw new Error("atlas: expected one of mine");
    return /** @type {any} */ (found(atlas, [[1, 1, 1]]));
  });
  store.set({ view: { corpus: "nothing" } });
  await settled();
  assert.match(store.get().notices[0].message, /expected one of mine/);
  store.set({ view: { corpus: "wide" } });
  await settled();
  assert.match(store.get().notices.at(-1).message, /1 layer of 3 experts/);
  assert.equal(corpusShown(store.get()), null);
});
