import assert from "node:assert/strict";
import { test } from "node:test";
import { shapeOf } from "../../../static/js/view/model_shapes.js";
import { parseView } from "../../../static/js/view/url.js";
import { BOOT } from "../boot_data.js";

/** @type {import("../../../static/js/types.js").Boot} */
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
