import assert from "node:assert/strict";
import { test } from "node:test";

import { gainsOf, gainersOf } from "../../../static/js/api/next_tokens.js";
import { kOf, ofTower, itemInWords, withK, without, withTower } from "../../../static/js/view/alterations.js";

const TOWER = { layer: 2, expert: 5 };

test("a change of a tower takes the place of the one before and leaves the others", () => {
  assert.equal(withTower("", TOWER, "off"), "3.5-off");
  assert.equal(withTower("1.2-force_3.5-off_4-k1", TOWER, "add-2"), "1.2-force_4-k1_3.5-add-2");
  assert.equal(withTower("1.2-force_3.5-off", TOWER, ""), "1.2-force");
});

test("towers whose numbers begin alike are told apart", () => {
  assert.equal(ofTower("13.5-off_3.51-force", TOWER), undefined);
  assert.equal(ofTower("13.5-off_3.5-add2", TOWER), "add2");
});

test("k of a layer is read, set and taken back", () => {
  assert.equal(kOf("3.5-off_4-k2", 3), 2);
  assert.equal(kOf("3.5-off_14-k2", 3), null);
  assert.equal(withK("4-k2_3.5-off", 3, 1), "3.5-off_4-k1");
  assert.equal(withK("4-k2_3.5-off", 3, null), "3.5-off");
});

test("one item is taken back alone", () => assert.equal(without("3.5-off_4-k2", "4-k2"), "3.5-off"));

test("items are said in words", () => {
  assert.equal(itemInWords("3.5-off"), "expert 5 of layer 3: off");
  assert.equal(itemInWords("1.7-add-2"), "expert 7 of layer 1: logit −2.0");
  assert.equal(itemInWords("4-k1"), "layer 4: k = 1");
});

test("who took the tokens of a tower is counted, most first", () => {
  /** @type {import("../../../static/js/api/next_tokens.js").Move[]} */
  const moved = [
    [0, 2, [5], [1]],
    [1, 2, [5], [4]],
    [2, 2, [5], [4]],
    [3, 2, [6], [1]],
    [3, 3, [5], [0]],
  ];
  assert.deepEqual(
    gainersOf(moved, TOWER).map(({ expert, taken }) => [expert, taken]),
    [
      [4, 2],
      [1, 1],
    ],
  );
  assert.equal(gainsOf(moved).find(({ layer, expert }) => layer === 2 && expert === 5)?.lost, 3);
});
