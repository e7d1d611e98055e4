import assert from "node:assert/strict";
import { test } from "node:test";
import { createCursor } from "../../../static/js/playback/events.js";
import { createTimeline } from "../../../static/js/playback/timeline.js";
import {
  chosen,
  createGlow,
  createSpans,
  towersOnPath,
} from "../../../static/js/scene/effects/tower_glow.js";
import { NO_EXPERT } from "../../../static/js/trace/wire.js";
import { seeded, traceOf } from "../random_traces.js";

const SHAPE = { tokens: 9, layers: 3, experts: 8, k: 2 };
const trace = traceOf(SHAPE);

/** The glow after playing to `time` in frames of random length, or in one. */
function played(timeline, time, frames = 1) {
  const glow = createGlow(3, 8);
  const front = createCursor({
    reset: glow.reset,
    arrive: (token, layer) => glow.pulse(timeline, token, layer),
    fire: (token, layer) => glow.fire(trace, timeline, token, layer),
  });
  const random = seeded(frames);
  const stops = Array.from({ length: frames - 1 }, () => random() * time).sort((a, b) => a - b);
  for (const stop of [...stops, time]) front.advance(trace, timeline, stop);
  return glow;
}

test("the glow at a moment is the same by steps and by a jump, in every mode", () => {
  for (const mode of /** @type {const} */ (["single", "sequence", "all"])) {
    const timeline = createTimeline(mode, 9, 3);
    for (const share of [0.2, 0.6, 1]) {
      const [steps, jump] = [
        played(timeline, share * timeline.duration, 60),
        played(timeline, share * timeline.duration),
      ];
      for (let i = 0; i < jump.hits.length; i++)
        assert.ok(Math.abs(steps.hits[i] - jump.hits[i]) < 1e-5, `${mode} ${i}`);
      assert.deepEqual(steps.pulses, jump.pulses);
      assert.equal(steps.routed(), jump.routed());
    }
  }
});

test("hits are counted as a slow loop counts them", () => {
  const glow = played(createTimeline("sequence", 9, 3), 1e3);
  for (let tower = 0; tower < 24; tower++) {
    let hits = 0;
    for (let token = 0; token < 9; token++) {
      for (let k = 0; k < 2; k++) {
        const at = (token * 3 + Math.floor(tower / 8)) * 2 + k;
        if (trace.experts[at] === tower % 8) hits++;
      }
    }
    assert.equal(glow.hits[4 * tower + 2], hits);
  }
  assert.equal(glow.routed(), 9);
});

test("in ALL AT ONCE the masses of one moment add up, in SEQUENCE the last hit counts", () => {
  const all = createTimeline("all", 9, 3);
  const together = played(all, all.fires(0, 0));
  for (let expert = 0; expert < 8; expert++) {
    let mass = 0;
    for (let token = 0; token < 9; token++)
      mass += chosen(trace, token, 0).find((c) => c.expert === expert)?.mass ?? 0;
    assert.ok(Math.abs(together.hits[4 * expert + 1] - mass) < 1e-5);
  }
  const sequence = played(createTimeline("sequence", 9, 3), 1e3);
  for (let tower = 0; tower < 24; tower++) assert.ok(sequence.hits[4 * tower + 1] <= 1 + 1e-6);
});

test("the largest weight has mass one and an empty choice none", () => {
  const made = traceOf(SHAPE);
  made.experts.set([3, NO_EXPERT]);
  made.weights.set([0.25, 0]);
  assert.deepEqual(chosen(made, 0, 0), [{ expert: 3, mass: 1, dropped: false }]);
});

test("a dropped choice does not light its tower", () => {
  const made = traceOf(SHAPE);
  made.dropped[0] = 1;
  const glow = createGlow(3, 8);
  glow.fire(made, createTimeline("single", 9, 3), 0, 0);
  assert.equal(glow.hits[4 * made.experts[0] + 2], 0);
  assert.equal(glow.hits[4 * made.experts[1] + 2], 1);
  assert.equal(towersOnPath(made, 0).length, 3 * 2 - 1);
});

test("the path of a token is marked, and unmarked when another is chosen", () => {
  const glow = createGlow(3, 8);
  const marked = () =>
    Array.from({ length: 24 }, (_, tower) => tower).filter((tower) => glow.hits[4 * tower + 3] === 1);
  for (const token of [2, 5]) {
    glow.setPath(towersOnPath(trace, token));
    assert.deepEqual(
      marked(),
      [...new Set(towersOnPath(trace, token))].sort((a, b) => a - b),
    );
    assert.equal(towersOnPath(trace, token).length, 3 * 2);
  }
  glow.reset();
  assert.ok(marked().length > 0, "a jump in time keeps the path");
  glow.setPath([]);
  assert.deepEqual(marked(), []);
});

test("a token that has not arrived, or is none, has no path", () => {
  assert.deepEqual(towersOnPath(traceOf(SHAPE, 2), 2), []);
  assert.deepEqual(towersOnPath(trace, null), []);
});

test("an event sends the columns of its own layer alone", () => {
  const glow = createGlow(3, 8);
  glow.dirty.drain(() => {});
  glow.fire(trace, createTimeline("sequence", 9, 3), 4, 1);
  const sent = [];
  glow.dirty.drain((row, from, count) => sent.push({ row, from, to: from + count - 1 }));
  const ids = chosen(trace, 4, 1).map(({ expert }) => expert);
  assert.deepEqual(sent, [{ row: 1, from: Math.min(...ids), to: Math.max(...ids) }]);
});

test("spans are forgotten once drained", () => {
  const spans = createSpans(2);
  spans.add(1, 4, 6);
  spans.add(1, 2, 2);
  const seen = [];
  for (let i = 0; i < 2; i++) spans.drain((...span) => seen.push(span));
  assert.deepEqual(seen, [[1, 2, 5]]);
});
