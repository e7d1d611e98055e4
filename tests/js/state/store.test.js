import assert from "node:assert/strict";
import { test } from "node:test";
import { createStore } from "../../../static/js/state/store.js";

test("a change reaches every listener with what was before", () => {
  const store = createStore({ a: 1, b: 2 });
  const heard = [];
  store.subscribe((state, before) => heard.push([state.a, before.a]));
  store.set({ a: 5 });
  assert.deepEqual(heard, [[5, 1]]);
  assert.deepEqual(store.get(), { a: 5, b: 2 });
});

test("a value that is the same tells nobody", () => {
  const store = createStore({ a: 1, b: NaN });
  store.subscribe(() => assert.fail("nothing changed"));
  store.set({ a: 1, b: NaN });
  store.set({});
});

test("a state is never changed in place", () => {
  const store = createStore({ a: 1 });
  const before = store.get();
  store.set({ a: 2 });
  assert.equal(before.a, 1);
  assert.notEqual(store.get(), before);
});

test("a listener that sets tells the others of both changes, in order", () => {
  const store = createStore({ a: 0, b: 0 });
  const heard = [];
  store.subscribe(({ a }) => store.set({ b: a * 10 }));
  store.subscribe((_, before) => heard.push(before));
  store.set({ a: 1 });
  assert.deepEqual(heard, [
    { a: 0, b: 0 },
    { a: 1, b: 0 },
  ]);
  assert.deepEqual(store.get(), { a: 1, b: 10 });
});

test("a listener that left hears nothing more", () => {
  const store = createStore({ a: 0 });
  const leave = store.subscribe(() => assert.fail("it left"));
  leave();
  store.set({ a: 1 });
});

test("a listener that throws does not silence the store for good", () => {
  const store = createStore({ a: 0 });
  const leave = store.subscribe(() => {
    throw new Error("no");
  });
  assert.throws(() => store.set({ a: 1 }));
  leave();
  let heard = 0;
  store.subscribe(() => heard++);
  store.set({ a: 2 });
  assert.equal(heard, 1);
});
