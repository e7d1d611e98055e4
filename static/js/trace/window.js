/**
 * The part of a long trace that the page holds. Code counts tokens within that part. The address, host pages and the
 * displayed text count them in the whole. This module converts between the two. Pure.
 *
 * @import {Trace} from "../types.js"
 */

/** @typedef {{from: number, of: number}} Part   the first token of the part, and the tokens of the whole */

/** @param {Trace | null} trace @returns {Part | null} null if the page holds the whole trace */
export function partOf(trace) {
  return trace?.origin.window ?? null;
}

/** Returns the index of the first token that the page holds. @param {Trace | null} trace */
export function firstOf(trace) {
  return partOf(trace)?.from ?? 0;
}

/** Returns the number of tokens of the whole. @param {Trace} trace */
export function totalOf(trace) {
  return partOf(trace)?.of ?? trace.tokens.length;
}

/** Returns the displayed number of a token: in the whole, from 1. @param {Trace | null} trace @param {number} token */
export function numberOf(trace, token) {
  return firstOf(trace) + token + 1;
}

/** Returns the index of a token of the whole on the page; null if the page does not hold it. @param {Trace} trace @param {number} token */
export function placeOf(trace, token) {
  const place = token - firstOf(trace);
  return place >= 0 && place < trace.tokens.length ? place : null;
}

/** Returns whether two traces are the same part. @param {Trace} a @param {Trace} b */
export function samePart(a, b) {
  return firstOf(a) === firstOf(b) && partOf(a)?.of === partOf(b)?.of;
}
