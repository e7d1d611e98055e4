import assert from "node:assert/strict";
import { test } from "node:test";
import { createSocket } from "../../../static/js/trace/socket.js";
import { bytes, golden } from "../golden.js";

const REQUEST = /** @type {any} */ ({ source: "authored", scenario: "code", experts: 8, k: 2 });

/** A socket whose WebSockets and timers the test holds in its hand. */
function setUp() {
  /** @type {FakeSocket[]} */
  const sockets = [];
  /** @type {{callback: () => void, ms: number, off?: boolean}[]} */
  const timers = [];
  /** @type {any[]} */
  const heard = [];
  class FakeSocket {
    readyState = 0;
    /** @type {any[]} */ sent = [];
    /** @type {any} */ onopen;
    /** @type {any} */ onmessage;
    /** @type {any} */ onclose;
    constructor(/** @type {string} */ url) {
      this.url = url;
      sockets.push(this);
    }
    send(/** @type {string} */ text) {
      assert.equal(this.readyState, 1, "sent before it was open");
      this.sent.push(JSON.parse(text));
    }
    close() {
      if (this.readyState < 3) this.fall();
    }
    accept() {
      this.readyState = 1;
      this.onopen();
    }
    fall() {
      this.readyState = 3;
      this.onclose({});
    }
    say(/** @type {any} */ message) {
      this.onmessage({ data: message instanceof ArrayBuffer ? message : JSON.stringify(message) });
    }
    last() {
      return this.sent.at(-1);
    }
  }
  const note = (/** @type {string} */ name) => (/** @type {any} */ value) => heard.push([name, value]);
  const socket = createSocket({
    url: "ws://here/ws",
    WebSocket: /** @type {any} */ (FakeSocket),
    setTimeout: (callback, ms) => timers[timers.push({ callback, ms }) - 1],
    clearTimeout: (timer) => timer && (timer.off = true),
    random: () => 1,
    onTrace: note("trace"),
    onStep: (step) => heard.push(["step", step.token]),
    onEnd: () => heard.push(["end"]),
    onError: note("error"),
    onState: note("state"),
  });
  /** Runs the last timer that was set. */
  function wait() {
    const timer = timers.at(-1);
    assert.ok(timer && !timer.off, "no timer is set");
    timer.off = true;
    timer.callback();
  }
  const names = () =>
    heard.map(([name, value]) => (name === "state" ? value : name === "step" ? `step ${value}` : name));
  return { socket, sockets, timers, heard, names, wait };
}

/** @param {number} id @param {number} [from] @param {string} [trace] */
const traceMessage = (id, from = 0, trace = "one") => ({
  op: "trace",
  id,
  trace,
  from,
  model: { layers: 2, experts: 4, top_k: 2 },
  origin: {},
  tokens: [{ text: "a" }, { text: "b" }, { text: "c" }],
});
/** @param {number} id @param {number} token */
function step(id, token) {
  const buffer = bytes(golden("steps")[0].hex);
  new DataView(buffer).setUint32(4, id, true);
  new DataView(buffer).setUint32(8, token, true);
  return buffer;
}

test("viewer opens a trace: asks when connected, hears trace, steps and end", () => {
  const {
    socket,
    sockets: [line],
    sockets,
    names,
  } = setUp();
  socket.open({ request: REQUEST });
  assert.equal(line, undefined);
  sockets[0].accept();
  assert.deepEqual(sockets[0].last(), { op: "open", version: 2, id: 1, request: REQUEST, from: 0 });
  sockets[0].say(traceMessage(1));
  [0, 1, 2].forEach((token) => sockets[0].say(step(1, token)));
  sockets[0].say({ op: "end", id: 1, tokens: 3 });
  assert.deepEqual(names(), [
    "connecting",
    "streaming",
    "trace",
    "step 0",
    "step 1",
    "step 2",
    "done",
    "end",
  ]);
});

test("viewer opens another trace while one runs: the old one's messages are dropped", () => {
  const { socket, sockets, names } = setUp();
  socket.open({ request: REQUEST });
  sockets[0].accept();
  sockets[0].say(traceMessage(1));
  socket.open({ request: { ...REQUEST, k: 1 } });
  assert.deepEqual(sockets[0].last().request.k, 1);
  sockets[0].say(step(1, 0));
  sockets[0].say({ op: "end", id: 1, tokens: 3 });
  sockets[0].say({ op: "error", id: 1, code: "internal", field: null, message: "late", errors: [] });
  sockets[0].say(traceMessage(2));
  sockets[0].say(step(2, 0));
  assert.equal(sockets.length, 1);
  assert.deepEqual(names(), [
    "connecting",
    "streaming",
    "trace",
    "connecting",
    "streaming",
    "trace",
    "step 0",
  ]);
});

test("connection drops in a stream: the viewer comes back and goes on at the token it had reached", () => {
  const { socket, sockets, names, wait } = setUp();
  socket.open({ request: REQUEST });
  sockets[0].accept();
  sockets[0].say(traceMessage(1));
  sockets[0].say(step(1, 0));
  sockets[0].fall();
  wait();
  sockets[1].accept();
  assert.deepEqual([sockets[1].last().id, sockets[1].last().from], [2, 1]);
  sockets[1].say(traceMessage(2, 1));
  sockets[1].say(step(2, 1));
  assert.deepEqual(names(), ["connecting", "streaming", "trace", "step 0", "lost", "streaming", "step 1"]);
});

test("server has another trace after the drop: the viewer starts again from the first token", () => {
  const { socket, sockets, heard, names, wait } = setUp();
  socket.open({ request: REQUEST });
  sockets[0].accept();
  sockets[0].say(traceMessage(1));
  sockets[0].say(step(1, 0));
  sockets[0].fall();
  wait();
  sockets[1].accept();
  sockets[1].say(traceMessage(2, 1, "two"));
  sockets[1].say(step(2, 1)); // of the stream that is given up
  assert.deepEqual([sockets[1].last().id, sockets[1].last().from], [3, 0]);
  sockets[1].say(traceMessage(3, 0, "two"));
  sockets[1].say(step(3, 0));
  assert.deepEqual(names().slice(4), ["lost", "streaming", "trace", "step 0"]);
  assert.equal(heard.filter(([name]) => name === "trace")[1][1].trace, "two");
});

test("server stays away: each try waits twice as long, up to eight seconds, and a success starts over", () => {
  const { socket, sockets, timers, wait } = setUp();
  socket.open({ request: REQUEST });
  for (let i = 0; i < 8; i++) {
    sockets[i].fall();
    wait();
  }
  assert.deepEqual(
    timers.map(({ ms }) => ms),
    [250, 500, 1000, 2000, 4000, 8000, 8000, 8000],
  );
  sockets[8].accept();
  sockets[8].say(traceMessage(1));
  sockets[8].fall();
  assert.equal(timers.at(-1)?.ms, 250);
});

test("jitter shortens a wait by up to half", () => {
  /** @type {number[]} */
  const waits = [];
  class Never {
    /** @type {any} */ onclose;
    constructor() {
      queueMicrotask(() => this.onclose());
    }
  }
  const nothing = () => {};
  const socket = createSocket({
    url: "",
    WebSocket: /** @type {any} */ (Never),
    setTimeout: (_, ms) => waits.push(ms),
    clearTimeout: nothing,
    random: () => 0,
    onTrace: nothing,
    onStep: nothing,
    onEnd: nothing,
    onError: nothing,
    onState: nothing,
  });
  socket.open({ request: REQUEST });
  return Promise.resolve().then(() => assert.deepEqual(waits, [125]));
});

test("connection drops after the end: nothing is lost, and the next open connects again", () => {
  const { socket, sockets, timers, names } = setUp();
  socket.open({ request: REQUEST });
  sockets[0].accept();
  sockets[0].say(traceMessage(1));
  sockets[0].say({ op: "end", id: 1, tokens: 3 });
  sockets[0].fall();
  assert.equal(timers.length, 0);
  assert.equal(names().at(-2), "done");
  socket.open({ request: REQUEST });
  sockets[1].accept();
  assert.equal(sockets[1].last().from, 0);
});

test("server refuses a request: the error is told once, and nothing is tried again", () => {
  const { socket, sockets, heard, timers, names } = setUp();
  socket.open({ request: REQUEST });
  sockets[0].accept();
  const errors = [{ field: "k", found: "9", expected: "1 to 8", message: "k: ..." }];
  sockets[0].say({ op: "error", id: 1, code: "bad_request", field: "k", message: "k: ...", errors });
  assert.deepEqual(names(), ["connecting", "done", "error"]);
  assert.deepEqual(heard.at(-1)[1], { code: "bad_request", field: "k", message: "k: ...", errors });
  sockets[0].fall();
  assert.equal(timers.length, 0);
});

test("server is busy: the viewer comes back later", () => {
  const { socket, sockets, names, wait } = setUp();
  socket.open({ request: REQUEST });
  sockets[0].accept();
  sockets[0].say({ op: "error", id: 1, code: "busy", field: null, message: "later", errors: [] });
  assert.deepEqual(names(), ["connecting", "lost"]);
  wait();
  sockets[1].accept();
  assert.equal(sockets[1].last().op, "open");
});

test("server sends what cannot be read: the viewer says so and stops", () => {
  for (const nonsense of ["{", '{"op":"?","id":1}', new ArrayBuffer(3)]) {
    const { socket, sockets, heard, timers } = setUp();
    socket.open({ request: REQUEST });
    sockets[0].accept();
    sockets[0].onmessage({ data: nonsense });
    assert.equal(heard.at(-1)[1].code, "unreadable");
    assert.equal(timers.length, 0);
  }
});

test("a step that skips a token is not taken for the next one", () => {
  const { socket, sockets, heard } = setUp();
  socket.open({ request: REQUEST });
  sockets[0].accept();
  sockets[0].say(traceMessage(1));
  sockets[0].say(step(1, 1));
  assert.match(heard.at(-1)[1].message, /expected token 0, got 1/);
});

test("viewer stops: the server is told, and what still comes is dropped", () => {
  const { socket, sockets, names } = setUp();
  socket.open({ request: REQUEST });
  sockets[0].accept();
  sockets[0].say(traceMessage(1));
  socket.stop();
  assert.deepEqual(sockets[0].last(), { op: "stop", id: 1 });
  sockets[0].say(step(1, 0));
  assert.deepEqual(names(), ["connecting", "streaming", "trace", "done"]);
});

test("viewer asks for another trace while the connection is lost: there is one connection, and it asks for the new one", () => {
  const { socket, sockets, timers } = setUp();
  socket.open({ request: REQUEST });
  sockets[0].accept();
  sockets[0].fall();
  socket.open({ request: { ...REQUEST, k: 1 } });
  assert.equal(timers[0].off, true);
  sockets[1].accept();
  assert.equal(sockets[1].last().request.k, 1);
  assert.equal(sockets.length, 2);
});

test("a person retries while the connection is lost: it is tried at once", () => {
  const { socket, sockets, timers } = setUp();
  socket.open({ request: REQUEST });
  sockets[0].fall();
  socket.retry();
  assert.equal(sockets.length, 2);
  assert.equal(timers[0].off, true);
  socket.retry(); // it is being tried
  assert.equal(sockets.length, 2);
});

test("the network is another one while a trace streams: a new connection goes on where the old one was", () => {
  const { socket, sockets, timers, names } = setUp();
  socket.open({ request: REQUEST });
  sockets[0].accept();
  sockets[0].say(traceMessage(1));
  sockets[0].say(step(1, 0));
  socket.renew(); // the old one looks open
  assert.equal(sockets[0].readyState, 3);
  sockets[1].accept();
  assert.equal(sockets[1].last().from, 1);
  assert.deepEqual([sockets.length, timers.length], [2, 0]);
  assert.ok(!names().includes("lost"));
});

test("the network is another one and nothing streams: the next trace has a new connection", () => {
  const { socket, sockets } = setUp();
  socket.open({ request: REQUEST });
  sockets[0].accept();
  sockets[0].say(traceMessage(1));
  socket.stop();
  socket.renew();
  assert.equal(sockets.length, 1);
  socket.open({ request: { ...REQUEST, k: 1 } });
  assert.equal(sockets.length, 2);
});

test("nobody looks while a trace streams: the connection ends, and what is missing is asked for later", () => {
  const { socket, sockets, timers } = setUp();
  socket.open({ request: REQUEST });
  sockets[0].accept();
  sockets[0].say(traceMessage(1));
  sockets[0].say(step(1, 0));
  socket.rest();
  assert.equal(sockets[0].readyState, 3);
  assert.deepEqual(
    timers.filter(({ off }) => !off),
    [],
  );
  socket.retry();
  sockets[1].accept();
  assert.equal(sockets[1].last().from, 1);
});

test("page goes: the connection closes and does not come back", () => {
  const { socket, sockets, timers } = setUp();
  socket.open({ request: REQUEST });
  sockets[0].accept();
  socket.close();
  assert.equal(sockets[0].readyState, 3);
  assert.equal(timers.length, 0);
});
