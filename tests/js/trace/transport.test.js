import assert from "node:assert/strict";
import { test } from "node:test";
import { createTransport, messagesIn } from "../../../static/js/trace/transport.js";

/** A message as the stream over HTTP carries it. @param {string | Uint8Array} message */
function framed(message) {
  const data = typeof message === "string" ? new TextEncoder().encode(message) : message;
  const frame = new Uint8Array(5 + data.length);
  new DataView(frame.buffer).setUint8(0, typeof message === "string" ? 1 : 2);
  new DataView(frame.buffer).setUint32(1, data.length, true);
  frame.set(data, 5);
  return frame;
}

/** @param {Uint8Array[]} parts */
function bodyOf(...parts) {
  return new Response(new Blob(/** @type {any} */ (parts))).body ?? assert.fail("no body");
}

/** WebSockets, timers and answers that the test holds in its hand. @param {{http?: boolean}} [more] */
function setUp(more = {}) {
  /** @type {any[]} */ const sockets = [];
  /** @type {any[]} */ const timers = [];
  /** @type {string[]} */ const asked = [];
  /** @type {any[]} */ const heard = [];
  class FakeSocket {
    /** @type {any} */ onopen;
    /** @type {any} */ onclose;
    /** @type {string[]} */ sent = [];
    closed = false;
    constructor() {
      sockets.push(this);
    }
    send(/** @type {string} */ text) {
      this.sent.push(text);
    }
    close() {
      this.closed = true;
    }
  }
  const made = {
    sockets,
    timers,
    asked,
    heard,
    blocked: 0,
    answer: () => new Response(bodyOf(framed('{"op":"end","id":0,"tokens":1}'))),
  };
  const Transport = createTransport({
    ...more,
    WebSocket: /** @type {any} */ (FakeSocket),
    setTimeout: (callback, ms) => timers[timers.push({ callback, ms }) - 1],
    clearTimeout: (timer) => timer && (timer.off = true),
    fetch: /** @type {any} */ (async (/** @type {string} */ url) => (asked.push(url), made.answer())),
    onBlocked: () => made.blocked++,
  });
  const open = () => {
    const connection = new Transport("ws://here/ws");
    connection.onopen = () => heard.push("open");
    connection.onmessage = ({ data }) => heard.push(JSON.parse(data));
    connection.onclose = () => heard.push("close");
    return connection;
  };
  return { made, open };
}

const ASK = JSON.stringify({
  op: "open",
  version: 1,
  id: 7,
  request: { scenario: "code", step: null },
  from: 3,
});
const settle = () => new Promise((done) => setImmediate(done));

test("a socket that opens is used, and nothing is asked over HTTP", () => {
  const { made, open } = setUp();
  const connection = open();
  made.sockets[0].onopen();
  connection.send(ASK);
  assert.deepEqual([made.heard, made.sockets[0].sent, made.asked], [["open"], [ASK], []]);
});

test("a socket that does not open within two seconds gives way to HTTP, with the same id", async () => {
  const { made, open } = setUp();
  const connection = open();
  let waited = 0;
  for (let i = 0; i < made.timers.length && made.heard.length === 0; i++) {
    waited += made.timers[i].ms;
    made.timers[i].callback();
  }
  assert.equal(waited, 2000);
  connection.send(ASK);
  await settle();
  assert.deepEqual(made.asked, ["api/stream?scenario=code&from=3"]);
  assert.deepEqual(made.heard, ["open", { op: "end", id: 7, tokens: 1 }]);
  assert.equal(made.blocked, 1);
});

test("a page that was busy while its socket opened hears the socket before its patience ends", async () => {
  const { made, open } = setUp();
  const connection = open();
  made.timers[0].callback(); // it ran out while the page was busy; the event of the socket is next
  made.sockets[0].onopen();
  connection.send(ASK);
  await settle();
  assert.deepEqual([made.sockets[0].sent, made.asked.length, made.blocked], [[ASK], 0, 0]);
});

test("a socket that opens later takes the next request", async () => {
  const { made, open } = setUp();
  const connection = open();
  made.sockets[0].onclose();
  connection.send(ASK);
  await settle();
  made.timers.at(-1).callback();
  made.sockets[1].onopen();
  connection.send(ASK);
  assert.deepEqual([made.sockets[1].sent, made.asked.length], [[ASK], 1]);
});

test("a server that refuses over HTTP says why, and a busy one is asked again later", async () => {
  const { made, open } = setUp({ http: true });
  const connection = open();
  await settle();
  assert.equal(made.sockets.length, 0);
  const errors = [{ field: "k", found: "9", expected: "1 to 8", message: "k: expected 1 to 8" }];
  for (const [status, code] of /** @type {const} */ ([
    [422, "bad_request"],
    [413, "bad_request"],
    [429, "busy"],
    [503, "busy"],
  ])) {
    made.answer = () => new Response(JSON.stringify({ errors }), { status });
    connection.send(ASK);
    await settle();
    assert.equal(made.heard.at(-1).code, code);
    assert.equal(made.heard.at(-1).field, "k");
  }
});

test("a network that fails closes the connection", async () => {
  const { made, open } = setUp({ http: true });
  const connection = open();
  await settle();
  made.answer = () => {
    throw new TypeError("no network");
  };
  connection.send(ASK);
  await settle();
  assert.equal(made.heard.at(-1), "close");
});

test("messages are whole however the bytes are cut, and a cut end is an error", async () => {
  const step = new Uint8Array(20).fill(9);
  const whole = new Uint8Array([...framed('{"op":"trace","id":0}'), ...framed(step)]);
  for (const size of [1, 3, 7, whole.length]) {
    const parts = Array.from({ length: Math.ceil(whole.length / size) }, (_, i) =>
      whole.slice(i * size, (i + 1) * size),
    );
    const found = [];
    for await (const message of messagesIn(bodyOf(...parts), 5)) found.push(message);
    assert.deepEqual(JSON.parse(/** @type {string} */ (found[0])), { op: "trace", id: 5 });
    assert.equal(new DataView(/** @type {ArrayBuffer} */ (found[1])).getUint32(4, true), 5);
  }
  await assert.rejects(async () => {
    for await (const message of messagesIn(bodyOf(whole.slice(0, -1)), 5)) assert.ok(message);
  }, /ended within a message/);
});
