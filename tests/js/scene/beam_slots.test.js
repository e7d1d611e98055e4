import assert from "node:assert/strict";
import { test } from "node:test";
import { createCursor } from "../../../static/js/playback/events.js";
import { createTimeline } from "../../../static/js/playback/timeline.js";
import {
  GROUPS,
  createSlots,
  beamSeconds,
  slotCount,
  placeAround,
} from "../../../static/js/scene/effects/beam_slots.js";
import { createLayout } from "../../../static/js/scene/layout/layout.js";
import { traceOf } from "../random_traces.js";

const SHAPE = { tokens: 12, layers: 6, experts: 8, k: 2 };

/** Plays a trace to `time` and answers what the slots then hold. */
function held(mode, time, shape = SHAPE) {
  const slots = createSlots(createLayout({ layers: shape.layers, experts: shape.experts }), shape.k);
  const [trace, timeline] = [traceOf(shape), createTimeline(mode, shape.tokens, shape.layers)];
  let now = 0;
  const front = createCursor({
    reset: slots.reset,
    arrive: (token, layer) => slots.arrive(trace, timeline, now, token, layer),
    fire: () => {},
  });
  for (now = 0; now < time; now += 0.05) front.advance(trace, timeline, now);
  front.advance(trace, timeline, (now = time));
  slots.expire(time);
  const row = 4 * (2 + shape.k);
  const rows = Array.from({ length: slots.used() }, (_, slot) =>
    slots.table.subarray(row * slot, row * slot + 8),
  );
  const alive = rows.filter((row) => row[5] <= time && time <= row[7]);
  return { slots, trace, timeline, alive: alive.map((row) => ({ layer: row[4], arrived: row[5] })) };
}

test("the beams of every shape stay within the budget", () => {
  for (const experts of [2, 8, 64, 128, 256, 384, 512]) {
    for (const k of [1, 2, 8, 64, 512].filter((n) => n <= experts)) {
      const { fans, count } = slotCount(experts, k);
      const ribbons = fans * (experts + k) + (count - fans) * k;
      assert.ok(ribbons <= 12_500, `${experts} experts, k ${k}: ${ribbons}`);
      assert.ok(fans >= 8 && count >= fans);
    }
  }
});

test("slots hold exactly the events whose beams can be seen", () => {
  for (const mode of ["single", "sequence"]) {
    const timeline = createTimeline(/** @type {any} */ (mode), 12, 6);
    for (const share of [0.1, 0.35, 0.7, 1]) {
      const time = share * timeline.duration;
      const expected = [];
      for (let token = 0; token < 12; token++) {
        for (let layer = 0; layer < 6; layer++) {
          const end = timeline.fires(token, layer) + beamSeconds(timeline);
          if (timeline.arrives(token, layer) <= time && time <= end)
            expected.push(`${layer} ${timeline.arrives(token, layer).toFixed(3)}`);
        }
      }
      const found = held(mode, time).alive.map(({ layer, arrived }) => `${layer} ${arrived.toFixed(3)}`);
      assert.deepEqual(found.sort(), expected.sort());
    }
  }
});

test("all tokens of ALL AT ONCE have beams, apart from each other and dimmer", () => {
  const timeline = createTimeline("all", 64, 6);
  const { slots, alive } = held("all", timeline.fires(0, 2), { ...SHAPE, tokens: 64 });
  assert.equal(alive.filter(({ layer }) => layer === 2).length, 64);
  const places = new Set(
    Array.from({ length: 64 }, (_, slot) => `${slots.table[16 * slot]} ${slots.table[16 * slot + 1]}`),
  );
  assert.equal(places.size, 64);
  assert.ok(slots.table[2] < 0.2);
});

test("a slot carries the scores and choices of its event", () => {
  const timeline = createTimeline("single", 12, 6);
  const { slots, trace } = held("single", timeline.fires(0, 0));
  assert.equal(slots.used(), 1);
  assert.deepEqual([...slots.scores.subarray(0, 8)], [...trace.scores.subarray(0, 8)]);
  for (let k = 0; k < 2; k++) {
    const [id, weight, kind] = slots.table.subarray(8 + 4 * k);
    assert.equal(id, trace.experts[k]);
    assert.equal(weight, Math.fround(trace.weights[k] / Math.max(trace.weights[0], trace.weights[1])));
    assert.equal(kind, 1);
  }
});

test("a dropped choice and an empty one are told apart", () => {
  const slots = createSlots(createLayout({ layers: 6, experts: 8 }), 2);
  const trace = traceOf(SHAPE);
  trace.experts[1] = 65535;
  trace.dropped[0] = 1;
  slots.arrive(trace, createTimeline("single", 12, 6), 0, 0, 0);
  assert.equal(slots.table[10], 2);
  assert.equal(slots.table[14], 0);
});

test("an empty choice of a model with zero experts is one of them", () => {
  const slots = createSlots(createLayout({ layers: 6, experts: 8 }), 2);
  const trace = traceOf(SHAPE);
  trace.experts[1] = 65535;
  const recorded = { ...trace, model: { ...trace.model, router: "recorded", zero_experts: 3 } };
  slots.arrive(recorded, createTimeline("single", 12, 6), 0, 0, 0);
  assert.deepEqual([slots.table[10], slots.table[14]], [1, 3]);
});

test("a slot names its token, by whose number the followed one is told from a crowd", () => {
  const { slots } = held("sequence", 3);
  const [row, used] = [4 * (2 + SHAPE.k), slots.used()];
  const named = Array.from({ length: used }, (_, slot) =>
    [0, 1].map((k) => slots.table[row * slot + 11 + 4 * k]),
  );
  assert.ok(used > 3);
  assert.ok(named.every(([one, other]) => one === other));
  const tokens = new Set(named.map(([whose]) => Math.floor(whose / GROUPS)));
  assert.ok(tokens.size > 1 && [...tokens].every((token) => token < SHAPE.tokens));
});

test("slots run out without harm when more tokens fly than there are", () => {
  const layout = createLayout({ layers: 1, experts: 512 });
  const slots = createSlots(layout, 512);
  const shape = { tokens: 40, layers: 1, experts: 512, k: 512 };
  const [trace, timeline] = [traceOf(shape), createTimeline("all", 40, 1)];
  for (let token = 0; token < 40; token++) slots.arrive(trace, timeline, 0, token, 0);
  assert.equal(slots.used(), slots.count);
});

test("a batch of any size stands between the towers and the axis", () => {
  for (const experts of [2, 8, 64, 512]) {
    const layout = createLayout({ layers: 6, experts });
    for (const tokens of [2, 12, 64, 256]) {
      for (let i = 0; i < tokens; i++) {
        assert.ok(
          Math.hypot(...placeAround(layout, true, i, tokens)) < 0.6 * (layout.inner - layout.towerRadius),
        );
      }
    }
  }
  assert.deepEqual(placeAround(createLayout({ layers: 6, experts: 8 }), false, 5, 12), [0, 0]);
});
