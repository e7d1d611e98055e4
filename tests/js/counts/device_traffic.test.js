import assert from "node:assert/strict";
import { test } from "node:test";
import { allToAllBytes, placeExperts, trafficOf } from "../../../static/js/counts/device_traffic.js";
import { NO_EXPERT } from "../../../static/js/trace/wire.js";

/** @param {number[][][]} chosen  [T][L][K] @param {number} experts @param {number[]} [dropped] */
function traceOf(chosen, experts, dropped = []) {
  const flat = chosen.flat(2);
  return /** @type {any} */ ({
    model: { layers: chosen[0].length, experts, top_k: chosen[0][0].length },
    experts: Uint16Array.from(flat),
    dropped: Uint8Array.from(flat, (_, i) => Number(dropped.includes(i))),
    received: chosen.length,
  });
}

test("neighbours share a device, as evenly as they divide, and no device stays empty", () => {
  assert.deepEqual([...(placeExperts(8, 4) ?? [])], [0, 0, 1, 1, 2, 2, 3, 3]);
  assert.deepEqual([...(placeExperts(5, 2) ?? [])], [0, 0, 0, 1, 1]);
  assert.equal(new Set(placeExperts(8, 300)).size, 8);
  assert.equal(placeExperts(8, 0), null);
  assert.equal(placeExperts(8, 4), placeExperts(8, 4), "the scene knows it again");
});

test("a token is sent once to each device that holds an expert of it", () => {
  const trace = traceOf(
    [
      [
        [0, 1],
        [2, 7],
      ],
      [
        [0, 4],
        [4, 5],
      ],
    ],
    8,
  );
  const { sent, copies, reach, most, tokens } = trafficOf(
    trace,
    /** @type {Int16Array} */ (placeExperts(8, 4)),
  );
  assert.deepEqual(
    sent.map((row) => [...row]),
    [
      [2, 0, 1, 0],
      [0, 1, 1, 1],
    ],
  );
  assert.deepEqual([copies, reach, most, tokens], [6, 1.5, 2, 2]);
});

test("dropped and empty choices send nothing", () => {
  const trace = traceOf([[[0, NO_EXPERT]], [[3, 7]]], 8, [3]);
  const { sent, copies } = trafficOf(trace, /** @type {Int16Array} */ (placeExperts(8, 8)));
  assert.deepEqual([...sent[0]], [1, 0, 0, 1, 0, 0, 0, 0]);
  assert.equal(copies, 2);
});

test("a step's bytes go there and back with two bytes a number", () => {
  assert.equal(allToAllBytes(6, 128), 6 * 128 * 4);
});

test("nothing is sent before anything is routed", () => {
  const trace = { ...traceOf([[[0, 1]]], 8), received: 0 };
  assert.deepEqual(trafficOf(trace, /** @type {Int16Array} */ (placeExperts(8, 2))), {
    sent: [new Uint32Array(2)],
    tokens: 0,
    copies: 0,
    reach: 0,
    most: 0,
  });
});
