import assert from "node:assert/strict";
import { test } from "node:test";
import { createBridge, heightFor, readEnvelope } from "../../../static/js/embed/host_bridge.js";
import { createTimeline } from "../../../static/js/playback/timeline.js";
import { initialState } from "../../../static/js/state/state.js";
import { createStore } from "../../../static/js/state/store.js";
import { parseView } from "../../../static/js/view/url.js";
import { BOOT } from "../boot_data.js";
import { traceOf } from "../random_traces.js";

const HOST = "https://article.example";

/** An embed in a page of HOST; the test is the host. */
function setUp() {
  const store = createStore(initialState(parseView("?scenario=code", BOOT)));
  /** @type {any[]} */ const done = [];
  /** @type {any[]} */ const told = [];
  /** @type {((event: any) => void)[]} */ const listeners = [];
  const parent = {
    postMessage: (/** @type {any} */ message, /** @type {string} */ target) =>
      told.push({ ...structuredClone(message), target }),
  };
  const page = /** @type {any} */ ({
    parent,
    innerWidth: 720,
    addEventListener: (/** @type {string} */ type, /** @type {any} */ listener) =>
      type === "message" && listeners.push(listener),
  });
  const actions = /** @type {any} */ (
    Object.fromEntries(
      ["play", "pause", "visit", "setRequest"].map((name) => [
        name,
        (/** @type {any} */ value) => done.push([name, value]),
      ]),
    )
  );
  actions.guide = { goTo: (/** @type {any} */ view) => done.push(["goTo", view]) };
  createBridge({ page, boot: BOOT, store, actions, begin: () => done.push(["begin"]) });
  const say = (/** @type {any} */ data, { origin = HOST, source = /** @type {any} */ (parent) } = {}) =>
    listeners.forEach((listener) => listener({ data, origin, source }));
  const arrive = async () => {
    store.set({ trace: traceOf(), timeline: createTimeline("sequence", 5, 3), loading: "ready" });
    store.set({ time: 1 }); // playback goes where a link said, in the same turn
    await null;
  };
  return {
    store,
    done,
    told,
    say,
    arrive,
    types: () => told.map(({ type }) => type),
    clear: () => told.splice(0),
  };
}

const message = (/** @type {string} */ type, more = {}) => ({ moescope: 1, type, ...more });

test("an embed says hello to whoever is around it, and nothing else before it is answered", async () => {
  const { told, arrive, types } = setUp();
  await arrive();
  assert.deepEqual(types(), ["hello"]);
  assert.deepEqual([told[0].version, told[0].target], [1, "*"]);
});

test("after hello everything goes to the origin that said it, and to no other", async () => {
  const { say, arrive, told, types, clear } = setUp();
  clear();
  say(message("hello"));
  await arrive();
  assert.deepEqual(types().slice(0, 3), ["welcome", "height", "ready"]);
  assert.deepEqual([...new Set(told.map(({ target }) => target))], [HOST]);
});

test("who comes when the trace is there already is told that it is", async () => {
  const { say, arrive, types } = setUp();
  await arrive();
  say(message("hello"));
  assert.deepEqual(types(), ["hello", "welcome", "height", "ready"]);
});

test("messages of another window, of another origin, before hello, and unknown ones are ignored", () => {
  const { say, done, told, clear } = setUp();
  clear();
  say(message("play", { id: 1 }));
  say(message("hello"), { source: {} });
  assert.deepEqual([done, told], [[], []]);
  say(message("hello"));
  clear();
  say(message("play", { id: 2 }), { origin: "https://evil.example" });
  say(message("hello"), { origin: "https://evil.example" });
  say(message("play", { id: 3 }), { source: {} });
  for (const data of [
    message("explode", { id: 4 }),
    message("constructor", { id: 5 }),
    { type: "play" },
    "play",
    null,
    7,
    { moescope: 2, type: "play" },
  ])
    say(data);
  assert.deepEqual([done, told], [[], []]);
});

test("a request is answered with the state once the trace is there", async () => {
  const { say, arrive, told, done, clear } = setUp();
  say(message("hello"));
  clear();
  say(message("play", { id: "a" }));
  assert.deepEqual([done, told], [[["begin"], ["play", undefined]], []]);
  await arrive();
  const reply = told.find(({ type }) => type === "reply");
  assert.deepEqual(
    [reply.id, reply.state.status, reply.state.tokens, reply.state.time],
    ["a", "ready", 5, 1],
  );
});

test("a request that cannot be served is answered with the reason", async () => {
  const { say, store, told } = setUp();
  say(message("hello"));
  say(message("get", { id: 1 }));
  store.set({ loading: "failed", error: "no such model" });
  await null;
  assert.equal(told.find(({ type }) => type === "reply").state.error, "no such model");
});

test("set changes what it names, and says what it could not", async () => {
  const { say, arrive, done, told } = setUp();
  say(message("hello"));
  await arrive();
  say(message("set", { id: 1, view: { k: 1, experts: "many" } }));
  const [, view] = done.find(([name]) => name === "setRequest");
  assert.deepEqual(view, { k: 1 });
  assert.deepEqual(told.find(({ type }) => type === "reply").problems, [
    "experts: expected 2 to 1024, got many; left as it is",
  ]);
});

test("set that names a step of a tour goes to its view, as its link does, and other keys beside it hold", async () => {
  const { say, arrive, done, told } = setUp();
  say(message("hello"));
  await arrive();
  say(message("set", { id: 1, view: { tour: "walk", at: 2 } }));
  const [, view] = done.at(-1);
  assert.equal(done.at(-1)[0], "goTo");
  assert.deepEqual([view.tour, view.at, view.k, view.scenario], ["walk", 1, 4, "english"]);
  say(message("set", { view: { tour: "walk", at: 2, k: 3 } }));
  assert.equal(done.at(-1)[1].k, 3);
  say(message("set", { view: { quiz: 1 } }));
  assert.deepEqual([done.at(-1)[0], done.at(-1)[1].quiz], ["goTo", 0]);
  assert.deepEqual(told.find(({ type }) => type === "reply").problems, []);
});

test("set that names a step that there is not says so and stays", async () => {
  const { say, arrive, done, told } = setUp();
  say(message("hello"));
  await arrive();
  say(message("set", { id: 1, view: { tour: "walk", at: 9 } }));
  assert.ok(!done.some(([name]) => name === "goTo"));
  assert.match(told.find(({ type }) => type === "reply").problems[0], /^at: expected 1 to 2, got 9/);
});

test("seek counts from 1, and keeps playing views playing only where it moves nothing", async () => {
  const { say, arrive, done } = setUp();
  say(message("hello"));
  await arrive();
  say(message("seek", { token: 3, layer: 2 }));
  assert.deepEqual(done.at(-1), ["visit", { token: 2, layer: 1 }]);
  say(message("seek", { token: 4 }));
  assert.deepEqual(done.at(-1), ["visit", { token: 3, layer: undefined }]);
  say(message("set", { view: { camera: "top" } }));
  assert.equal(done.at(-1)[0], "setRequest");
});

test("a change of the view is told once, however many there were at a time", async () => {
  const { say, arrive, store, types, clear } = setUp();
  say(message("hello"));
  await arrive();
  await null;
  clear();
  store.set({ playing: true });
  store.set({ view: { ...store.get().view, camera: "top" } });
  await null;
  assert.deepEqual(types(), ["state"]);
});

test("an embed that stands alone has no bridge", () => {
  const page = /** @type {any} */ ({ addEventListener: () => assert.fail("listened") });
  page.parent = page;
  createBridge(/** @type {any} */ ({ page, boot: BOOT, store: createStore({}), actions: {}, begin() {} }));
});

test("only messages in our envelope are read", () => {
  assert.deepEqual(readEnvelope(message("get")), message("get"));
  for (const data of [
    undefined,
    null,
    "x",
    [],
    {},
    { moescope: 1 },
    { moescope: "1", type: "get" },
    { moescope: 1, type: 3 },
  ])
    assert.equal(readEnvelope(data), null);
});

test("the height asked for grows with the width, within bounds", () => {
  for (let width = 0; width < 3000; width += 7) {
    const height = heightFor(width);
    assert.ok(height >= 400 && height <= 640 && Number.isInteger(height));
  }
  assert.ok(heightFor(360) > 360, "upright on a phone");
});

test("a view that is set before its trace is there still opens where its address said", () => {
  const { say, store, done } = setUp();
  store.set({ view: { ...store.get().view, token: 4 } });
  say(message("hello"));
  say(message("set", { view: { k: 1 } }));
  const [, view] = done.find(([name]) => name === "setRequest");
  assert.deepEqual([view, store.get().view.token], [{ k: 1 }, 4]);
});

test("a host page is told what the server could not use of its change", async () => {
  const { say, arrive, store, told } = setUp();
  say(message("hello"));
  store.set({ notices: [{ field: "k", message: "k: expected 1 to 8, got 9; showing 2" }] });
  say(message("set", { id: 3, view: { k: 9 } }));
  await arrive();
  assert.deepEqual(told.find(({ type }) => type === "reply").problems, [
    "k: expected 1 to 8, got 9; showing 2",
  ]);
});
