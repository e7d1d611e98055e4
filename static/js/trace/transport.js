/**
 * A WebSocket, or a substitute with the same interface that requests the messages over HTTP if the network blocks
 * sockets. It falls back within three seconds, and returns to the socket when one opens.
 *
 * @import {Request} from "../types.js"
 */

/** Seconds until an attempt to open a socket fails, the parts in which they are counted, and the seconds before the next. */
const PATIENCE = 2;
const PARTS = 4;
const PROBE = 20;
const FRAME_BYTES = 5; // kind and length of a message, as in docs/PROTOCOL.md
const TEXT = 1;
const [CONNECTING, OPEN, CLOSED] = [0, 1, 3];

/** @typedef {{id: number, request: Partial<Request>, from: number, changed?: string[], second?: Partial<Request> | null, around?: number}} StreamRequest */

/**
 * @typedef {object} Options
 * @property {boolean} [http]            use HTTP only; a cache in front of the server can store the answers
 * @property {string} [address]          of the stream over HTTP
 * @property {() => void} [onBlocked]    called once if no socket can open
 * @property {new (url: string) => WebSocket} [WebSocket]
 * @property {typeof fetch} [fetch]
 * @property {(callback: () => void, ms: number) => any} [setTimeout]
 * @property {(timer: any) => void} [clearTimeout]
 */

/**
 * Returns a class that replaces WebSocket.
 * @param {Options} options
 * @returns {new (url: string) => WebSocket}
 */
export function createTransport(options = {}) {
  const later = options.setTimeout ?? ((callback, ms) => setTimeout(callback, ms));
  const never = options.clearTimeout ?? ((timer) => clearTimeout(timer));
  const ask = options.fetch ?? ((address, init) => fetch(address, init));
  const address = options.address ?? "api/stream";
  /** HTTP answered and no socket opened, so the next connection does not wait for one. */
  let blocked = options.http ?? false;

  function block() {
    if (!blocked) options.onBlocked?.();
    blocked = true;
  }

  class Transport {
    readyState = CONNECTING;
    binaryType = "arraybuffer";
    /** @type {(() => void) | null} */ onopen = null;
    /** @type {((event: {data: string | ArrayBuffer}) => void) | null} */ onmessage = null;
    /** @type {(() => void) | null} */ onclose = null;
    /** @type {WebSocket | null} */ socket = null;
    /** @type {AbortController | null} */ running = null;
    /** @type {any} */ timer = null;

    /** @param {string} url */
    constructor(url) {
      this.url = url;
      if (blocked) queueMicrotask(() => this.open());
      if (!options.http) this.attempt();
    }

    /** Tries to open a socket. */
    attempt() {
      if (this.readyState === CLOSED) return;
      const fresh = new (options.WebSocket ?? WebSocket)(this.url);
      fresh.binaryType = "arraybuffer";
      const giveUp = () => {
        never(this.timer);
        fresh.onopen = fresh.onclose = null;
        fresh.close();
        if (this.readyState === CLOSED) return;
        this.timer = later(() => this.attempt(), 1000 * PROBE);
        this.open();
      };
      this.trying = fresh;
      // In parts: while the page compiles its shaders, a timer runs out before the socket's event can be heard.
      const wait = (/** @type {number} */ parts) => {
        this.timer = later(parts > 1 ? () => wait(parts - 1) : giveUp, (1000 * PATIENCE) / PARTS);
      };
      wait(PARTS);
      fresh.onopen = () => {
        never(this.timer);
        if (this.readyState === CLOSED) return fresh.close();
        blocked = false;
        this.socket = fresh;
        this.open();
      };
      fresh.onmessage = ({ data }) => this.running === null && this.onmessage?.({ data });
      fresh.onclose = () => {
        if (this.socket !== fresh) return giveUp();
        this.socket = null;
        if (this.running === null) this.lose();
        else this.timer = later(() => this.attempt(), 1000 * PROBE);
      };
    }

    open() {
      if (this.readyState !== CONNECTING) return;
      this.readyState = OPEN;
      this.onopen?.();
    }

    lose() {
      if (this.readyState === CLOSED) return;
      this.end();
      this.onclose?.();
    }

    end() {
      this.readyState = CLOSED;
      never(this.timer);
      this.running?.abort();
      this.running = null;
    }

    /** @param {string} text  of an open or a stop */
    send(text) {
      this.running?.abort();
      this.running = null;
      if (this.socket) return this.socket.send(text);
      const asked = JSON.parse(text);
      if (asked.op === "open") this.stream(asked);
    }

    /** @param {StreamRequest} asked */
    async stream(asked) {
      const { id } = asked;
      const running = (this.running = new AbortController());
      try {
        const answer = await ask(`${address}?${queryOf(asked)}`, { signal: running.signal });
        if (answer.ok) block();
        if (answer.ok && answer.body)
          for await (const data of messagesIn(answer.body, id)) this.tell(running, data);
        else this.tell(running, JSON.stringify({ op: "error", id, ...(await problemIn(answer)) }));
        if (this.running === running) this.running = null;
      } catch {
        if (this.running === running) this.lose();
      }
    }

    /** @param {AbortController} running @param {string | ArrayBuffer} data */
    tell(running, data) {
      if (this.running === running) this.onmessage?.({ data });
    }

    close() {
      if (this.readyState === CLOSED) return;
      this.end();
      const open = this.socket ?? this.trying;
      this.socket = null;
      if (open) open.onopen = open.onclose = null;
      open?.close();
      this.onclose?.();
    }
  }
  return /** @type {any} */ (Transport);
}

/** Returns the message `open` as a query string. @param {StreamRequest} asked */
function queryOf({ request, from, changed = [], second, around }) {
  const given = Object.entries(request).filter(([, value]) => value !== null && value !== undefined);
  const query = new URLSearchParams(given.map(([key, value]) => [key, String(value)]));
  for (const [key, value] of Object.entries(second ?? {})) query.set(`b.${key}`, String(value));
  if (changed.length) query.set("changed", changed.join(","));
  if (from) query.set("from", String(from));
  if (around) query.set("around", String(around));
  return query.toString();
}

/** Returns the reason for a missing stream in the format of the socket. @param {Response} answer */
async function problemIn(answer) {
  const { errors = [] } = await answer.json().catch(() => ({}));
  const busy = answer.status === 429 || answer.status >= 500;
  const message =
    errors.map((/** @type {any} */ each) => each.message).join("\n") || `server: HTTP ${answer.status}`;
  return { code: busy ? "busy" : "bad_request", field: errors[0]?.field ?? null, message, errors };
}

/**
 * Yields the messages of an answer as they arrive, with the id of their request.
 * @param {ReadableStream<Uint8Array>} body
 * @param {number} id
 */
export async function* messagesIn(body, id) {
  const reader = body.getReader();
  let held = new Uint8Array(0);
  for (;;) {
    const { done, value } = await reader.read();
    if (value) held = joined(held, value);
    for (let size = sizeOf(held); size !== null && held.length >= size; size = sizeOf(held)) {
      yield messageOf(held[0], held.slice(FRAME_BYTES, size), id);
      held = held.slice(size);
    }
    if (done) break;
  }
  if (held.length > 0) throw new Error("stream: it ended within a message");
}

/** @param {Uint8Array} held */
function sizeOf(held) {
  if (held.length < FRAME_BYTES) return null;
  return FRAME_BYTES + new DataView(held.buffer, held.byteOffset).getUint32(1, true);
}

/** @param {number} kind @param {Uint8Array<ArrayBuffer>} data @param {number} id */
function messageOf(kind, data, id) {
  if (kind === TEXT) return JSON.stringify({ ...JSON.parse(new TextDecoder().decode(data)), id });
  new DataView(data.buffer).setUint32(4, id, true);
  return data.buffer;
}

/** @param {Uint8Array} a @param {Uint8Array} b */
function joined(a, b) {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
