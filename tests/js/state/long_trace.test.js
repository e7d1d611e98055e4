import assert from "node:assert/strict";
import { test } from "node:test";
import { createLongTrace } from "../../../static/js/state/long_trace.js";
import { initialState } from "../../../static/js/state/state.js";
import { createStore } from "../../../static/js/state/store.js";
import { timelineOf } from "../../../static/js/playback/timeline.js";
import { parseView } from "../../../static/js/view/url.js";
import { BOOT } from "../boot_data.js";
import { partial, traceOf } from "../random_traces.js";

/** A page on a part of 5 tokens of a long trace. */
function setUp(part = { from: 5, of: 12 }) {
  const store = createStore(initialState(parseView("", BOOT)));
  const asked = /** @type {string[]} */ ([]);
  const long = createLongTrace(store, async (trace) => {
    asked.push(trace);
    return /** @type {any} */ ({ trace, unique: 7, tokens: 12 });
  });
  const show = (/** @type {any} */ trace) =>
    store.set({ trace, timeline: timelineOf("sequence", trace), loading: "ready" });
  show(partial(part));
  return { store, long, asked, show };
}

test("a person who goes to a token of another part asks for it, paused", () => {
  const { store, long } = setUp();
  store.set({ playing: true });
  assert.equal(long.visit({ token: 11, layer: 2 }), true);
  const { around, playing, view } = store.get();
  assert.deepEqual([around, playing, view.token, view.layer], [11, false, 11, 2]);
});

test("a person who goes to a token of this part asks for nothing", () => {
  const { store, long } = setUp();
  assert.equal(long.visit({ token: 6 }), false);
  assert.equal(long.visit({ layer: 1 }), false);
  assert.equal(store.get().around, 0);
});

test("playback that comes to the end of a part goes on in the next, and rests at the last", () => {
  const { store, show } = setUp();
  const end = () => {
    store.set({ playing: true });
    store.set({ playing: false, time: store.get().timeline?.duration });
  };
  end();
  assert.equal(store.get().around, 10);
  show(partial({ from: 10, of: 15 }));
  end();
  assert.equal(store.get().around, 10);
});

test("a person who pauses within a part stays in it", () => {
  const { store } = setUp();
  store.set({ playing: true });
  store.set({ playing: false, time: 0.1 });
  assert.equal(store.get().around, 0);
});

test("single steps lead over the edge of a part, both ways, and not beyond the ends", () => {
  const { store, long } = setUp();
  store.set({ at: { token: 4, layer: 1 } });
  assert.equal(long.step("layer", 1), false, "the token has layers left");
  assert.equal(long.step("token", 1), true);
  assert.deepEqual([store.get().around, store.get().view.layer], [10, 1]);
  store.set({ at: { token: 0, layer: 0 } });
  assert.equal(long.step("layer", -1), true);
  assert.deepEqual([store.get().around, store.get().view.layer], [4, 2]);
  const first = setUp({ from: 0, of: 12 });
  first.store.set({ at: { token: 0, layer: 0 } });
  assert.equal(first.long.step("token", -1), false);
});

test("the counts of the whole are asked for once for a trace, and shown for all of it", async () => {
  const { store, asked, show } = setUp();
  await Promise.resolve();
  show(partial({ from: 10, of: 12 }));
  await Promise.resolve();
  assert.deepEqual(asked, ["long"]);
  assert.deepEqual([store.get().whole?.unique, store.get().span], [7, "whole"]);
  show(traceOf());
  assert.equal(store.get().whole, null);
});
