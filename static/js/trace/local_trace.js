/**
 * Traces without a server connection: the trace of an exported page, and a dropped file. Both send the messages of the
 * socket at once.
 *
 * @import {Exported} from "../boot_types.js"
 * @import {Listener} from "../state/loading.js"
 * @import {TraceMessage} from "./wire.js"
 */

import { decodeStep } from "./wire.js";

/** @typedef {{trace: TraceMessage, steps: ArrayBuffer}} Played */
/** @typedef {Played & {part?: ((around: number) => Promise<Played>) | null}} Dropped   part: of a long trace, the part with a token */

/** Returns the steps of a trace: binary messages of one size, one after another. @param {ArrayBuffer} buffer @param {number} tokens */
function stepsOf(buffer, tokens) {
  const size = buffer.byteLength / tokens;
  return Array.from({ length: tokens }, (_, token) =>
    decodeStep(buffer.slice(token * size, (token + 1) * size)),
  );
}

/** @param {string} base64 @param {number} tokens */
export function decodeSteps(base64, tokens) {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  return stepsOf(bytes.buffer, tokens);
}

/** Sends a whole trace to a listener. @param {Listener} listener @param {TraceMessage} trace @param {ReturnType<typeof stepsOf>} steps */
function send(listener, trace, steps) {
  listener.onState("streaming");
  listener.onTrace(trace);
  for (const step of steps) listener.onStep(step);
  listener.onState("done");
  listener.onEnd();
}

/**
 * Plays the trace of an exported page.
 * @param {Pick<Exported, "trace" | "steps">} exported
 * @param {Listener} listener
 */
export function createInlineTrace({ trace, steps }, listener) {
  return { open: () => send(listener, trace, decodeSteps(steps, trace.tokens.length)), retry() {} };
}

/**
 * Plays a dropped file in place of the trace of the server. Any other request removes it.
 * @template {{open: (request: any) => void, stop?: () => void}} Socket
 * @param {Socket} socket
 * @param {Listener} listener
 * @param {{held: () => Dropped | null, clear: () => void}} files
 * @returns {Socket}
 */
export function withDroppedFile(socket, listener, files) {
  /** @type {Dropped | null} */
  let shown = null;
  let asked = "";
  let turns = 0; // requests so far: a part that arrives after another request is not shown

  /** @param {Played} dropped @param {any} openRequest */
  function play({ trace, steps }, openRequest) {
    const request = openRequest.second ?? openRequest.request ?? openRequest;
    const answer = { request: { .../** @type {any} */ (trace).request, ...request }, given: request };
    send(listener, { ...trace, ...answer }, stepsOf(steps, trace.tokens.length));
  }
  /** @param {Dropped} dropped @param {any} openRequest */
  async function playPart(dropped, openRequest) {
    const turn = turns;
    try {
      const part = await /** @type {NonNullable<Dropped["part"]>} */ (dropped.part)(openRequest.around);
      if (turn === turns) play(part, openRequest);
    } catch (error) {
      if (turn === turns) listener.onError({ code: "part", field: null, message: String(error), errors: [] });
    }
  }
  return {
    ...socket,
    open(request) {
      turns++;
      const dropped = files.held();
      const key = JSON.stringify(request.second ?? request.request ?? request);
      if (dropped && (dropped !== shown || key === asked)) {
        socket.stop?.();
        shown = dropped;
        asked = key;
        return void (request.around && dropped.part ? playPart(dropped, request) : play(dropped, request));
      }
      if (dropped) files.clear();
      socket.open(request);
    },
  };
}
