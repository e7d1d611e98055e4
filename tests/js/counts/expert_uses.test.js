import assert from "node:assert/strict";
import { test } from "node:test";
import { createHits } from "../../../static/js/counts/expert_uses.js";
import { createTimeline } from "../../../static/js/playback/timeline.js";
import { NO_EXPERT } from "../../../static/js/trace/wire.js";
import { seeded, traceOf } from "../random_traces.js";

const SHAPE = { tokens: 12, layers: 4, experts: 16, k: 3 };

/** Counts everything anew. @param {any} trace @param {any} timeline @param {number} time */
function counted(trace, timeline, time) {
  const { layers, experts, top_k: k } = trace.model;
  const counts = new Uint32Array(layers * experts);
  for (let token = 0; token < trace.received; token++) {
    for (let layer = 0; layer < layers; layer++) {
      if (timeline.fires(token, layer) > time) continue;
      for (let i = (token * layers + layer) * k; i < (token * layers + layer + 1) * k; i++) {
        if (trace.experts[i] !== NO_EXPERT && !trace.dropped[i]) counts[layer * experts + trace.experts[i]]++;
      }
    }
  }
  return counts;
}

for (const mode of /** @type {const} */ (["single", "sequence", "all"])) {
  test(`hits follow the clock wherever it jumps: ${mode}`, () => {
    const trace = traceOf(SHAPE);
    trace.experts[7] = NO_EXPERT;
    trace.dropped[11] = 1;
    const timeline = createTimeline(mode, SHAPE.tokens, SHAPE.layers);
    const hits = createHits();
    const random = seeded(3);
    for (let i = 0; i < 300; i++) {
      const time = i % 7 ? random() * timeline.duration : [-1, 0, timeline.duration, Infinity][i % 4];
      const { counts, unique, totals } = hits.upTo(trace, timeline, time);
      const right = counted(trace, timeline, time);
      assert.deepEqual(counts, right);
      assert.equal(unique, right.filter(Boolean).length);
      assert.equal(
        totals.reduce((a, b) => a + b),
        right.reduce((a, b) => a + b),
      );
    }
  });
}

test("hits follow a change of mode, tokens that arrive late, and another trace", () => {
  const hits = createHits();
  const [sequence, all] = /** @type {const} */ (["sequence", "all"]).map((mode) =>
    createTimeline(mode, SHAPE.tokens, SHAPE.layers),
  );
  const [part, whole, other] = [traceOf(SHAPE, 5), traceOf(SHAPE), traceOf({ ...SHAPE, experts: 32 })];
  /** @type {[any, any, number][]} */
  const visits = [
    [part, sequence, 99],
    [whole, sequence, 99],
    [whole, all, 3],
    [whole, sequence, 4],
    [part, sequence, 1],
    [other, all, 5],
  ];
  for (const [trace, timeline, time] of visits) {
    const late = trace === part && time === 1; // tokens never go away, but 5 of them are all that fired by then
    assert.deepEqual(hits.upTo(trace, timeline, time).counts, counted(late ? whole : trace, timeline, time));
  }
});

test("a frame asks for the moments of tokens in flight, not of all", () => {
  const trace = traceOf({ tokens: 256, layers: 6, experts: 8, k: 2 });
  const timeline = createTimeline("sequence", 256, 6);
  let asked = 0;
  const counting = {
    fires: (/** @type {number} */ token, /** @type {number} */ layer) => (
      asked++,
      timeline.fires(token, layer)
    ),
  };
  const hits = createHits();
  hits.upTo(trace, counting, timeline.duration / 2);
  asked = 0;
  const before = hits.upTo(trace, counting, timeline.duration / 2).changes;
  const { changes } = hits.upTo(trace, counting, timeline.duration / 2 + 0.016);
  assert.ok(asked < 200, `${asked} moments asked for`);
  assert.ok(changes - before < 10);
});
