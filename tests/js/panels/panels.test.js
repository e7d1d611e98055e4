/**
 * A state that stands at an event of a trace.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { eventInWords } from "../../../static/js/panels/chrome/announcer.js";
import { readToken } from "../../../static/js/panels/chrome/counters.js";
import { numbersWith } from "../../../static/js/panels/controls/controls.js";
import { positionInWords, ticksOf } from "../../../static/js/panels/controls/scrubber.js";
import { towerShown } from "../../../static/js/panels/data/inspector.js";
import { createTimeline } from "../../../static/js/playback/timeline.js";
import { initialState } from "../../../static/js/state/state.js";
import { groupsOf } from "../../../static/js/trace/token_groups.js";
import { parseView } from "../../../static/js/view/url.js";
import { BOOT } from "../boot_data.js";
import { traceOf } from "../random_traces.js";

function stateAt(search, at, shape = {}) {
  const state = initialState(parseView(search, BOOT));
  const trace = traceOf(shape);
  return {
    ...state,
    trace,
    timeline: createTimeline(state.view.mode, trace.tokens.length, trace.model.layers),
    at,
  };
}

test("numbers on offer take in the one of the link, in order, and say which cannot be chosen", () => {
  const segments = numbersWith([8, 16], 12, (value) => value < 16);
  assert.deepEqual(
    segments.map(({ value, disabled }) => [value, disabled]),
    [
      [8, false],
      [12, false],
      [16, true],
    ],
  );
});

test("the token counter holds the token as it is, and shows it so that it can be read", () => {
  const reading = readToken(stateAt("", { token: 2, layer: 1 }));
  assert.equal(reading.value, " t2");
  assert.equal(reading.figure, "t2");
  assert.equal(reading.counts, "3 of 5");
});

test("the token counter has the id of a token that has one, which no touch screen shows elsewhere", () => {
  const state = stateAt("", { token: 2, layer: 1 });
  assert.ok(state.trace);
  state.trace.tokens[2].id = 262;
  assert.equal(readToken(state).counts, "3 of 5 · id 262");
});

test("before the first event the token counter is empty, and in all at once it counts all", () => {
  assert.equal(readToken(stateAt("", { token: -1, layer: -1 })).value, "");
  assert.equal(readToken(stateAt("?mode=all", { token: 4, layer: 1 })).value, "all");
});

test("groups are told in the order in which they come up", () => {
  assert.deepEqual(
    groupsOf([
      { text: "a", group: "z" },
      { text: "b" },
      { text: "c", group: "y" },
      { text: "d", group: "z" },
    ]),
    ["z", "y"],
  );
});

test("ticks thin out before they run into each other", () => {
  const timeline = createTimeline("sequence", 20, 6);
  assert.equal(ticksOf(timeline, 1000).length, 120);
  assert.equal(ticksOf(timeline, 100).length, 20);
  assert.equal(ticksOf(timeline, 10).length, 0);
  assert.equal(ticksOf(createTimeline("all", 20, 6), 100).length, 6);
});

test("the handle says where it stands", () => {
  assert.equal(positionInWords(stateAt("", { token: 2, layer: 1 })), "Token 3 of 5, “t2”, layer 2");
  assert.equal(positionInWords(stateAt("?mode=all", { token: 4, layer: 0 })), "All tokens, layer 1 of 3");
});

test("an event is told with its experts and their shares", () => {
  const said = eventInWords(stateAt("", { token: 2, layer: 1 }));
  assert.match(said, /^Layer 2: “t2” goes to experts \d \(.+%\), \d \(.+%\)\.$/);
  assert.match(
    eventInWords(stateAt("?mode=all", { token: 4, layer: 0 })),
    /^Layer 1: all 5 tokens at once, \d of 8 experts used\.$/,
  );
});

test("the tower that is pointed at comes before the selected one, and neither may lie outside", () => {
  const state = stateAt("?tower=1.3", { token: 0, layer: 0 });
  assert.deepEqual(towerShown(state), { layer: 0, expert: 3 });
  assert.deepEqual(towerShown({ ...state, hover: { layer: 2, expert: 1 } }), { layer: 2, expert: 1 });
  assert.deepEqual(towerShown({ ...state, hover: { token: 1 } }), { layer: 0, expert: 3 });
  assert.equal(towerShown({ ...state, hover: { layer: 9, expert: 1 } }), null);
});
