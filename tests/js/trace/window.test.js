import assert from "node:assert/strict";
import { test } from "node:test";
import { firstOf, numberOf, partOf, placeOf, samePart, totalOf } from "../../../static/js/trace/window.js";
import { clampToTrace } from "../../../static/js/state/loading.js";
import { parseView, currentView } from "../../../static/js/view/url.js";
import { BOOT } from "../boot_data.js";
import { partial, traceOf } from "../random_traces.js";

test("a person reads the number of a token in the whole, of which the page holds a part", () => {
  const part = partial({ from: 256, of: 1000 });
  assert.deepEqual([firstOf(part), totalOf(part), numberOf(part, 2)], [256, 1000, 259]);
  assert.deepEqual([placeOf(part, 258), placeOf(part, 255), placeOf(part, 256 + 5)], [2, null, null]);
  assert.ok(samePart(part, partial({ from: 256, of: 1000 })));
  assert.ok(!samePart(part, partial({ from: 512, of: 1000 })));
});

test("a trace that is there as a whole is counted from its start", () => {
  const whole = traceOf({ tokens: 5 });
  assert.equal(partOf(whole), null);
  assert.deepEqual([firstOf(whole), totalOf(whole), numberOf(whole, 2), placeOf(whole, 2)], [0, 5, 3, 2]);
  assert.deepEqual([firstOf(null), numberOf(null, 0)], [0, 1]);
});

test("a link counts tokens in the whole, and what came holds a part of it", () => {
  const part = partial({ from: 256, of: 1000 });
  const { view } = parseView("?token=900&path=259", BOOT);
  const { view: held, notices } = clampToTrace(view, part);
  assert.deepEqual([held.token, held.path, notices], [899, 2, []]);
  assert.equal(clampToTrace({ ...view, path: 899 }, part).view.path, null);
  assert.equal(clampToTrace({ ...view, token: 2000 }, part).view.token, 999);
});

test("the address names the token in the whole", () => {
  const { view } = parseView("", BOOT);
  const trace = partial({ from: 256, of: 1000 });
  const now = currentView({ view: { ...view, path: 1 }, at: { token: 3, layer: 1 }, trace });
  assert.deepEqual([now.token, now.path, now.layer], [259, 257, 1]);
  const all = currentView({ view: { ...view, mode: "all" }, at: { token: 4, layer: 1 }, trace });
  assert.equal(all.token, 256, "a link to ALL AT ONCE names its part");
});
