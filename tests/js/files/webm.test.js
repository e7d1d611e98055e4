import assert from "node:assert/strict";
import { test } from "node:test";
import { withDuration } from "../../../static/js/files/webm.js";

/** An element of EBML. @param {number[]} id @param {Uint8Array} body */
function element(id, body) {
  return Uint8Array.of(...id, 0x01, 0, 0, 0, 0, 0, body.length >> 8, body.length & 255, ...body);
}

test("a WebM file gets its length once, where the format has it", () => {
  const scale = element([0x2a, 0xd7, 0xb1], Uint8Array.of(0x0f, 0x42, 0x40));
  const rest = Uint8Array.of(0x16, 0x54, 0xae, 0x6b, 0x80);
  const file = Uint8Array.of(
    0x18,
    0x53,
    0x80,
    0x67,
    0x01,
    255,
    255,
    255,
    255,
    255,
    255,
    255,
    ...element([0x15, 0x49, 0xa9, 0x66], scale),
    ...rest,
  );
  const longer = withDuration(file, 12_345);
  const at = longer.findIndex((_, i) => longer[i] === 0x44 && longer[i + 1] === 0x89);
  assert.equal(longer[at + 2], 0x88);
  assert.equal(new DataView(longer.buffer).getFloat64(at + 3), 12_345);
  assert.deepEqual([...longer.slice(16, 20)], [0x10, 0, 0, scale.length + 11]);
  assert.deepEqual([...longer.slice(-rest.length)], [...rest]);
  assert.equal(withDuration(longer, 1), longer);
  const other = Uint8Array.of(1, 2, 3);
  assert.equal(withDuration(other, 1), other);
});
