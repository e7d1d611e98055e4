/**
 * Playback time: when each token reaches, fires and leaves each layer. Pure: everything is a function of a timeline.
 *
 * One formula covers the three modes. Token t enters at `t * stagger`. It takes one `step` from the entry to the first
 * router plane and one `step` from plane to plane. It rests at a plane for `beat`, and its top-k experts fire `LAG` of a
 * step after it arrived. SINGLE: the next token enters after the last has left. SEQUENCE: it enters before that. ALL AT
 * ONCE: the stagger is zero.
 *
 * @typedef {{token: number, layer: number}} Firing
 * @typedef {Timeline & {step: number, stagger: number, hero?: number, entry: (token: number) => number}} Schedule
 *
 * @import {Flight, Mode, State, Timeline, Trace} from "../types.js"
 */

/** Seconds in which a fired tower fades from its flash to its resting brightness. */
export const SETTLE = 2;

/** Seconds from one layer to the next in a stack of up to SHORT layers. Taller stacks are faster. */
const STEP = { single: 1.1, sequence: 0.62, all: 1.6 };
const SHORT = 6;
const REST = 0.74; // share of a step that a token rests at a plane
const LAG = 0.34; // share of a step between arriving and firing
/** Steps between two tokens in SEQUENCE: 2 over the golden ratio. Because it is irrational, no two events coincide. */
const STAGGER = Math.sqrt(5) - 1;
const LONG = 16; // prompts of more tokens enter faster

/**
 * @param {Mode} mode
 * @param {number} tokens  T
 * @param {number} layers  L
 * @param {number} [expected]  tokens including those still to come; determines how fast they enter
 * @returns {Schedule}
 */
export function createTimeline(mode, tokens, layers, expected = tokens) {
  const step = stepOf(mode, layers);
  const stagger = staggerOf(mode, expected, layers, step);
  const lag = LAG * step;
  const entry = (/** @type {number} */ token) => token * stagger;
  const arrives = (/** @type {number} */ token, /** @type {number} */ layer) =>
    entry(token) + (layer + 1) * step;
  const fires = (/** @type {number} */ token, /** @type {number} */ layer) => arrives(token, layer) + lag;
  const last = Math.max(0, tokens - 1);
  const duration = tokens ? Math.max(arrives(last, layers), fires(last, layers - 1) + SETTLE) : 0;
  /** @type {Schedule} */
  const schedule = {
    mode,
    tokens,
    layers,
    duration,
    beat: REST * step,
    step,
    stagger,
    entry,
    arrives,
    fires,
    flights: (time) => flightsAt(schedule, time),
    position: (time) => positionAt(schedule, time),
  };
  return schedule;
}

/**
 * Returns the seconds from plane to plane. A stack ten times as tall takes about three times as long.
 * @returns {number}
 */
function stepOf(/** @type {Mode} */ mode, /** @type {number} */ layers) {
  return STEP[mode] * Math.min(1, Math.sqrt(SHORT / layers));
}

/** @returns {number} seconds between two tokens entering */
function staggerOf(
  /** @type {Mode} */ mode,
  /** @type {number} */ tokens,
  /** @type {number} */ layers,
  /** @type {number} */ step,
) {
  if (mode === "all") return 0;
  if (mode === "single") return (layers + 1.5) * step;
  return STAGGER * STEP.sequence * Math.min(1, Math.sqrt(LONG / Math.max(1, tokens)));
}

/** Returns the tokens between entry and exit at a time, in order. @returns {Flight[]} */
function flightsAt(
  /** @type {Schedule} */ { tokens, layers, step, stagger, entry, beat },
  /** @type {number} */ time,
) {
  const span = (layers + 1) * step;
  const first = stagger ? Math.max(0, Math.ceil((time - span) / stagger)) : 0;
  const end = stagger ? Math.min(tokens - 1, Math.floor(time / stagger)) : tokens - 1;
  /** @type {Flight[]} */
  const flights = [];
  for (let token = first; token <= end; token++) {
    const since = time - entry(token);
    if (since >= 0 && since <= span) flights.push(flightOf(token, since, layers, step, beat));
  }
  return flights;
}

/** @returns {Flight} */
function flightOf(
  /** @type {number} */ token,
  /** @type {number} */ since,
  /** @type {number} */ layers,
  /** @type {number} */ step,
  /** @type {number} */ beat,
) {
  const layer = Math.min(layers, Math.floor(since / step)) - 1;
  const at = since - (layer + 1) * step;
  const rest = layer < 0 ? 0 : beat;
  const rise = Math.min(1, Math.max(0, (at - rest) / (step - rest)));
  return { token, layer, at, height: layer + ease(rise) };
}

/** Smoothstep. */
function ease(/** @type {number} */ x) {
  return x * x * (3 - 2 * x);
}

/**
 * Returns the newest token that has fired at its first router, and the last layer at which it fired. It never decreases.
 * Token -1 before the first.
 * @returns {Firing}
 */
function positionAt(/** @type {Schedule} */ schedule, /** @type {number} */ time) {
  return followedAt(schedule, lastFired(schedule, 0, time), time);
}

/** Returns the last event of one token; NOWHERE before it has fired. @returns {Firing} */
export function followedAt(
  /** @type {Schedule} */ { layers, fires },
  /** @type {number} */ token,
  /** @type {number} */ time,
) {
  if (token < 0 || fires(token, 0) > time) return NOWHERE;
  let layer = 0;
  while (layer < layers - 1 && fires(token, layer + 1) <= time) layer++;
  return { token, layer };
}

/** Returns the event of any token that fired last; token -1 before the first. Costs O(L), independent of T. @returns {Firing} */
export function lastEvent(/** @type {Schedule} */ schedule, /** @type {number} */ time) {
  let found = { token: -1, layer: -1 };
  let latest = -Infinity;
  for (let layer = 0; layer < schedule.layers; layer++) {
    const token = lastFired(schedule, layer, time);
    if (token < 0) break;
    const fired = schedule.fires(token, layer);
    if (fired >= latest) [found, latest] = [{ token, layer }, fired];
  }
  return found;
}

/** Returns the last token that fired at a layer by `time`, -1 for none. @returns {number} */
export function lastFired(
  /** @type {Schedule} */ { tokens, stagger, fires },
  /** @type {number} */ layer,
  /** @type {number} */ time,
) {
  if (!tokens || time < fires(0, layer)) return -1;
  if (!stagger) return tokens - 1;
  let token = Math.min(tokens - 1, Math.round((time - fires(0, layer)) / stagger));
  while (token >= 0 && fires(token, layer) > time) token--; // rounding: at most one step
  return token;
}

/**
 * Returns the time of an event: its top-k experts fire. Out-of-range tokens and layers are clamped.
 * @returns {number}
 */
export function timeOf(/** @type {Schedule} */ timeline, /** @type {Firing} */ { token, layer }) {
  if (token < 0 || layer < 0 || !timeline.tokens) return 0;
  return timeline.fires(Math.min(token, timeline.tokens - 1), Math.min(layer, timeline.layers - 1));
}

/**
 * Returns the time of the next (+1) or previous (-1) event in firing order. Before the first event: the start; after the
 * last: the end.
 * @param {Schedule} timeline
 * @param {number} time
 * @param {1 | -1} direction
 * @returns {number}
 */
export function layerStep(timeline, time, direction) {
  let best = direction > 0 ? Infinity : -Infinity;
  const here = timeOf(timeline, lastEvent(timeline, time));
  for (let layer = 0; layer < timeline.layers; layer++) {
    const moment = direction > 0 ? firedAfter(timeline, layer, time) : firedBefore(timeline, layer, here);
    best = direction > 0 ? Math.min(best, moment) : Math.max(best, moment);
  }
  if (direction > 0) return best === Infinity ? timeline.duration : best;
  return best === -Infinity ? 0 : best;
}

/** @returns {number} */
function firedAfter(
  /** @type {Schedule} */ timeline,
  /** @type {number} */ layer,
  /** @type {number} */ time,
) {
  const token = lastFired(timeline, layer, time) + 1;
  return token < timeline.tokens ? timeline.fires(token, layer) : Infinity;
}

/** Returns the time of the last firing strictly before a time. @returns {number} */
function firedBefore(
  /** @type {Schedule} */ timeline,
  /** @type {number} */ layer,
  /** @type {number} */ time,
) {
  let token = lastFired(timeline, layer, time);
  if (token >= 0 && timeline.fires(token, layer) >= time) token = timeline.stagger ? token - 1 : -1;
  return token < 0 ? -Infinity : timeline.fires(token, layer);
}

/**
 * Returns the time up to which playback can run with `received` tokens. The next token waits just below the first router
 * plane. ALL AT ONCE waits for every token.
 * @param {Schedule} timeline
 * @param {number} received
 * @param {boolean} [complete]  false: a model may write more tokens than the timeline has
 * @returns {number}
 */
export function reach(timeline, received, complete = true) {
  if (received >= timeline.tokens && complete) return timeline.duration;
  const waiting = timeline.mode === "all" ? 0 : received;
  return Math.min(timeline.duration, timeline.entry(waiting) + 0.96 * timeline.step);
}

/** Returns the number of tokens that a trace will have. @param {Pick<Trace, "tokens" | "origin">} trace */
export function expectedOf({ tokens, origin }) {
  return Math.max(tokens.length, (origin.prompt_tokens ?? tokens.length) + (origin.continue ?? 0));
}

/** Tokens that the directed shot may follow, the best first: the third has tokens above it in the scene. */
const HEROES = [2, 1, 3, 0, 4];

/** Returns the token that the directed shot follows: a word, if there is one near the third token. @param {Pick<Trace, "tokens">} trace */
export function heroOf({ tokens }) {
  return HEROES.find((index) => /\p{L}{2}/u.test(tokens[index]?.text ?? "")) ?? 2;
}

/** @param {Mode} mode @param {Trace} trace @returns {Schedule} */
export function timelineOf(mode, trace) {
  const timeline = createTimeline(mode, trace.tokens.length, trace.model.layers, expectedOf(trace));
  return Object.assign(timeline, { hero: heroOf(trace) });
}

/**
 * Returns the time of the second stack: the same share of its duration. One clock therefore drives both stacks with any
 * number of tokens. Equal durations give equal times.
 * @param {Pick<State, "time" | "timeline">} a
 * @param {Schedule} timeline  of the second stack
 */
export function timeBeside({ time, timeline: first }, timeline) {
  if (!first?.duration || first.duration === timeline.duration) return Math.min(time, timeline.duration);
  return (time / first.duration) * timeline.duration;
}

/** Before the first event. */
export const NOWHERE = Object.freeze({ token: -1, layer: -1 });

/**
 * Returns whether all tokens that have entered are routed, so the frame at this time is final.
 * @param {State} state
 */
export function isRouted({ trace, timeline, time }) {
  return (
    trace !== null &&
    timeline !== null &&
    (trace.complete || time < reach(timeline, trace.received, trace.complete))
  );
}
