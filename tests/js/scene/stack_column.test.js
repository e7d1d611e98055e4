import assert from "node:assert/strict";
import { test } from "node:test";
import { layerIn } from "../../../static/js/scene/labels/stack_column.js";

const column = { x: 100, y: 50, width: 12, height: 244 }; // four pixels a layer of 61

test("each layer of the stack in small is found at its bar, the first at the bottom", () => {
  for (const layer of [0, 1, 30, 60]) assert.equal(layerIn(column, 61, 106, 50 + 244 - 4 * layer - 2), layer);
});

test("a finger beside it finds it too, further away nothing does", () => {
  assert.equal(layerIn(column, 61, 106 + 20, 50 + 244 - 2), 0);
  assert.equal(layerIn(column, 61, 106 - 20, 50 - 10), 60);
  assert.equal(layerIn(column, 61, 106 + 30, 100), null);
  assert.equal(layerIn(column, 61, 106, 50 - 30), null);
  assert.equal(layerIn(null, 61, 106, 100), null);
});
