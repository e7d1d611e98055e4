import assert from "node:assert/strict";
import { test } from "node:test";
import { busiestOf } from "../../../static/js/counts/balance.js";
import { traceOf } from "../random_traces.js";

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
