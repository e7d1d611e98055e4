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

/**
 * Reads the messages of streams and tells the listeners.
 * @param {Options} options
 * @param {object} connection
 * @param {() => void} connection.ask          requests the missing part of the stream
 * @param {(state: Connection) => void} connection.become
 * @param {() => void} connection.connected    the server answered
 * @param {(code?: number) => void} connection.close   it reconnects later
 */
function createReader(options, { ask, become, connected, close }) {
  /** @param {Stream} stream @param {Step} step */
  function receive(stream, step) {
    if (step.id !== stream.id || step.token < stream.received) return;
    if (step.token > stream.received)
      throw new Error(`step: expected token ${stream.received}, got ${step.token}`);
    stream.received++;
    options.onStep(step);
  }

  /** @param {Stream} stream @param {Message} message */
  function hear(stream, message) {
    if (message.id !== stream.id && message.id !== null) return;
    if (message.op === "trace") begin(stream, message);
    else if (message.op === "tokens") options.onTokens?.(message);
    else if (message.op === "end") finish(stream, options.onEnd);
    else fail(stream, message);
  }

  /** @param {Stream} stream @param {TraceMessage} message */
  function begin(stream, message) {
    connected();
    const resumed = stream.received > 0;
    if (resumed && message.trace !== stream.trace) {
      stream.received = 0; // the server has another trace now: a new version, or another scenario file
      ask();
      return;
    }
    stream.trace = message.trace;
    become("streaming");
    if (!resumed) options.onTrace(message);
  }

  /** @param {Stream} stream @param {() => void} [tell] */
  function finish(stream, tell = () => {}) {
    stream.over = true;
    become("done");
    tell();
  }

  /** @param {Stream} stream @param {Parameters<Options["onError"]>[0]} error */
  function fail(stream, { code, field, message, errors }) {
    if (code === "busy") close();
    else finish(stream, () => options.onError({ code, field, message, errors }));
  }

  return {
    finish,
    /** Reads a message. @param {Stream} stream @param {string | ArrayBuffer} data */
    take(stream, data) {
      if (stream.over) return;
      try {
        if (typeof data === "string") hear(stream, decodeText(data));
        else receive(stream, decodeStep(data));
      } catch (error) {
        fail(stream, { code: "unreadable", field: null, message: String(error), errors: [] });
        close(ABNORMAL);
      }
    },
  };
}

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
    fresh.onmessage = ({ data }) => fresh === socket && stream && reader.take(stream, data);
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
    // Random, because the clients of a server must not reconnect at the same time.
    timer = later(connect, 1000 * wait * (0.5 + 0.5 * random()));
  }

  const reader = createReader(options, {
    ask,
    become,
    connected: () => void (failures = 0),
    close: (code) => socket?.close(code),
  });

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
      reader.finish(stream);
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
