/**
 * The connection to the server. It reconnects and resumes where it stopped. The caller passes
 * the WebSocket class, timers and listeners; nothing here depends on the page.
 *
 * @import {ErrorMessage, Message, Step, TokensMessage, TraceMessage, OpenRequest} from "./wire.js"
 */

import { decodeStep, decodeText, encodeOpen, encodeStop } from "./wire.js";

/** Seconds before the first attempt to reconnect. Each further attempt waits twice as long, up to SLOWEST. */
const SOONEST = 0.25;
const SLOWEST = 8;
const ABNORMAL = 4000; // close code for unreadable messages
const OPEN = 1; // readyState of a WebSocket

/**
 * @typedef {"connecting" | "streaming" | "done" | "lost"} Connection
 *
 * @typedef {object} Options
 * @property {string} url
 * @property {(message: TraceMessage) => void} onTrace   a trace starts; not called when a stream is resumed
 * @property {(step: Step) => void} onStep               each token once, in ascending order
 * @property {(message: TokensMessage) => void} [onTokens]   generated tokens; repeated if a stream is resumed
 * @property {() => void} onEnd
 * @property {(error: {code: string, field: string | null, message: string, errors: ErrorMessage["errors"]}) => void} onError
 * @property {(state: Connection) => void} onState
 * @property {new (url: string) => WebSocket} [WebSocket]
 * @property {(callback: () => void, ms: number) => any} [setTimeout]
 * @property {(timer: any) => void} [clearTimeout]
 * @property {() => number} [random]
 *
 * @typedef {object} Stream
 * @property {OpenRequest} openRequest
 * @property {number} id            of the last message `open`; answers to earlier ones are ignored
 * @property {number} received      tokens that have arrived
 * @property {string | null} trace  identity, once it is known
 * @property {boolean} over         ended, stopped or refused: nothing more is expected
 */

/** @param {Options} options */
export function createSocket(options) {
  const later = options.setTimeout ?? ((callback, ms) => setTimeout(callback, ms));
  const never = options.clearTimeout ?? ((timer) => clearTimeout(timer));
  const random = options.random ?? Math.random;
  /** @type {WebSocket | null} */
  let socket = null;
  /** @type {Stream | null} */
  let stream = null;
  /** @type {any} */
  let timer = null;
  let lastId = 0;
  let failures = 0;
  /** @type {Connection | null} */
  let state = null;

  /** @param {Connection} now */
  function become(now) {
    if (now === state) return;
    state = now;
    options.onState(now);
  }

  function connect() {
    never(timer);
    timer = null;
    const fresh = new (options.WebSocket ?? WebSocket)(options.url);
    socket = fresh;
    fresh.binaryType = "arraybuffer";
    fresh.onopen = () => fresh === socket && ask();
    fresh.onmessage = ({ data }) => fresh === socket && take(data);
    fresh.onclose = () => fresh === socket && lose();
  }

  /** Requests the missing part of the stream. */
  function ask() {
    if (!stream || stream.over || socket?.readyState !== OPEN) return;
    stream.id = lastId = (lastId + 1) % 2 ** 32;
    socket.send(encodeOpen(stream.id, stream.openRequest, stream.received));
  }

  function lose() {
    socket = null;
    if (!stream || stream.over) return; // the next open connects again
    become("lost");
    const wait = Math.min(SLOWEST, SOONEST * 2 ** failures++);
    timer = later(connect, 1000 * wait * (0.5 + 0.5 * random())); // random, because clients of one server must not reconnect at the same time
  }

  /** @param {string | ArrayBuffer} data */
  function take(data) {
    if (!stream || stream.over) return;
    try {
      if (typeof data === "string") hear(stream, decodeText(data));
      else receive(stream, decodeStep(data));
    } catch (error) {
      fail(stream, { code: "unreadable", field: null, message: String(error), errors: [] });
      socket?.close(ABNORMAL);
    }
  }

  /** @param {Stream} current @param {Step} step */
  function receive(current, step) {
    if (step.id !== current.id || step.token < current.received) return;
    if (step.token > current.received)
      throw new Error(`step: expected token ${current.received}, got ${step.token}`);
    current.received++;
    options.onStep(step);
  }

  /** @param {Stream} current @param {Message} message */
  function hear(current, message) {
    if (message.id !== current.id && message.id !== null) return;
    if (message.op === "trace") begin(current, message);
    else if (message.op === "tokens") options.onTokens?.(message);
    else if (message.op === "end") finish(current, options.onEnd);
    else fail(current, message);
  }

  /** @param {Stream} current @param {TraceMessage} message */
  function begin(current, message) {
    failures = 0;
    const resumed = current.received > 0;
    if (resumed && message.trace !== current.trace) {
      current.received = 0; // the server has another trace now: a new version, or another scenario file
      ask();
      return;
    }
    current.trace = message.trace;
    become("streaming");
    if (!resumed) options.onTrace(message);
  }

  /** @param {Stream} current @param {() => void} tell */
  function finish(current, tell) {
    current.over = true;
    become("done");
    tell();
  }

  /** @param {Stream} current @param {Parameters<Options["onError"]>[0]} error */
  function fail(current, { code, field, message, errors }) {
    if (code === "busy")
      socket?.close(); // reconnects later
    else finish(current, () => options.onError({ code, field, message, errors }));
  }

  return {
    /** Requests a trace in place of the previous one. @param {OpenRequest} openRequest */
    open(openRequest) {
      stream = { openRequest, id: -1, received: 0, trace: null, over: false };
      become("connecting");
      if (socket) ask();
      else connect();
    },
    /** Cancels the running stream. */
    stop() {
      if (!stream || stream.over) return;
      if (socket?.readyState === OPEN) socket.send(encodeStop(stream.id));
      finish(stream, () => {});
      never(timer);
    },
    /** Reconnects at once: the page is visible again, the network has returned, or a user retries. */
    retry() {
      if (socket || !stream || stream.over) return;
      failures = 0;
      connect();
    },
    /** Replaces the connection after a change of network. Reason: a connection that looks open may be dead. */
    renew() {
      const old = socket;
      socket = null;
      old?.close();
      never(timer);
      if (!stream || stream.over) return; // the next open connects again
      failures = 0;
      connect();
    },
    /** Disconnects a hidden page. `retry` requests the missing part of the stream. */
    rest() {
      const old = socket;
      never(timer);
      if (!stream || stream.over) return;
      socket = null;
      old?.close();
    },
    close() {
      never(timer);
      if (stream) stream.over = true;
      const old = socket;
      socket = null;
      old?.close();
    },
  };
}
