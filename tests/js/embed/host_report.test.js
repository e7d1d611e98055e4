/**
 * @import {State} from "../../../static/js/types.js"
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { eventsBetween, report } from "../../../static/js/embed/host_report.js";
import { createTimeline } from "../../../static/js/playback/timeline.js";
import { initialState } from "../../../static/js/state/state.js";
import { choices, createTrace, withStep } from "../../../static/js/trace/trace.js";
import { parseView } from "../../../static/js/view/url.js";
import { BOOT } from "../boot_data.js";
import { messageOf, stepOf, traceOf } from "../random_traces.js";

/** @param {Partial<State>} [more] @param {string} [query] @returns {State} */
function stateOf(more = {}, query = "") {
  const trace = traceOf();
  const state = initialState(parseView(query, BOOT));
  return { ...state, trace, timeline: createTimeline(state.view.mode, 5, 3), loading: "ready", ...more };
}

test("a report counts tokens and layers from 1 and holds what is on screen", () => {
  const told = report(stateOf({ at: { token: 2, layer: 1 }, hits: 7, playing: true }), BOOT);
  assert.deepEqual(told.at, { token: 3, layer: 2, text: " t2" });
  assert.deepEqual([told.view.token, told.view.layer, told.view.experts], [3, 2, 8]);
  assert.deepEqual(
    [told.status, told.playing, told.tokens, told.layers, told.badge],
    ["ready", true, 5, 3, "AUTHORED"],
  );
  assert.deepEqual(
    [told.counters.experts_hit, told.counters.experts_all, told.counters.token],
    [7, 24, " t2"],
  );
});

test("before the first event, and before a trace, there is no place", () => {
  assert.equal(report(stateOf(), BOOT).at, null);
  const told = report(stateOf({ trace: null, timeline: null, loading: "asking" }), BOOT);
  assert.deepEqual([told.at, told.badge, told.counters.total_p], [null, null, null]);
  assert.doesNotThrow(() => structuredClone(told));
});

test("a new token is told before the layer that it is at", () => {
  const before = stateOf({ at: { token: 0, layer: 2 } });
  const state = { ...before, at: { token: 1, layer: 0 } };
  const events = eventsBetween(state, before);
  assert.deepEqual(
    events.map(([type]) => type),
    ["token", "layer"],
  );
  const [, { experts }] = /** @type {any} */ (events[1]);
  const expected = choices(/** @type {any} */ (state.trace), 1, 0).map(({ expert, weight }) => ({
    expert,
    weight,
  }));
  assert.deepEqual(experts, expected);
  assert.equal(eventsBetween(state, state).length, 0);
});

test("an expert that was full is told as one that dropped the token, and counts for nothing all at once", () => {
  const step = stepOf({}, 0);
  const dropped = new Uint8Array(step.chosen.length);
  dropped[2] = 1; // the first choice in the second layer
  const trace = withStep(createTrace(messageOf({ tokens: 1 })), { ...step, dropped });
  const full = step.chosen[2];
  const experts = (/** @type {string} */ query) => {
    const before = stateOf({ trace }, query);
    const layer = eventsBetween({ ...before, at: { token: 0, layer: 1 } }, before).find(
      ([type]) => type === "layer",
    );
    return /** @type {any} */ (layer)[1].experts;
  };
  const told = experts("?scenario=code");
  assert.deepEqual(
    told.map((/** @type {any} */ each) => [each.expert === full, each.dropped]),
    [
      [true, true],
      [false, undefined],
    ],
  );
  assert.deepEqual(experts("?mode=all"), [{ expert: step.chosen[3], tokens: 1 }]);
});

test("the same token at its next layer is no new token", () => {
  const before = stateOf({ at: { token: 1, layer: 0 } });
  const types = eventsBetween({ ...before, at: { token: 1, layer: 1 } }, before).map(([type]) => type);
  assert.deepEqual(types, ["layer"]);
});

test("all at once a layer tells how many tokens each expert got, and no token is told", () => {
  const before = stateOf({}, "?mode=all");
  const events = eventsBetween({ ...before, at: { token: 4, layer: 1 } }, before);
  const [[type, detail]] = /** @type {any} */ (events);
  assert.deepEqual([events.length, type, detail.token, detail.layer], [1, "layer", null, 2]);
  const assigned = detail.experts.reduce(
    (/** @type {number} */ sum, /** @type {any} */ { tokens }) => sum + tokens,
    0,
  );
  assert.equal(assigned, 5 * 2); // T x K
});

test("the end is told when playback reaches it, and not when somebody jumps there", () => {
  const playing = stateOf({ playing: true });
  const { duration } = /** @type {any} */ (playing.timeline);
  const finished = { ...playing, playing: false, time: duration };
  assert.deepEqual(eventsBetween(finished, playing), [["end", { experts_hit: 0 }]]);
  assert.deepEqual(eventsBetween(finished, { ...playing, playing: false }), []);
  assert.deepEqual(eventsBetween({ ...playing, playing: false, time: duration / 2 }, playing), []);
});
