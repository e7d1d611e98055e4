/**
 * The trace of an exported page: the same messages as from the socket, all at once.
 *
 * @import {Exported} from "../types.js"
 * @import {Listener} from "../state/loading.js"
 */

import { decodeStep } from "./wire.js";

/**
 * Returns the steps of a trace: binary messages, all of one size, one after another.
 * @param {string} base64
 * @param {number} tokens
 */
export function stepsOf(base64, tokens) {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const size = bytes.length / tokens;
  return Array.from({ length: tokens }, (_, token) =>
    decodeStep(bytes.buffer.slice(token * size, (token + 1) * size)),
  );
}

/**
 * @param {Pick<Exported, "trace" | "steps">} recorded
 * @param {Listener} listener
 */
export function createRecording({ trace, steps }, listener) {
  function open() {
    listener.onState("streaming");
    listener.onTrace(trace);
    for (const step of stepsOf(steps, trace.tokens.length)) listener.onStep(step);
    listener.onState("done");
    listener.onEnd();
  }
  return { open: () => open(), retry() {} };
}
