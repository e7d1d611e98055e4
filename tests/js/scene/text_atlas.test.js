import assert from "node:assert/strict";
import { test } from "node:test";
import { pack } from "../../../static/js/scene/gpu/text_atlas.js";

test("words in the atlas do not overlap", () => {
  const { boxes, width, bottom } = pack(
    Array.from({ length: 300 }, (_, i) => 20 + (i % 60)),
    17,
  );
  for (const [i, a] of boxes.entries()) {
    assert.ok(a.x + a.width <= width && a.y + a.height <= bottom);
    for (const b of boxes.slice(0, i)) assert.ok(a.y !== b.y || a.x >= b.x + b.width);
  }
  assert.ok(width <= 2048);
});
