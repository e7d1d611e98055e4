import assert from "node:assert/strict";
import { test } from "node:test";
import { createCorpusTables, MOST_FLOWS } from "../../../static/js/scene/effects/corpus_tables.js";

/** @type {import("../../../static/js/types.js").Corpus} */
const corpus = {
  atlas: "heldout/a",
  corpus: "texts",
  tokens: 1000,
  documents: 4,
  loads: [
    [2, 1, 1, 0],
    [0.5, 1.5, 1, 1],
  ],
  flows: [
    [0, 0, 1, 400],
    [0, 1, 2, 100],
  ],
};

test("a tower is as high as its load, the busiest of all layers being whole", () => {
  const tables = createCorpusTables(2, 4);
  tables.set(corpus);
  const heights = [...tables.heights].filter((_, i) => i % 4 === 0).map((height) => height / 255);
  assert.equal(heights[0], 1);
  assert.ok(Math.abs(heights[1] - 0.5) < 0.01 && Math.abs(heights[4] - 0.25) < 0.01);
  assert.ok(heights[3] > 0, "an expert without a token still stands there");
});

test("flows are drawn weakest first, as strong as their tokens", () => {
  const tables = createCorpusTables(2, 4);
  assert.equal(tables.set(corpus), 2);
  assert.deepEqual([...tables.flows.subarray(0, 8)], [0, 1, 2, 0.25, 0, 0, 1, 1]);
});

test("without a corpus every tower is whole and nothing flows", () => {
  const tables = createCorpusTables(2, 4);
  tables.set(corpus);
  assert.equal(tables.set(null), 0);
  assert.ok(tables.heights.every((height) => height === 255));
});

test("more flows than the scene has room for are left out", () => {
  const many = Array.from(
    { length: MOST_FLOWS + 5 },
    () => /** @type {[number, number, number, number]} */ ([0, 0, 1, 1]),
  );
  assert.equal(createCorpusTables(2, 4).set({ ...corpus, flows: many }), MOST_FLOWS);
});
