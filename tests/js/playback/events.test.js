import assert from "node:assert/strict";
import { test } from "node:test";
import { createCursor } from "../../../static/js/playback/events.js";
import { createTimeline } from "../../../static/js/playback/timeline.js";
import { seeded, traceOf } from "../random_traces.js";

const SHAPE = { tokens: 7, layers: 4 };
const MODES = /** @type {const} */ (["single", "sequence", "all"]);

/** A front that writes down what it is told. */
function recorded() {
  const log = { resets: 0, arrived: /** @type {string[]} */ ([]), fired: /** @type {string[]} */ ([]) };
  const front = createCursor({
    reset: () => {
      log.resets++;
      log.arrived = [];
      log.fired = [];
    },
    arrive: (token, layer) => log.arrived.push(`${token}.${layer}`),
    fire: (token, layer) => log.fired.push(`${token}.${layer}`),
  });
  return { front, log };
}

const every = (timeline, moment, time) => {
  const names = [];
  for (let token = 0; token < timeline.tokens; token++) {
    for (let layer = 0; layer < timeline.layers; layer++)
      if (timeline[moment](token, layer) <= time) names.push(`${token}.${layer}`);
  }
  return names.sort();
};

test("every event is told exactly once, however time is cut into frames", () => {
  const random = seeded(4);
  for (const mode of MODES) {
    const [{ front, log }, timeline] = [recorded(), createTimeline(mode, 7, 4)];
    for (let time = 0; time < timeline.duration; time += random() * 0.5)
      front.advance(traceOf(SHAPE), timeline, time);
    front.advance(traceOf(SHAPE), timeline, timeline.duration);
    assert.deepEqual(log.arrived.sort(), every(timeline, "arrives", timeline.duration));
    assert.deepEqual(log.fired.sort(), every(timeline, "fires", timeline.duration));
    assert.equal(log.resets, 1);
  }
});

test("a jump back replays from the start and stands where a first visit would", () => {
  for (const mode of MODES) {
    const [{ front, log }, timeline] = [recorded(), createTimeline(mode, 7, 4)];
    const middle = timeline.duration / 2;
    front.advance(traceOf(SHAPE), timeline, timeline.duration);
    front.advance(traceOf(SHAPE), timeline, middle);
    assert.equal(log.resets, 2);
    assert.deepEqual(log.fired.sort(), every(timeline, "fires", middle));
  }
});

test("a token that has not arrived is told when it has", () => {
  const [{ front, log }, timeline] = [recorded(), createTimeline("sequence", 7, 4)];
  front.advance(traceOf(SHAPE, 2), timeline, timeline.duration);
  assert.equal(log.fired.length, 2 * 4);
  front.advance(traceOf(SHAPE, 7), timeline, timeline.duration);
  assert.equal(log.fired.length, 7 * 4);
  assert.equal(log.resets, 1, "the same trace goes on");
});

test("another trace or another mode starts again", () => {
  const { front, log } = recorded();
  front.advance(traceOf(SHAPE), createTimeline("sequence", 7, 4), 3);
  front.advance(traceOf(SHAPE), createTimeline("all", 7, 4), 3);
  front.advance(traceOf({ ...SHAPE, k: 1 }), createTimeline("all", 7, 4), 3);
  assert.equal(log.resets, 3);
});

test("a listener that can take events back goes back and forth without a replay", () => {
  const random = seeded(9);
  const timelines = MODES.map((mode) => createTimeline(mode, 7, 4));
  const here = new Set();
  let resets = 0;
  const cursor = createCursor({
    reset: () => void resets++,
    fire: (token, layer) => void here.add(`${token}.${layer}`),
    unfire: (token, layer) =>
      assert.ok(here.delete(`${token}.${layer}`), "only what has fired is taken back"),
  });
  for (let i = 0; i < 200; i++) {
    const timeline = timelines[Math.floor(random() * 3)];
    const time = random() * timeline.duration;
    cursor.advance(traceOf(SHAPE), timeline, time);
    assert.deepEqual([...here].sort(), every(timeline, "fires", time));
  }
  assert.equal(resets, 1);
});
