/**
 * @import {State, Trace} from "../../../static/js/types.js"
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { createPlayer } from "../../../static/js/playback/player.js";
import { clampToTrace, createLoading, sameTokensAndLayers } from "../../../static/js/state/loading.js";
import { initialState, nextLoading } from "../../../static/js/state/state.js";
import { createStore } from "../../../static/js/state/store.js";
import { withKeys } from "../../../static/js/view/request.js";
import { parseView } from "../../../static/js/view/url.js";
import { answerTo, BOOT } from "../boot_data.js";
import { traceOf } from "../random_traces.js";

const PROMPT = 5;

/** Loading from a server whose every message the test says itself. */
function connected(search) {
  const store = createStore(initialState(parseView(search, BOOT)));
  const player = createPlayer(store, () => 0);
  const asked = [];
  let stops = 0;
  let listener;
  const loading = createLoading(
    store,
    (given) => {
      listener = given;
      return { open: (request) => asked.push(request), retry() {}, stop: () => stops++ };
    },
    player,
  );
  const { model, origin, tokens } = traceOf({ tokens: PROMPT });
  const step = (token) => {
    const { layers, experts, top_k: topK } = model;
    return /** @type {any} */ ({
      id: 1,
      token,
      layers,
      experts,
      topK,
      chosen: new Uint16Array(layers * topK),
      weights: new Float32Array(layers * topK),
      scores: new Uint8Array(layers * experts),
      dropped: null,
    });
  };
  const server = {
    /** The trace with the steps of its prompt, as the server sends them. */
    begin(count, answer = {}) {
      const written = {
        badge: /** @type {const} */ ("LIVE"),
        note: "",
        ...(count && { prompt_tokens: PROMPT, continue: count }),
      };
      listener.onTrace({
        op: "trace",
        id: 1,
        trace: `t${asked.length}`,
        from: 0,
        model,
        origin: { ...origin, ...written },
        tokens,
        ...answerTo(asked.at(-1).request),
        ...answer,
      });
      for (let token = 0; token < PROMPT; token++) listener.onStep(step(token));
    },
    write(token) {
      listener.onTokens({ op: "tokens", id: 1, from: token, tokens: [{ text: ` w${token}` }] });
      listener.onStep(step(token));
    },
    end: () => listener.onEnd(),
  };
  loading.open();
  const state = () =>
    /** @type {State & {trace: Trace, timeline: NonNullable<State["timeline"]>}} */ (store.get());
  const writeOn = (writing = "on", more = {}) =>
    store.set({
      writing: /** @type {any} */ (writing),
      view: withKeys(BOOT, store.get().view, { continue: 256, ...more }).view,
    });
  return { store, player, loading, server, asked, state, writeOn, stops: () => stops };
}

/** Live, the prompt routed and played, and the model asked to write on. */
function writing() {
  const page = connected("?source=live&scenario=code");
  page.server.begin(0);
  page.server.end();
  page.writeOn();
  page.server.begin(256);
  return page;
}

test("a model that writes on is asked for with the keys of before", () => {
  const { asked } = writing();
  assert.deepEqual(asked[1].request, { source: "live", scenario: "code", continue: 256 });
});

test("playback waits where the next token enters, and each token is there as it enters", () => {
  const { server, state, player } = writing();
  for (let token = PROMPT; token < 20; token++) server.write(token);
  assert.equal(state().time, state().timeline.entry(PROMPT));
  assert.equal(state().trace.tokens.length, PROMPT + 1);
  const seen = [];
  for (let frame = 0; frame < 60; frame++) {
    player.advance(1 / 60);
    seen.push(state().trace.tokens.length);
    assert.ok(state().time >= state().timeline.entry(state().trace.tokens.length - 1) - 0.06);
  }
  assert.ok(seen.at(-1) > PROMPT + 2 && seen.at(-1) < 20);
  assert.ok(state().trace.tokens.every(({ written = false }, token) => written === token >= PROMPT));
  assert.equal(state().playing, true);
});

test("the past stays where it is while the trace grows", () => {
  const { server, state, player } = writing();
  const fired = state().timeline.fires(3, 1);
  for (let token = PROMPT; token < 12; token++) server.write(token);
  for (let frame = 0; frame < 40; frame++) player.advance(1 / 60);
  assert.ok(state().trace.tokens.length > PROMPT + 1);
  assert.equal(state().timeline.fires(3, 1), fired);
});

test("stop keeps what was written, says so in the view, and asks for nothing more", () => {
  const { loading, server, state, player, asked, stops } = writing();
  for (let token = PROMPT; token < 20; token++) server.write(token);
  for (let frame = 0; frame < 30; frame++) player.advance(1 / 60);
  const made = state().trace.tokens.length - PROMPT;
  loading.stop();
  assert.equal(stops(), 1);
  assert.equal(state().view.continue, made);
  assert.equal(state().writing, "");
  assert.equal(state().trace.complete, true);
  assert.equal(asked.length, 2, "the link asks for the same; the page has it already");
  server.write(PROMPT + made);
  let frames = 0;
  while (player.advance(1 / 60) && frames < 5000) frames++;
  assert.equal(state().time, state().timeline.duration);
});

test("a model that ends its text early ends the writing, and the view says how much there is", () => {
  const { server, state, player } = writing();
  server.write(PROMPT);
  server.write(PROMPT + 1);
  server.end();
  let frames = 0;
  while (player.advance(1 / 60) && frames < 5000) frames++;
  assert.equal(state().view.continue, 2);
  assert.equal(state().writing, "");
});

test("going on after a stop keeps what is there until the same has come again", () => {
  const { loading, server, state, writeOn } = writing();
  for (let token = PROMPT; token < 9; token++) server.write(token);
  loading.stop();
  const before = state().trace;
  writeOn();
  server.begin(256);
  assert.equal(state().trace, before);
  for (let token = PROMPT; token < before.tokens.length; token++) server.write(token);
  assert.notEqual(state().trace, before);
  assert.equal(state().trace.tokens.length, before.tokens.length);
  assert.equal(state().time, state().timeline.entry(before.tokens.length));
});

test("another draw begins again after the prompt", () => {
  const { loading, server, state, writeOn } = writing();
  for (let token = PROMPT; token < 9; token++) server.write(token);
  loading.stop();
  writeOn("anew", { seed: 1 });
  server.begin(256);
  assert.equal(state().trace.tokens.length, PROMPT);
  assert.equal(state().time, state().timeline.entry(PROMPT));
});

test("a link to a token that the model wrote is shown when that token is there, without haste or delay", () => {
  const { server, state } = connected("?source=live&scenario=code&continue=6&token=9&layer=2");
  server.begin(6);
  assert.equal(state().loading, "asking");
  for (let token = PROMPT; token < PROMPT + 6; token++) server.write(token);
  server.end();
  assert.equal(state().loading, "ready");
  assert.deepEqual(state().at, { token: 8, layer: 1 });
  assert.equal(state().trace.tokens.length, PROMPT + 6);
  assert.deepEqual(state().notices, []);
});

test("playback stays where it is when the same tokens pass as many layers", () => {
  const trace = traceOf();
  assert.equal(sameTokensAndLayers(trace, traceOf({ experts: 16, k: 3 })), true);
  assert.equal(sameTokensAndLayers(trace, traceOf({ layers: 4 })), false);
  assert.equal(sameTokensAndLayers(trace, traceOf({ tokens: 6 })), false);
  assert.equal(sameTokensAndLayers(null, trace), false);
  const live = { ...trace, origin: { ...trace.origin, badge: /** @type {const} */ ("LIVE") } };
  assert.equal(sameTokensAndLayers(trace, live), false);
});

test("a place beyond the trace falls back to the last, and a sentence says so", () => {
  const { view, notices } = clampToTrace(parseView("?token=40&layer=2&path=6", BOOT).view, traceOf());
  assert.equal(view.token, 4);
  assert.equal(view.layer, 1);
  assert.deepEqual(
    notices.map(({ message }) => message),
    ["token: expected 1 to 5, got 40; showing 5", "path: expected 1 to 5, got 6; showing 5"],
  );
});

test("loading goes from asking through arriving to ready, and a refusal ends it until something else is asked", () => {
  const { store, server, state, loading } = connected("");
  const seen = new Set(["asking"]);
  store.subscribe(({ loading }) => seen.add(loading));
  assert.equal(state().loading, "asking");
  server.begin(0);
  server.end();
  assert.deepEqual([...seen].at(-1), "ready");
  assert.equal(nextLoading("ready", "fail"), "failed");
  assert.equal(nextLoading("failed", "show"), "failed", "a step that comes late changes nothing");
  assert.equal(nextLoading("failed", "ask"), "asking");
  assert.equal(nextLoading("idle", "route"), "idle");
  loading.open();
  assert.equal(state().loading, "asking");
});

test("a trace, its view and its place come into the store in one change", () => {
  const { store, server } = connected("?token=3&layer=2");
  const changes = [];
  store.subscribe((state, before) => state.trace?.id !== before.trace?.id && changes.push(state));
  server.begin(0);
  assert.equal(changes.length, 1);
  assert.deepEqual(changes[0].at, { token: 2, layer: 1 });
  assert.deepEqual([changes[0].view.token, changes[0].view.layer], [null, null]);
});

test("a page whose model writes on is growing, and ready when it stops", () => {
  const { loading, state, writeOn } = writing();
  writeOn();
  assert.equal(state().loading, "growing");
  loading.stop();
  assert.equal(state().loading, "ready");
});

test("the answer replaces the request keys of the view, and its notices are shown", () => {
  const { server, state, store, asked } = connected("?k=99&experts=64&tower=1.40");
  const { request } = answerTo({ experts: 64 });
  const notice = { field: "k", found: "99", expected: "1 to 64", message: "", advice: "", used: 2 };
  server.begin(0, {
    request: { ...request, router: "topk_norm" },
    given: { experts: 64 },
    notices: [notice],
  });
  assert.deepEqual([state().view.k, state().view.router], [2, "topk_norm"]);
  assert.deepEqual(state().view.given, { experts: 64 });
  assert.equal(state().notices[0].message, "k: expected 1 to 64, got 99; showing 2");
  assert.equal(asked.length, 1, "the keys that the server gave are asked for already");
  store.set({ view: { ...state().view, camera: "top" } });
  assert.equal(asked.length, 1);
});

test("what a person changed is told to the server until it has answered", () => {
  const { server, state, store, asked } = connected("?model=trio-64&source=live");
  server.begin(0);
  store.set(withKeys(BOOT, state().view, { experts: 16 }));
  const request = { source: "live", model: "trio-64", experts: 16 };
  assert.deepEqual(asked.at(-1), { request, changed: ["experts"] });
  const given = { source: "live", experts: 16 };
  server.begin(0, answerTo(given));
  assert.deepEqual([state().changed, state().view.given, asked.length], [[], given, 2]);
});
