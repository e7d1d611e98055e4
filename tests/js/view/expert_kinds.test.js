import assert from "node:assert/strict";
import { test } from "node:test";

import { kindOf } from "../../../static/js/view/expert_kinds.js";

/** @type {any} */
const MODEL = {
  layer_kinds: { 0: "hash", 2: "attention experts" },
  expert_kinds: { identity: [8, 9], skip: [10] },
};

test("a reader is told of layers that choose by a table, and of experts that compute nothing", () => {
  assert.equal(kindOf(MODEL, { layer: 0, expert: 1 }), "a table of token ids chooses here");
  assert.equal(kindOf(MODEL, { layer: 1, expert: 9 }), "passes a token on unchanged");
  assert.equal(kindOf(MODEL, { layer: 1, expert: 10 }), "skips the layer");
  assert.equal(kindOf(MODEL, { layer: 2, expert: 8 }), "passes a token on unchanged · experts of attention");
});

test("ordinary towers have no kind, and an unknown kind keeps its name", () => {
  assert.equal(kindOf(MODEL, { layer: 1, expert: 0 }), "");
  assert.equal(kindOf(/** @type {any} */ ({}), { layer: 0, expert: 0 }), "");
  assert.equal(kindOf(/** @type {any} */ ({ layer_kinds: { 3: "new" } }), { layer: 3, expert: 0 }), "new");
});
