import assert from "node:assert/strict";
import { test } from "node:test";
import {
  decodeStep,
  decodeText,
  encodeOpen,
  encodeStop,
  fromHalf,
  NO_EXPERT,
} from "../../../static/js/trace/wire.js";
import { bytes, golden } from "../golden.js";

for (const row of golden("steps")) {
  test(`decodeStep reads the golden bytes: ${row.name}`, () => {
    const step = decodeStep(bytes(row.hex));
    const { id, token, layers, experts, topK } = step;
    assert.deepEqual(
      { id, token, layers, experts, k: topK },
      {
        id: row.id,
        token: row.token,
        layers: row.layers,
        experts: row.experts,
        k: row.k,
      },
    );
    assert.deepEqual(
      [...step.chosen],
      row.chosen.flat().map((/** @type {number} */ id) => (id < 0 ? NO_EXPERT : id)),
    );
    assert.deepEqual([...step.weights], row.weights_16bit.flat());
    assert.deepEqual([...step.scores], row.score_codes.flat());
    assert.deepEqual(step.dropped && [...step.dropped], row.dropped?.flat() ?? null);
  });
}

test("decodeStep makes views of the bytes, not copies", () => {
  const buffer = bytes(golden("steps")[0].hex);
  const step = decodeStep(buffer);
  assert.equal(step.scores.buffer, buffer);
  assert.equal(step.chosen.buffer, buffer);
});

test("decodeStep refuses bytes that are not a step of this version", () => {
  const good = bytes(golden("steps")[0].hex);
  assert.throws(() => decodeStep(good.slice(0, 19)), /expected 20 bytes, got 19/);
  assert.throws(() => decodeStep(good.slice(0, -1)), /expected 44 bytes, got 43/);
  for (const [at, message] of /** @type {const} */ ([
    [0, /version 2 and kind 1, got 3 and 1/],
    [1, /got 2 and 2/],
  ])) {
    const wrong = good.slice(0);
    new Uint8Array(wrong)[at] += 1;
    assert.throws(() => decodeStep(wrong), message);
  }
});

test("fromHalf reads the corners of 16-bit floats", () => {
  /** @type {[number, number][]} */
  const corners = [
    [0x3c00, 1],
    [0xc000, -2],
    [0x3555, 0.333251953125],
    [1, 2 ** -24],
    [0x7bff, 65504],
    [0x7c00, Infinity],
  ];
  for (const [bits, number] of corners) assert.equal(fromHalf(bits), number);
});

const {
  from_client: [fresh, resumed, stop, routed, beside],
  to_client: answers,
} = golden("messages");
const EVERY_KEY = {
  source: "live",
  scenario: "english",
  prompt: 'où? "là" 🙂\n',
  model: "trio-16",
  experts: 16,
  k: 3,
};

test("encodeOpen and encodeStop write the golden texts", () => {
  const some = /** @type {any} */ ({ scenario: "code", experts: 64 });
  assert.equal(encodeOpen(7, { request: some }, 0), fresh.text);
  assert.equal(encodeOpen(8, { request: /** @type {any} */ (EVERY_KEY) }, 12), resumed.text);
  assert.equal(encodeStop(8), stop.text);
});

test("encodeOpen writes a router and its settings as the golden text", () => {
  const router = { router: "sigmoid_bias", groups: 8, topk_groups: 2, scale: 2.5, updates: 100, rate: 0.01 };
  const asked = { source: "live", experts: 64, k: 4, ...router, continue: 64, temperature: 0.7, seed: 3 };
  assert.equal(encodeOpen(9, { request: /** @type {any} */ (asked) }, 0), routed.text);
});

test("encodeOpen writes what a person changed, and the keys of a second stack, as the golden text", () => {
  const request = /** @type {any} */ ({ scenario: "code", experts: 64 });
  assert.equal(encodeOpen(10, { request, changed: ["k"], second: { k: 4 } }, 0), beside.text);
});

test("decodeText reads the golden texts", () => {
  for (const { text } of answers) assert.deepEqual(decodeText(text), JSON.parse(text));
});

test("decodeText refuses what is no message", () => {
  for (const text of ["", "null", "[]", "{}", '{"op":"trace","id":1}', '{"op":"open"}', '{"op":"end"}']) {
    assert.throws(() => decodeText(text), Error, text);
  }
});
