import assert from "node:assert/strict";
import { test } from "node:test";
import { clamp, layerBeside, momentOf, tokenBeside } from "../../../static/js/playback/steps.js";
import { createTimeline, lastEvent } from "../../../static/js/playback/timeline.js";

const MODES = /** @type {const} */ (["single", "sequence", "all"]);
const START = { token: -1, layer: -1 };

test("an event is looked at after it fired and before the next one fires", () => {
  for (const mode of MODES) {
    const timeline = createTimeline(mode, 40, 6);
    for (let token = 0; token < 40; token++) {
      for (let layer = 0; layer < 6; layer++) {
        const event = clamp(timeline, { token, layer });
        const moment = momentOf(timeline, event);
        assert.ok(moment > timeline.fires(event.token, layer));
        assert.deepEqual(lastEvent(timeline, moment), event);
      }
    }
  }
});

test("a layer on follows one token up", () => {
  const timeline = createTimeline("sequence", 5, 4);
  assert.deepEqual(layerBeside(timeline, START, 1), { token: 0, layer: 0 });
  assert.deepEqual(layerBeside(timeline, { token: 2, layer: 1 }, 1), { token: 2, layer: 2 });
  assert.deepEqual(layerBeside(timeline, { token: 2, layer: 1 }, -1), { token: 2, layer: 0 });
});

test("stepping through layers never goes back in time, and ends at the last event", () => {
  for (const mode of MODES) {
    const timeline = createTimeline(mode, 7, 6);
    let at = layerBeside(timeline, START, 1) ?? START;
    for (let step = 0; step < 100; step++) {
      const next = layerBeside(timeline, at, 1) ?? START;
      assert.ok(momentOf(timeline, next) >= momentOf(timeline, at));
      at = next;
    }
    assert.deepEqual(at, { token: 6, layer: 5 });
  }
});

test("a layer back past the first leads to the token before, and at last to the start", () => {
  const timeline = createTimeline("sequence", 5, 4);
  assert.equal(layerBeside(timeline, { token: 2, layer: 0 }, -1)?.token, 1);
  assert.equal(layerBeside(timeline, { token: 0, layer: 0 }, -1), null);
  assert.equal(layerBeside(timeline, START, -1), null);
});

test("a token on stays at the layer", () => {
  const timeline = createTimeline("single", 5, 4);
  assert.deepEqual(tokenBeside(timeline, { token: 1, layer: 3 }, 1), { token: 2, layer: 3 });
  assert.deepEqual(tokenBeside(timeline, { token: 1, layer: 3 }, -1), { token: 0, layer: 3 });
  assert.deepEqual(tokenBeside(timeline, { token: 4, layer: 3 }, 1), { token: 4, layer: 3 });
  assert.equal(tokenBeside(timeline, { token: 0, layer: 3 }, -1), null);
});

test("in all at once a token on is a layer on", () => {
  const timeline = createTimeline("all", 5, 4);
  assert.deepEqual(tokenBeside(timeline, { token: 4, layer: 1 }, 1), { token: 4, layer: 2 });
});
