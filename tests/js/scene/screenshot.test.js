import assert from "node:assert/strict";
import { test } from "node:test";
import { straighten } from "../../../static/js/scene/gpu/screenshot.js";

test("a picture without background keeps light as light: over black it looks as it did", () => {
  const drawn = Uint8Array.from([90, 30, 10, 0, 40, 20, 10, 255, 0, 0, 0, 0, 200, 100, 50, 255]); // 2 x 2
  const straight = straighten(drawn, 2, 2);
  assert.deepEqual([...straight.subarray(8, 12)], [255, 85, 28, 90], "the lower row comes last");
  const back = (pixel) => [0, 1, 2].map((c) => Math.round((straight[pixel + c] * straight[pixel + 3]) / 255));
  assert.deepEqual(back(8), [90, 30, 10]);
  assert.deepEqual(back(12), [40, 20, 10]);
  assert.equal(straight[3], 0);
});
