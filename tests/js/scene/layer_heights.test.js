import assert from "node:assert/strict";
import { test } from "node:test";
import { between } from "../../../static/js/scene/layout/layer_heights.js";
import { createLayout, folded, heightOf, levelOf, shapeOf } from "../../../static/js/scene/layout/layout.js";

const tall = createLayout({ layers: 61, experts: 256 });
const fold = { first: 24, last: 34 };

test("folded layers are thin and close, open ones far apart, in a stack that is no taller", () => {
  const layout = folded(tall, fold);
  const gap = (/** @type {number} */ layer) => levelOf(layout, layer) - levelOf(layout, layer - 1);
  assert.ok(gap(30) > 2 * (levelOf(tall, 30) - levelOf(tall, 29)), "what is open has room");
  assert.ok(gap(10) < 0.2 * gap(30) && gap(50) < 0.2 * gap(30), "what is folded has little");
  assert.ok(layout.open[10] < 0.2 && layout.open[30] === 1);
  assert.ok(levelOf(layout, 60) <= levelOf(tall, 60));
});

test("layers rise in order, centred, whatever is folded", () => {
  for (const range of [null, fold, { first: 0, last: 0 }, { first: 60, last: 60 }, { first: 0, last: 59 }]) {
    const { levels } = folded(tall, range);
    assert.ok(Math.abs(levels[0] + levels[60]) < 1e-4);
    for (let layer = 1; layer < 61; layer++)
      assert.ok(levels[layer] > levels[layer - 1], `${range?.first} ${layer}`);
  }
});

test("a token passes folded layers without jumps", () => {
  const layout = folded(tall, fold);
  let last = heightOf(layout, -1);
  for (let passed = -1; passed <= 61; passed += 0.05) {
    const height = heightOf(layout, passed);
    assert.ok(height >= last - 1e-5 && height - last < 0.06 * layout.entry + 0.06 * layout.pitch);
    last = height;
  }
});

test("half of the way between two foldings stands half way", () => {
  const half = between(tall, folded(tall, fold), 0.5);
  assert.ok(Math.abs(half.open[0] - (1 + folded(tall, fold).open[0]) / 2) < 1e-6);
  assert.equal(between(tall, tall, 0.3).pitch, tall.pitch);
});

test("the layers without experts of a published model lie where they are in it", () => {
  const shape = shapeOf({ layers: 58, experts: 256, dense_layers: [0, 1, 2], d_shared: 2048 });
  assert.deepEqual(shape.dense, [0, 0, 0]);
  assert.equal(shape.core, true);
  const { slabs, levels, towerHeight, drop } = createLayout(shape);
  const heights = [0, 1, 2].map((i) => slabs[3 * i]);
  assert.ok(heights[0] < heights[1] && heights[1] < heights[2], "in order");
  assert.ok(heights[2] < levels[0] - towerHeight - drop, "below the feet of the first towers");
});

test("layers without experts between others lie between the planes, clear of the towers", () => {
  const shape = shapeOf({
    layers: 12,
    experts: 128,
    dense_layers: [0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22],
  });
  assert.deepEqual(shape.dense, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  const { slabs, levels, towerHeight, drop } = createLayout(shape);
  for (let i = 1; i < 12; i++) {
    const [middle, thick] = slabs.subarray(3 * i);
    assert.ok(middle - thick / 2 > levels[i - 1] && middle + thick / 2 < levels[i] - drop - towerHeight);
  }
});

test("small models have neither", () => {
  assert.deepEqual(shapeOf({ layers: 6, experts: 8 }), { layers: 6, experts: 8, dense: [], core: false });
});
