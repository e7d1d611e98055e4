/**
 * The open layers of a tall stack; the others are folded. Pure.
 *
 * @typedef {{first: number, last: number}} Fold  layers from 0, both open
 *
 * @import {State} from "../types.js"
 */

/** Number of open layers around the current one. */
const AROUND = 5;
/** Stacks with fewer layers cannot be folded. */
export const TALL = 12;
/** Taller stacks start folded, with this many open layers. */
const TALLEST = 16;
const FOLLOWING = 5;

/** Reads "10-20", or "10" for one layer; layers count from 1. @param {string} text @returns {Fold | undefined} */
export function parseFold(text) {
  const [, first, last = first] = /^(\d{1,4})(?:-(\d{1,4}))?$/.exec(text) ?? [];
  if (!first || +first < 1 || +last < +first) return undefined;
  return { first: +first - 1, last: +last - 1 };
}

/** @param {Fold} fold */
export function formatFold({ first, last }) {
  return `${first + 1}-${last + 1}`;
}

/** Returns the layers around one. @param {number} layer @param {number} layers @returns {Fold} */
export function foldAround(layer, layers) {
  const wide = Math.min(layers, 2 * AROUND + 1);
  const first = Math.max(0, Math.min(layers - wide, layer - AROUND));
  return { first, last: first + wide - 1 };
}

/** Clamps a fold to the layers of a stack; null if all of them are open. @param {Fold} fold @param {number} layers @returns {Fold | null} */
function foldWithin(fold, layers) {
  if (fold.first >= layers || (fold.first === 0 && fold.last >= layers - 1)) return null;
  return fold.last < layers ? fold : { first: fold.first, last: layers - 1 };
}

/**
 * Clamps the fold of a link to the layers of a stack. All layers of a tall stack stay named, as it would start folded.
 * @param {Fold} fold
 * @param {number} layers
 * @returns {Fold | null}
 */
export function keptFold(fold, layers) {
  const whole = fold.first === 0 && fold.last >= layers - 1;
  return whole && layers > TALLEST ? { first: 0, last: layers - 1 } : foldWithin(fold, layers);
}

/**
 * Returns the fold of a state: that of the view, or for a tall stack the layers around the current one.
 * @param {Pick<State, "view" | "trace" | "at">} state
 * @returns {Fold | null}
 */
export function foldOf(state) {
  const { view, trace } = state;
  if (!trace) return null;
  const { layers } = trace.model;
  if (view.fold) return foldWithin(view.fold, layers);
  return layers > TALLEST ? foldFollowing(lookedAt(state), layers) : null;
}

/**
 * Returns the open layers for a token that rises. They change page by page; the last layer of a page is the first of the
 * next.
 * @param {number} layer
 * @param {number} layers
 * @returns {Fold}
 */
export function foldFollowing(layer, layers) {
  const page = Math.floor(Math.max(0, layer) / (FOLLOWING - 1));
  const first = Math.min(page * (FOLLOWING - 1), layers - FOLLOWING);
  return { first, last: first + FOLLOWING - 1 };
}

/** Returns a few open layers around this one. @param {number} layer @param {number} layers @returns {Fold} */
export function foldOn(layer, layers) {
  const first = Math.max(0, Math.min(layers - FOLLOWING, layer - (FOLLOWING >> 1)));
  return { first, last: first + FOLLOWING - 1 };
}

/** Moves a fold up or down. A few of its layers stay open. @param {Fold} fold @param {1 | -1} direction @param {number} layers @returns {Fold} */
function movedFold({ first, last }, direction, layers) {
  const wide = last - first + 1;
  const next = Math.max(0, Math.min(layers - wide, first + direction * Math.max(1, wide - 2)));
  return { first: next, last: next + wide - 1 };
}

/** Returns the layer that a fold must keep open. @param {Pick<State, "view" | "trace" | "at">} state */
function lookedAt(state) {
  const { view, at } = state;
  return view.tower?.layer ?? (view.camera === "top" ? floorOf(state) : Math.max(0, at.layer));
}

/** Returns the fold with the next layers up or down open; null if none is folded. @param {State} state @param {1 | -1} direction */
export function nextFold(state, direction) {
  const fold = foldOf(state);
  return fold && movedFold(fold, direction, state.trace?.model.layers ?? 0);
}

/** Returns the fold around the current layer, or for a folded stack the unfolded one. @param {State} state */
export function toggledFold(state) {
  const layers = state.trace?.model.layers ?? 0;
  if (foldOf(state)) return layers > TALLEST ? { first: 0, last: layers - 1 } : null;
  return layers < TALL || layers > TALLEST ? null : foldAround(lookedAt(state), layers);
}

/**
 * Returns the layer that TOP looks at: the selected one in SEQUENCE, where tokens are in many layers at once; else the
 * layer of the current event.
 * @param {Pick<State, "view" | "at" | "trace">} state
 */
export function floorOf({ view, at, trace }) {
  const last = (trace?.model.layers ?? 1) - 1;
  const layer = view.mode === "sequence" ? (view.floor ?? 0) : at.layer;
  return Math.max(0, Math.min(layer, last));
}
