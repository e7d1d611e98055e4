import assert from "node:assert/strict";
import { test } from "node:test";
import { openTraceFile } from "../../../static/js/trace/trace_file.js";

/** A trace file by hand. @param {number} tokens */
function fileOf(tokens) {
  const experts = Int32Array.from({ length: tokens * 3 }, (_, at) => at);
  const bias = Float32Array.of(0.5, 0.25);
  const end = experts.byteLength;
  const header = JSON.stringify({
    __metadata__: {
      format: "moescope.trace/1",
      tokens: JSON.stringify(Array.from({ length: tokens }, (_, id) => ({ id }))),
    },
    experts: { dtype: "I32", shape: [tokens, 1, 3], data_offsets: [0, end] },
    bias: { dtype: "F32", shape: [1, 2], data_offsets: [end, end + bias.byteLength] },
  });
  const length = new DataView(new ArrayBuffer(8));
  length.setBigUint64(0, BigInt(header.length), true);
  return new Blob([length, header, experts, bias]);
}

/** @param {Blob} file */
async function read(file) {
  const size = Number(new DataView(await file.slice(0, 8).arrayBuffer()).getBigUint64(0, true));
  const { __metadata__: metadata, ...tensors } = JSON.parse(await file.slice(8, 8 + size).text());
  return { size, metadata, tensors, data: await file.slice(8 + size).arrayBuffer() };
}

test("a part has its rows, its tokens, and whatever does not count tokens", async () => {
  const file = openTraceFile(fileOf(10));
  const { size, metadata, tensors, data } = await read(await file.part(4, 3));
  assert.equal(size % 8, 0);
  assert.deepEqual(JSON.parse(metadata.tokens), [{ id: 4 }, { id: 5 }, { id: 6 }]);
  assert.equal(metadata.format, "moescope.trace/1");
  assert.deepEqual(tensors.experts, { dtype: "I32", shape: [3, 1, 3], data_offsets: [0, 36] });
  assert.deepEqual([...new Int32Array(data, 0, 9)], [12, 13, 14, 15, 16, 17, 18, 19, 20]);
  assert.deepEqual([...new Float32Array(data.slice(36))], [0.5, 0.25]);
});

test("the last part ends with the file", async () => {
  const { metadata, tensors, data } = await read(await openTraceFile(fileOf(10)).part(8, 4));
  assert.deepEqual(JSON.parse(metadata.tokens), [{ id: 8 }, { id: 9 }]);
  assert.deepEqual(tensors.experts.shape, [2, 1, 3]);
  assert.deepEqual([...new Int32Array(data, 0, 6)], [24, 25, 26, 27, 28, 29]);
});
