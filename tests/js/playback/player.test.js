/**
 * @import {State, Trace} from "../../../static/js/types.js"
 * @import {Schedule} from "../../../static/js/playback/timeline.js"
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { createHits } from "../../../static/js/counts/expert_uses.js";
import { createPlayer } from "../../../static/js/playback/player.js";
import { momentOf } from "../../../static/js/playback/steps.js";
import { createTimeline, isRouted, reach } from "../../../static/js/playback/timeline.js";
import { initialState } from "../../../static/js/state/state.js";
import { createStore } from "../../../static/js/state/store.js";
import { parseView } from "../../../static/js/view/url.js";
import { BOOT } from "../boot_data.js";
import { traceOf } from "../random_traces.js";

/** A player with a trace of 5 tokens and 3 layers, of which `received` are there. */
function started(search = "", received = 5, still = false) {
  const store = createStore({ ...initialState(parseView(search, BOOT)), still });
  const hits = createHits();
  const player = createPlayer(store, ({ trace, timeline }, time) =>
    trace && timeline ? hits.upTo(trace, timeline, time).unique : 0,
  );
  const trace = traceOf({ tokens: 5 }, received);
  store.set({ trace, timeline: createTimeline(store.get().view.mode, 5, 3) });
  store.set(player.begin(store.get(), false));
  return {
    store,
    player,
    state: () => /** @type {State & {trace: Trace, timeline: Schedule}} */ (store.get()),
  };
}

/** Frames of a sixtieth of a second until nothing moves. */
function run(player, limit = 10_000) {
  let frames = 0;
  while (player.advance(1 / 60) && frames < limit) frames++;
  return frames;
}

test("a trace without a place in the link plays from its start to its end", () => {
  const { player, state } = started();
  assert.equal(state().playing, true);
  assert.deepEqual(state().at, { token: -1, layer: -1 });
  run(player);
  assert.equal(state().playing, false);
  assert.equal(state().time, state().timeline.duration);
  assert.deepEqual(state().at, { token: 4, layer: 2 });
});

test("a token that a link names stays the current one until it leaves", () => {
  const { player, state } = started("?token=2&layer=3&mode=sequence");
  const { timeline } = state();
  const leaves = timeline.arrives(1, timeline.layers);
  player.play();
  while (state().time + 1 / 60 < leaves) {
    player.advance(1 / 60);
    assert.equal(state().at.token, 1);
  }
  player.advance(0.2);
  assert.ok(state().at.token > 1);
});

test("the shot plays through, follows its token and hands over to playback", () => {
  const { player, state, store } = started();
  store.set({ opening: true });
  store.set(player.begin(store.get(), false));
  assert.equal(state().shot, 0);
  assert.equal(state().at.token, 2);
  let frames = 0;
  while (state().shot !== null && frames++ < 1000) {
    player.advance(1 / 60);
    if (state().shot !== null) assert.equal(state().at.token, 2);
  }
  assert.ok(frames < 600);
  assert.equal(state().playing, true);
});

test("a skipped shot is at its end in a third of a second", () => {
  const { player, state, store } = started();
  store.set({ opening: true });
  store.set(player.begin(store.get(), false));
  for (let i = 0; i < 60; i++) player.advance(1 / 60);
  player.skipShot();
  for (let i = 0; i < 20; i++) player.advance(1 / 60);
  assert.equal(state().shot, null);
});

test("without motion the shot stands still and steps through four pictures", () => {
  const { player, state, store } = started("", 5, true);
  store.set({ opening: true });
  store.set(player.begin(store.get(), false));
  const seen = [];
  while (state().shot !== null && seen.length < 9) {
    seen.push(state().shot);
    assert.equal(player.advance(1), false);
    player.skipShot();
  }
  assert.deepEqual(seen, [2.7, 4, 6.55]);
  assert.equal(state().playing, false);
});

test("a link to a moment of the shot opens it there, paused", () => {
  const { state } = started("?shot=3.2");
  assert.equal(state().shot, 3.2);
  assert.equal(state().playing, false);
  assert.equal(state().view.shot, null);
});

test("going elsewhere leaves the shot", () => {
  const { player, state } = started("?shot=3.2");
  player.seek({ token: 1 });
  assert.equal(state().shot, null);
});

test("another mode after the end plays from its start", () => {
  const { player, state, store } = started();
  run(player);
  store.set({ view: { ...state().view, mode: "single" } });
  assert.equal(state().time, 0);
  assert.equal(state().playing, true);
});

test("another routing of the same tokens after the end plays from its start", () => {
  const { player, state, store } = started();
  run(player);
  const other = { ...state(), trace: { ...state().trace, id: "another" } };
  store.set({ ...other, ...player.begin(other, true) });
  assert.equal(state().time, 0);
  assert.equal(state().playing, true);
});

test("the same routing that arrives again after the end stays at the end", () => {
  const { player, state } = started();
  run(player);
  assert.equal(player.begin(state(), true).time, state().timeline.duration);
});

test("a link with a place opens there, paused, with the hits of that moment", () => {
  const { state } = started("?token=3&layer=2");
  const { at, playing, hits, time, timeline, trace, view } = state();
  assert.equal(playing, false);
  assert.deepEqual(at, { token: 2, layer: 1 });
  assert.equal(hits, createHits().upTo(trace, timeline, time).unique);
  assert.ok(hits > 0);
  assert.equal(view.token, null, "the place is in `at` from now on");
});

test("a link with a layer alone opens at the first token, or with all of them in all at once", () => {
  assert.deepEqual(started("?layer=2").state().at, { token: 0, layer: 1 });
  assert.deepEqual(started("?mode=all&layer=2").state().at, { token: 4, layer: 1 });
});

test("playback waits for the token that has not arrived, and goes on when it has", () => {
  const { store, player, state } = started("", 2);
  assert.ok(run(player) < 10_000);
  assert.equal(state().playing, true);
  assert.equal(state().time, reach(state().timeline, 2));
  store.set({ trace: traceOf({ tokens: 5 }) });
  run(player);
  assert.equal(state().time, state().timeline.duration);
});

test("hits are counted again when a token arrives that belongs to the past", () => {
  const { store, state } = started("?token=5&layer=3", 1);
  const few = state().hits;
  assert.equal(isRouted(state()), false);
  store.set({ trace: traceOf({ tokens: 5 }) });
  assert.ok(state().hits > few);
  assert.equal(isRouted(state()), true);
});

test("one layer on flies there and stands still", () => {
  const { player, state } = started("?token=2&layer=1");
  const before = state().time;
  player.stepLayer(1);
  assert.ok(player.moving());
  assert.equal(state().time, before);
  assert.ok(run(player) > 3);
  assert.deepEqual(state().at, { token: 1, layer: 1 });
  assert.equal(state().playing, false);
});

test("steps that are asked for quickly add up", () => {
  const { player, state } = started("?token=1&layer=1");
  player.stepLayer(1);
  player.stepLayer(1);
  run(player);
  assert.deepEqual(state().at, { token: 0, layer: 2 });
});

test("a step back is there at once", () => {
  const { player, state } = started("?token=2&layer=3");
  player.stepLayer(-1);
  assert.deepEqual(state().at, { token: 1, layer: 1 });
  assert.equal(player.moving(), false);
});

test("seeking clamps to what there is and pauses", () => {
  const { player, state } = started();
  player.seek({ token: 99, layer: 99 });
  assert.deepEqual(state().at, { token: 4, layer: 2 });
  player.seek({ token: -5 });
  assert.deepEqual(state().at, { token: 0, layer: 2 });
  assert.equal(state().playing, false);
});

test("scrubbing goes on playing", () => {
  const { player, state } = started();
  player.seekTime(3);
  assert.equal(state().playing, true);
  assert.equal(state().time, 3);
});

test("play after the end begins again", () => {
  const { player, state } = started();
  run(player);
  player.play();
  assert.equal(state().time, 0);
  assert.equal(state().hits, 0);
});

test("another mode stays at the event", () => {
  const { store, player, state } = started("?token=4&layer=2");
  store.set({ view: { ...state().view, mode: "single" } });
  assert.deepEqual(state().at, { token: 3, layer: 1 });
  store.set({ view: { ...state().view, mode: "all" } });
  assert.deepEqual(state().at, { token: 4, layer: 1 });
  assert.equal(player.moving(), false);
});

test("twice the speed is half the time", () => {
  const slow = started();
  const fast = started("?speed=2");
  const ratio = run(slow.player) / run(fast.player);
  assert.ok(Math.abs(ratio - 2) < 0.05, String(ratio));
});

test("with less motion nothing starts by itself, and time stands at events", () => {
  const { player, state } = started("", 5, true);
  assert.equal(state().playing, false);
  player.play();
  const times = new Set();
  for (let frame = 0; frame < 600; frame++) {
    player.advance(1 / 60);
    times.add(state().time);
  }
  const { duration, step } = state().timeline;
  assert.ok(times.size > 5 && times.size <= duration / step + 2, `${times.size} moments`);
});

for (const mode of ["single", "sequence", "all"]) {
  test(`with less motion ${mode} goes from event to event, and never more often than from layer to layer`, () => {
    const { player, state } = started(`?mode=${mode}`, 5, true);
    player.play();
    const { timeline } = state();
    const moments = new Set([
      0,
      ...[0, 1, 2, 3, 4].flatMap((token) => [0, 1, 2].map((layer) => momentOf(timeline, { token, layer }))),
    ]);
    const shown = [state().time];
    for (let frame = 0; player.advance(1 / 60) && frame < 10_000; frame++) {
      if (!Object.is(shown.at(-1), state().time)) shown.push(state().time);
    }
    assert.equal(state().playing, false);
    assert.ok(
      shown.every((time) => [...moments].some((moment) => Math.abs(moment - time) < 1e-9)),
      `${shown}`,
    );
    assert.ok(shown.length - 1 <= Math.ceil(timeline.duration / timeline.step), `${shown.length} pictures`);
    assert.ok(shown.length > (mode === "all" ? 3 : 5));
  });
}

test("with less motion a model that writes on is stepped through too", () => {
  const { store, player, state } = started("", 5, true);
  const longer = traceOf({ tokens: 7 }, 7);
  store.set({ trace: longer, timeline: createTimeline("sequence", 7, 3), writing: "on" });
  store.set(player.begin(store.get(), true));
  const { timeline } = state();
  const shown = new Set();
  while (player.advance(1 / 60)) shown.add(state().time);
  for (const time of shown) {
    assert.ok(
      [3, 4, 5, 6].some((token) =>
        [0, 1, 2].some((layer) => Math.abs(momentOf(timeline, { token, layer }) - time) < 1e-9),
      ),
      `${time}`,
    );
  }
  assert.deepEqual(state().at, { token: 6, layer: 2 });
});
