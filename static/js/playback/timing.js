/**
 * The timeline of a trace. Tokens enter as fast as they would if all that a model was asked to write were there, so that
 * the past stays where it is while the trace grows.
 *
 * @import {Mode, Trace} from "../types.js"
 * @import {Schedule} from "./timeline.js"
 */

import { createTimeline } from "./timeline.js";

/** So many tokens are expected of a trace. @param {Pick<Trace, "tokens" | "origin">} trace */
export function expectedOf({ tokens, origin }) {
  return Math.max(tokens.length, (origin.prompt_tokens ?? tokens.length) + (origin.continue ?? 0));
}

/** @param {Mode} mode @param {Trace} trace @returns {Schedule} */
export function timelineOf(mode, trace) {
  return createTimeline(mode, trace.tokens.length, trace.model.layers, expectedOf(trace));
}

/** The tokens of a message with the mark that the model wrote them. @param {import("../types.js").Token[]} tokens */
export function asWritten(tokens) {
  return tokens.map((token) => ({ ...token, written: true }));
}
