import assert from "node:assert/strict";
import { test } from "node:test";
import { levelOf, PLOT, scaleOf, spread, upward } from "../../../static/js/panels/atlas/plot.js";
import { atlasEn } from "../../../static/js/words/atlas.en.js";
import { atlasFr } from "../../../static/js/words/atlas.fr.js";

test("labels at the ends of lines keep apart, in order, inside the plot", () => {
  const heights = [300, 300, 299, 40, 298];
  const found = spread(heights);
  const sorted = [...found].sort((a, b) => a - b);
  for (let i = 1; i < sorted.length; i++) assert.ok(sorted[i] - sorted[i - 1] >= 12.99);
  assert.ok(Math.max(...found) <= upward(0) + 1e-9 && PLOT.height > upward(0));
  assert.equal(found.indexOf(Math.min(...found)), 3);
});

test("a scale goes from the least to the most and passes over what is unknown", () => {
  const scale = scaleOf([
    [1, null],
    [3, 5],
  ]);
  assert.deepEqual([scale.low, scale.high, scale.at(3)], [1, 5, 0.5]);
  assert.equal(scaleOf([[2, 2]]).at(2), 0.5);
});

test("a share falls into one of six levels", () => {
  assert.deepEqual([0, 0.16, 0.17, 0.99, 1].map(levelOf), [0, 0, 1, 5, 5]);
});

test("the atlas says the same things in both languages", () => {
  /** @param {object} words @returns {string[]} */
  const keys = (words) =>
    Object.entries(words).flatMap(([key, value]) =>
      typeof value === "object" ? keys(value).map((inner) => `${key}.${inner}`) : [key],
    );
  assert.deepEqual(keys(atlasFr).sort(), keys(atlasEn).sort());
});

test("a sentence about an expert carries its interval and the corpus' share", () => {
  const found = {
    kind: "domain",
    value: "french",
    share: 0.95,
    low: 0.91,
    high: 0.98,
    corpus_share: 0.33,
    tokens: 1909,
    documents: 200,
  };
  assert.match(
    atlasEn.does(found),
    /mostly serves tokens of french: 95.% of its 1,909 tokens \(91.% to 98.%\), against 33.%/,
  );
  assert.match(atlasEn.does({ ...found, low: 0.3 }), /often serves/);
});
