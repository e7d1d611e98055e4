import assert from "node:assert/strict";
import { test } from "node:test";
import { addressOf, connect, Connection, EVENTS, KEYS } from "../../../static/embed.js";
import { KEYS as DECLARED } from "../boot_data.js";

const ORIGIN = "https://moescope.example";

/** A host page with frames; the test is the frames. */
function setUp(count = 1) {
  /** @type {Set<(event: any) => void>} */ const listeners = new Set();
  const page = /** @type {any} */ ({
    addEventListener: (/** @type {string} */ _, /** @type {any} */ listener) => listeners.add(listener),
    removeEventListener: (/** @type {string} */ _, /** @type {any} */ listener) => listeners.delete(listener),
  });
  const frames = Array.from({ length: count }, () => {
    /** @type {any[]} */ const sent = [];
    /** @type {any[]} */ const heard = [];
    const contentWindow = {
      postMessage: (/** @type {any} */ data, /** @type {string} */ target) => sent.push({ ...data, target }),
    };
    const frame = /** @type {any} */ ({ contentWindow, src: `${ORIGIN}/embed` });
    const connection = new Connection(frame, ORIGIN, (type, detail) => heard.push([type, detail]), page);
    const say = (
      /** @type {string} */ type,
      more = {},
      { origin = ORIGIN, source = /** @type {any} */ (contentWindow) } = {},
    ) =>
      [...listeners].forEach((listener) =>
        listener({ data: { moescope: 1, type, ...more }, origin, source }),
      );
    return { connection, frame, sent, heard, say };
  });
  return { frames, page, listeners };
}

const state = { status: "ready", error: "" };

test("the element takes every key of the page's URL, and no other", () => {
  assert.deepEqual([...KEYS].sort(), DECLARED.map(({ name }) => String(name)).sort());
});

test("an address has the keys that were given, escaped, beside those that it had", () => {
  assert.equal(
    addressOf(`${ORIGIN}/embed`, { scenario: "code", experts: 64, k: null }),
    `${ORIGIN}/embed?scenario=code&experts=64`,
  );
  const address = new URL(addressOf(`${ORIGIN}/embed?k=3&mode=all`, { prompt: "a&b=c #", k: 1 }));
  assert.deepEqual(Object.fromEntries(address.searchParams), { k: "1", mode: "all", prompt: "a&b=c #" });
});

test("hello is answered with hello; what was asked before waits for welcome", () => {
  const {
    frames: [{ connection, sent, say }],
  } = setUp();
  void connection.ask("play");
  assert.deepEqual(sent, []);
  say("hello");
  assert.deepEqual(
    sent.map(({ type }) => type),
    ["hello"],
  );
  say("welcome");
  assert.deepEqual(
    sent.map(({ type }) => type),
    ["hello", "play"],
  );
  assert.ok(sent.every(({ target, moescope }) => target === ORIGIN && moescope === 1));
});

test("an answer resolves the promise of its question with the state", async () => {
  const {
    frames: [{ connection, say }],
  } = setUp();
  say("welcome");
  const [first, second] = [connection.ask("get"), connection.ask("set", { view: { k: 1 } })];
  say("reply", { id: 2, state: { ...state, tokens: 2 }, problems: [] });
  say("reply", { id: 1, state: { ...state, tokens: 1 }, problems: [] });
  assert.deepEqual([(await first).tokens, (await second).tokens], [1, 2]);
});

test("a view that cannot be routed rejects with the reason", async () => {
  const {
    frames: [{ connection, say }],
  } = setUp();
  say("welcome");
  const asked = connection.ask("set", { view: { source: "live" } });
  say("reply", { id: 1, state: { ...state, status: "error", error: "prompt: too long" }, problems: [] });
  await assert.rejects(asked, /prompt: too long/);
});

test("what comes from another frame or origin, and what is unknown, is ignored", () => {
  const {
    frames: [{ sent, heard, say }],
  } = setUp();
  say("hello", {}, { origin: "https://evil.example" });
  say("token", {}, { origin: "https://evil.example" });
  say("token", {}, { source: {} });
  say("token", {}, { source: null });
  say("explode");
  say("token", { moescope: 2 });
  assert.deepEqual([sent, heard], [[], []]);
});

test("events of a frame reach its own element alone", () => {
  const {
    frames: [a, b],
  } = setUp(2);
  for (const type of EVENTS) a.say(type, { n: 1 });
  assert.deepEqual(
    a.heard.map(([type]) => type),
    EVENTS,
  );
  assert.deepEqual(b.heard, []);
  a.say("hello");
  assert.deepEqual([a.sent.length, b.sent.length], [1, 0]);
});

test("a frame that loads anew is greeted anew, and what the old one owed is refused", async () => {
  const {
    frames: [{ connection, sent, say }],
  } = setUp();
  say("welcome");
  const asked = connection.ask("get");
  say("hello");
  await assert.rejects(asked, /loaded anew/);
  void connection.ask("play");
  say("welcome");
  assert.deepEqual(
    sent.map(({ type }) => type),
    ["get", "hello", "play"],
  );
});

test("a closed connection listens no more and refuses what is open", async () => {
  const {
    frames: [{ connection, heard, say }],
    listeners,
  } = setUp();
  say("welcome");
  const asked = connection.ask("get");
  connection.close();
  await assert.rejects(asked, /taken out/);
  say("token");
  assert.deepEqual([heard.length, listeners.size], [0, 0]);
});

test("a frame of a file has no origin to name", () => {
  const {
    frames: [{ frame, sent }],
    page,
  } = setUp();
  new Connection(frame, "null", () => {}, page).greet();
  assert.equal(sent[0].target, "*");
  assert.equal(typeof connect, "function");
});
