import assert from "node:assert/strict";
import { test } from "node:test";
import { kindOf, shapeOf } from "../../../static/js/view/model.js";
import { parseView } from "../../../static/js/view/url.js";
import { BOOT } from "../boot_data.js";

/** @type {import("../../../static/js/boot_types.js").Boot} */
const boot = { ...BOOT, shapes: [{ key: "deepseek-v3", name: "DeepSeek-V3" }] };
const TEXT = "58x256x8-d7168-e2048-x0_3_1-rsigmoid_bias-g8-t4-f2.5";
const view = (/** @type {string} */ search) => parseView(search, boot).view;

test("a published shape has its name, a shape as text has none", () => {
  assert.equal(shapeOf(boot, view("?shape=deepseek-v3"))?.name, "DeepSeek-V3");
  assert.deepEqual(shapeOf(boot, view(`?shape=${TEXT}`)), { key: TEXT, name: "" });
});

test("only authored routing has a shape", () => {
  assert.equal(shapeOf(boot, view("?source=live&shape=deepseek-v3")), null);
  assert.equal(shapeOf(boot, view("")), null);
});

/** @type {any} */
const MODEL = { layer_kinds: { 0: "hash", 2: "attention experts" } };

test("a reader is told of layers that choose by a table, and of experts of attention", () => {
  assert.equal(kindOf(MODEL, 0), "a table of token ids chooses here");
  assert.equal(kindOf(MODEL, 2), "experts of attention");
});

test("ordinary layers have no kind, and an unknown kind keeps its name", () => {
  assert.equal(kindOf(MODEL, 1), "");
  assert.equal(kindOf(/** @type {any} */ ({}), 0), "");
  assert.equal(kindOf(/** @type {any} */ ({ layer_kinds: { 3: "new" } }), 3), "new");
});
