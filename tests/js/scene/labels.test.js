import assert from "node:assert/strict";
import { test } from "node:test";
import {
  besideCluster,
  isLabelled,
  labelsOf,
  labelInterval,
  wordOf,
} from "../../../static/js/scene/labels/wording.js";

test("layers are named from 1, experts from 0, and those of a wide ring now and then", () => {
  const words = labelsOf({ layers: 2, experts: 8 }, false).map(({ word }) => word);
  assert.deepEqual(words, ["LAYER 1", "LAYER 2", "0", "1", "2", "3", "4", "5", "6", "7"]);
  assert.equal(labelsOf({ layers: 2, experts: 8 }, true)[0].word, "1");
  assert.ok(labelsOf({ layers: 1, experts: 512 }, true).length <= 33);
});

test("a token is named by its text, long ones in short", () => {
  assert.equal(wordOf([{ text: " river" }], 0), "river");
  assert.equal(wordOf([{ text: "supercalifragilisticexpialidocious" }], 0).length, 18);
});

test("labels of layers never stand closer than two lines of text", () => {
  assert.equal(labelInterval(80, false), 1);
  assert.equal(labelInterval(20, true), 1);
  for (const room of [4, 6, 10, 15, 21.9, 27])
    assert.ok(labelInterval(room, false) * room >= 28 && labelInterval(room, false) > 1);
});

test("a low stack names every second layer before every fifth", () => {
  const named = (/** @type {number} */ room) =>
    [0, 1, 2, 3, 4, 5].filter((layer) => isLabelled(layer, 6, labelInterval(room, true))).map((i) => i + 1);
  assert.deepEqual(named(15), [1, 2, 3, 4, 5, 6]);
  assert.deepEqual(named(11), [1, 3, 5]);
  assert.deepEqual(named(4), [1, 5]);
});

test("a folded stack without room for every layer names the current one", () => {
  for (const looked of [29, 30]) {
    const named = [28, 29, 30, 31, 32].filter((layer) => isLabelled(layer, 92, 2, looked));
    assert.ok(named.includes(looked));
    assert.ok(named.every((layer, at) => at === 0 || layer - named[at - 1] === 2));
  }
});

test("a few tokens that fly together are named in two columns beside the particles, in the order of the prompt", () => {
  const cluster = { x: 90, y: 40, width: 20, height: 20 };
  const size = { width: 30, height: 10 };
  const named = [0, 1, 2, 3, 4].map(
    (rank) => besideCluster(cluster, { rank, of: 5 }, /** @type {any} */ ({ text: 1 }), size)[0],
  );
  const [left, right] = [named.slice(0, 3), named.slice(3)];
  assert.ok(left.every(([x]) => x + size.width < cluster.x));
  assert.ok(right.every(([x]) => x > cluster.x + cluster.width));
  for (const column of [left, right])
    for (let line = 1; line < column.length; line++)
      assert.equal(column[line][1] - column[line - 1][1], size.height);
  assert.equal(left[1][1] + size.height / 2, cluster.y + cluster.height / 2, "the middle line at the middle");
});
