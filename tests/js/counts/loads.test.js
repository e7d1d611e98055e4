/**
 * @import {Trace} from "../../../static/js/types.js"
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  balanced,
  countedOnPage,
  countedOnServer,
  isEven,
  lettersIn,
  MEASURES,
  measuresOfCounts,
  overLayers,
  withZLoss,
} from "../../../static/js/counts/load_measures.js";
import { busiestOf, createLoads } from "../../../static/js/counts/loads.js";
import { createStopRule, PATIENCE } from "../../../static/js/panels/data/bias_updates.js";
import { NO_EXPERT } from "../../../static/js/trace/wire.js";
import { en } from "../../../static/js/words/en.js";
import { fr } from "../../../static/js/words/fr.js";
import { golden } from "../golden.js";
import { traceOf } from "../random_traces.js";

const GOLDEN = golden("loads");
const flat = (values) => values.flat(3);
const AT_ONCE = { fires: () => 0 };

/** The trace of the golden file. @returns {Trace} */
function goldenTrace() {
  const { experts, dropped, scores } = GOLDEN;
  return /** @type {any} */ ({
    id: "golden",
    model: { layers: 2, experts: 6, top_k: 2 },
    received: experts.length,
    experts: Uint16Array.from(flat(experts), (expert) => (expert < 0 ? NO_EXPERT : expert)),
    dropped: Uint8Array.from(flat(dropped)),
    scores: Uint8Array.from(flat(scores)),
  });
}

test("the page counts and measures a trace as the server does", () => {
  const counted = countedOnPage(createLoads().upTo(goldenTrace(), AT_ONCE, 0), "");
  assert.deepEqual(Array.from(counted.assigned), flat(GOLDEN.assigned));
  assert.deepEqual(Array.from(counted.kept), flat(GOLDEN.kept));
  assert.equal(counted.tokens, GOLDEN.tokens);
  for (const [name, values] of Object.entries(GOLDEN.measures)) {
    values.forEach((value, layer) =>
      assert.ok(Math.abs(counted.measures(layer)[name] - value) < 1e-5, `${name} of layer ${layer}`),
    );
  }
});

test("a load of the server has the same measures as one of the page", () => {
  const there = countedOnServer(GOLDEN, "");
  const here = countedOnPage(createLoads().upTo(goldenTrace(), AT_ONCE, 0), "");
  for (const name of MEASURES)
    assert.ok(Math.abs(overLayers(there)[name] - overLayers(here)[name]) < 1e-5, name);
});

test("the router z-loss comes from the server alone, layer by layer and as the mean of the layers", () => {
  const here = countedOnPage(createLoads().upTo(goldenTrace(), AT_ONCE, 0), "");
  const there = countedOnServer({ ...GOLDEN, measures: { ...GOLDEN.measures, z_loss: [3.5, 4.5] } }, "there");
  assert.equal(overLayers(here).z_loss, undefined);
  assert.equal(withZLoss(here, null), here);
  const both = withZLoss(here, there);
  assert.deepEqual(
    [both.measures(0).z_loss, both.measures(1).z_loss, overLayers(both).z_loss],
    [3.5, 4.5, 4],
  );
  assert.equal(both.measures(1).switch_loss, here.measures(1).switch_loss);
  assert.notEqual(both.version, here.version, "the panel draws anew when it comes");
});

test("counting up to a moment, on and back, is counting anew", () => {
  const trace = goldenTrace();
  const timeline = { fires: (token, layer) => token + layer / 2 };
  const going = createLoads();
  for (const time of [0, 2, 2.5, 7, 3, 100, -1]) {
    const found = going.upTo(trace, timeline, time);
    const fresh = createLoads().upTo(trace, timeline, time);
    for (const name of ["assigned", "kept", "first", "tokens", "scores"])
      assert.deepEqual([...found[name]], [...fresh[name]], `${name} at ${time}`);
  }
  assert.deepEqual([...going.upTo(trace, timeline, 2.5).tokens], [3, 3]);
});

test("measures are what they are worked out to be by hand", () => {
  const { load_share, max_over_mean, max_violation, entropy, dropped_share } = measuresOfCounts(
    [6, 2, 0, 0],
    [3, 2, 0, 0],
  );
  assert.deepEqual([load_share, max_over_mean, max_violation, dropped_share], [0.75, 3, 2, 0.375]);
  assert.ok(Math.abs(entropy - 0.4056) < 1e-4);
  const even = measuresOfCounts([2, 2, 2, 2], [2, 2, 2, 2]);
  for (const [name, value] of Object.entries(even))
    assert.ok(Math.abs(value - balanced(/** @type {any} */ (name), 4)) < 1e-12, name);
});

test("a load is even where no expert has more than one token more than another", () => {
  const load = (assigned, layers) => isEven({ assigned, layers, experts: assigned.length / layers });
  assert.ok(load([2, 3, 2, 3], 1));
  assert.ok(!load([2, 2, 2, 2, 1, 3, 2, 2], 2));
});

test("a run of the bias goes on while it helps and stops at the best", () => {
  const stopRule = createStopRule({ most: 200, stride: 1 });
  assert.deepEqual(stopRule.next({ updates: 0, violation: 3, even: false }), { go: 1 });
  assert.deepEqual(stopRule.next({ updates: 30, violation: 0.5, even: false }), { go: 31 });
  assert.deepEqual(stopRule.next({ updates: 29 + PATIENCE, violation: 0.9, even: false }), {
    go: 30 + PATIENCE,
  });
  assert.deepEqual(stopRule.next({ updates: 30 + PATIENCE, violation: 0.5, even: false }), {
    stop: "best",
    updates: 30,
    violation: 0.5,
  });
});

test("a run of the bias stops as soon as the load is even, and at the last update", () => {
  assert.deepEqual(
    createStopRule({ most: 200, stride: 1 }).next({ updates: 7, violation: 0.1, even: true }),
    {
      stop: "even",
      updates: 7,
      violation: 0.1,
    },
  );
  assert.deepEqual(
    createStopRule({ most: 200, stride: 20 }).next({ updates: 190, violation: 2, even: false }),
    { go: 200 },
  );
  assert.deepEqual(
    createStopRule({ most: 200, stride: 20 }).next({ updates: 200, violation: 2, even: false }),
    { stop: "best", updates: 200, violation: 2 },
  );
});

test("a formula is followed by what its letters stand for, and by no other letter", () => {
  for (const {
    balance: { letters, measures },
  } of [en, fr]) {
    const told = (/** @type {keyof typeof measures} */ name) => lettersIn(measures[name].formula, letters);
    for (const name of /** @type {const} */ (["load_share", "max_over_mean", "max_violation"]))
      assert.deepEqual(told(name), [letters.c]);
    assert.deepEqual(told("entropy"), [letters.c, letters.N]);
    assert.deepEqual(told("switch_loss"), [letters.N]);
    for (const name of /** @type {const} */ (["dropped_share", "z_loss"])) assert.deepEqual(told(name), []);
  }
});

test("the busiest expert is told with its load over the mean of its layer", () => {
  const trace = traceOf({ tokens: 4, layers: 2, experts: 8, k: 2 });
  trace.experts.set([0, 1, 2, 3, 0, 1, 2, 3, 4, 5, 2, 3, 6, 7, 2, 4]);
  assert.deepEqual(busiestOf(trace), { layer: 1, expert: 2, ratio: 4 });
});

test("even loads have the ratio 1, and nothing is told before anything is routed", () => {
  const trace = traceOf({ tokens: 4, layers: 1, experts: 8, k: 2 });
  trace.experts.set([0, 1, 2, 3, 4, 5, 6, 7]);
  assert.equal(busiestOf(trace)?.ratio, 1);
  assert.equal(busiestOf({ ...trace, received: 0 }), null);
});
