/**
 * A dropped trace, which replaces the trace of the server. Any other request removes it.
 *
 * @import {Listener} from "../state/loading.js"
 * @import {TraceMessage} from "./wire.js"
 */

import { decodeStep } from "./wire.js";

/** @typedef {{trace: TraceMessage, steps: ArrayBuffer}} Played */

/**
 * @template {{open: (request: any) => void, stop?: () => void}} Socket
 * @param {Socket} socket
 * @param {Listener} listener
 * @param {{held: () => Played | null, clear: () => void}} files
 * @returns {Socket}
 */
export function withHeld(socket, listener, files) {
  /** @type {Played | null} */
  let shown = null;
  let asked = "";

  /** @param {Played} held @param {any} wish */
  function play({ trace, steps }, wish) {
    const request = wish.second ?? wish.request ?? wish;
    const answer = { request: { .../** @type {any} */ (trace).request, ...request }, given: request };
    listener.onState("streaming");
    listener.onTrace({ ...trace, ...answer });
    const size = steps.byteLength / trace.tokens.length;
    for (let token = 0; token < trace.tokens.length; token++)
      listener.onStep(decodeStep(steps.slice(token * size, (token + 1) * size)));
    listener.onState("done");
    listener.onEnd();
  }
  return {
    ...socket,
    open(request) {
      const held = files.held();
      const key = JSON.stringify(request.second ?? request.request ?? request);
      if (held && (held !== shown || key === asked)) {
        socket.stop?.();
        shown = held;
        asked = key;
        return play(held, request);
      }
      if (held) files.clear();
      socket.open(request);
    },
  };
}
