/**
 * @import {Learned, Measured, Measurement} from "../../../static/js/api/measurements.js"
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  balanceOf,
  capacityOf,
  changeOf,
  lossesByK,
  separatedLayers,
  sizesOf,
  strongestOf,
  verdictOf,
} from "../../../static/js/api/measurements.js";
import { words } from "../../../static/js/words/words.js";

/** @param {Partial<Measurement>} more @returns {Measurement} */
const measurement = (more = {}) => ({
  experts: 8,
  top_k: 2,
  total_p: 100,
  active_p: 10,
  finished: true,
  loss: { mean: 3 },
  by_k: {},
  learned: {
    js_bits: [],
    js_bits_untrained: [],
    js_bits_chance: [],
    js_bits_most: 1.58,
    max_violation: [0.2],
    entropy: [1],
    likes: [],
  },
  ...more,
});
/** @param {Record<string, number>} losses @param {[string, string, number, number][]} compared @returns {Measured} */
const measured = (losses, compared = []) => ({
  models: Object.fromEntries(
    Object.entries(losses).map(([name, mean]) => [
      name,
      measurement({ experts: Number(name.split("-")[1]), loss: { mean } }),
    ]),
  ),
  compared: compared.map(([a, b, change, se]) => ({ models: [a, b], change, se })),
});

test("a difference within two standard errors is none", () => {
  assert.deepEqual(
    [verdictOf(-0.1, 0.01), verdictOf(0.1, 0.01), verdictOf(-0.019, 0.01), verdictOf(0, 0)],
    ["fell", "rose", "same", "same"],
  );
});

test("sizes are the finished models that differ in N alone, smallest first", () => {
  const all = measured({ "trio-64": 2.8, "trio-8": 3, "trio-8-unbalanced": 2, "trio-16": 2.9 });
  all.models["trio-16"].finished = false;
  assert.deepEqual(
    sizesOf(all).map(({ name }) => name),
    ["trio-8", "trio-64"],
  );
  all.models["trio-64"].active_p = 11;
  assert.deepEqual(
    sizesOf(all).map(({ name }) => name),
    ["trio-8"],
  );
});

test("differences are found whichever model was compared with which", () => {
  const all = measured({ "trio-8": 3, "trio-64": 2.8 }, [["trio-64", "trio-8", 0.2, 0.01]]);
  assert.deepEqual(changeOf(all, "trio-8", "trio-64"), { change: -0.2, se: 0.01 });
  assert.equal(changeOf(all, "trio-8", "trio-16"), null);
});

test("capacity that did not help is said to have not helped", () => {
  const of = (change) =>
    capacityOf(measured({ "trio-8": 3, "trio-64": 3 + change }, [["trio-8", "trio-64", change, 0.01]])).whole;
  const said = (change) => words.learned.capacity(/** @type {any} */ (of(change)));
  assert.match(said(-0.2), /fell by 0\.200/);
  assert.match(said(0.01), /did not help/);
  assert.match(said(0.2), /rose by 0\.200/);
  assert.equal(capacityOf(measured({ "trio-8": 3 })).whole, null);
});

test("each size is held against the one before", () => {
  const all = measured({ "trio-8": 3, "trio-16": 2.9, "trio-32": 2.9 }, [
    ["trio-8", "trio-16", -0.1, 0.01],
    ["trio-16", "trio-32", 0.001, 0.01],
  ]);
  assert.deepEqual(
    capacityOf(all).steps.map(({ from, to, verdict }) => [from, to, verdict]),
    [
      [8, 16, "fell"],
      [16, 32, "same"],
    ],
  );
});

test("loss at another k is judged by its own error", () => {
  const by_k = {
    1: { loss: { mean: 4 }, cost: 1, cost_se: 0.1 },
    2: { loss: { mean: 3 }, cost: 0, cost_se: 0 },
    3: { loss: { mean: 3 }, cost: 0.01, cost_se: 0.1 },
  };
  assert.deepEqual(
    lossesByK(measurement({ by_k })).map(({ k, verdict }) => [k, verdict]),
    [
      [1, "rose"],
      [3, "same"],
    ],
  );
});

test("experts that part languages no more than an untrained router have not specialised", () => {
  /** @param {number[]} js_bits @returns {Learned} */
  const learned = (js_bits) => ({
    ...measurement().learned,
    js_bits,
    js_bits_untrained: [0.1, 0.1, 0.1],
    js_bits_chance: [0.001, 0.001, 0.001],
  });
  assert.deepEqual(separatedLayers(learned([0.1, 0.14, 0.4])), [2]);
  assert.match(words.learned.parted(separatedLayers(learned([0.1, 0.12, 0.05])), 3), /did not specialise/);
  assert.match(words.learned.parted([0, 1, 2], 3), /all 3 layers/);
  assert.match(words.learned.parted([2], 3), /1 of 3 layers/);
});

test("a router whose worst layer is over half of the way to one expert for all has collapsed", () => {
  const of = (...max_violation) =>
    balanceOf(measurement({ learned: { ...measurement().learned, max_violation } })).verdict;
  assert.deepEqual([of(0.2, 0.9), of(0.2, 1.2), of(2.9, 0.1)], ["even", "uneven", "collapsed"]);
});

test("the token that one expert takes for itself comes from the figures, and is said", () => {
  const { learned } = measurement();
  const likes = /** @type {Learned["likes"]} */ ([
    [[["a", 99, 99]], [["\n", 270, 280]]],
    [[["b", 200, 200]], []],
  ]);
  const found = strongestOf({ ...learned, likes });
  assert.deepEqual(found, { layer: 1, expert: 0, text: "b", times: 200, of: 200 });
  assert.equal(strongestOf({ ...learned, likes: [] }), null);
  const told = words.learned.strongest({ layer: 0, expert: 6, text: "\n", times: 2771, of: 2771 });
  assert.match(told, /^Expert 6 of layer 1 takes 2,771 of 2,771 newlines/);
});
