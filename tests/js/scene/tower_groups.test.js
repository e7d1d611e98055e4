import assert from "node:assert/strict";
import { test } from "node:test";
import { createGroups } from "../../../static/js/scene/effects/tower_groups.js";

/** Tokens of these groups, each sent to the experts beside it in one layer. @returns {any} a trace */
function traceOf(/** @type {[string, number[]][]} */ rows, dropped = new Uint8Array(2 * rows.length)) {
  return {
    id: "made",
    model: { layers: 1, experts: 4, top_k: 2 },
    tokens: rows.map(([group]) => ({ text: "x", group })),
    experts: Uint16Array.from(rows.flatMap(([, chosen]) => chosen)),
    weights: new Float32Array(2 * rows.length).fill(0.5),
    dropped,
    received: rows.length,
  };
}

const SHARES = 8; // bytes of a tower

test("a tower has the share of each group whose tokens it served, a tower that served none has nothing", () => {
  const groups = createGroups(1, 4);
  const trace = traceOf([
    ["code", [0, 1]],
    ["french", [0, 2]],
    ["code", [0, 2]],
    ["code", [0, 1]],
  ]);
  for (let token = 0; token < 4; token++) groups.fire(trace, token, 0);
  const of = (/** @type {number} */ tower) => [...groups.shares.subarray(SHARES * tower, SHARES * tower + 3)];
  assert.deepEqual(of(0), [191, 64, 0]);
  assert.deepEqual(of(1), [255, 0, 0]);
  assert.deepEqual(of(2), [128, 128, 0]);
  assert.deepEqual(of(3), [0, 0, 0]);
});

test("a group of one token among many is still wide enough to be seen", () => {
  const groups = createGroups(1, 4);
  const trace = traceOf([
    ...Array.from({ length: 60 }, () => /** @type {[string, number[]]} */ (["code", [0, 1]])),
    ["french", [0, 1]],
  ]);
  for (let token = 0; token < 61; token++) groups.fire(trace, token, 0);
  assert.ok(groups.shares[1] >= 25);
});

test("a full expert does not count the token that it turned away", () => {
  const groups = createGroups(1, 4);
  const rows = /** @type {[string, number[]][]} */ ([
    ["code", [0, 1]],
    ["french", [0, 1]],
  ]);
  const trace = traceOf(rows, Uint8Array.from([0, 0, 1, 0]));
  groups.fire(trace, 0, 0);
  groups.fire(trace, 1, 0);
  assert.deepEqual([...groups.shares.subarray(0, 2)], [255, 0]);
  assert.deepEqual([...groups.shares.subarray(SHARES, SHARES + 2)], [128, 128]);
});

test("nothing is left, and all is sent, after a reset", () => {
  const groups = createGroups(1, 4);
  const trace = traceOf([
    ["code", [0, 1]],
    ["french", [2, 3]],
  ]);
  groups.fire(trace, 0, 0);
  groups.dirty.drain(() => {});
  groups.reset();
  const sent = /** @type {number[][]} */ ([]);
  groups.dirty.drain((...span) => sent.push(span));
  assert.deepEqual(sent, [[0, 0, 8]]);
  assert.ok(groups.shares.every((share) => share === 0));
});
