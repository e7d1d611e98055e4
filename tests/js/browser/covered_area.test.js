import assert from "node:assert/strict";
import { test } from "node:test";
import { insetsOf } from "../../../static/js/browser/covered_area.js";

const STAGE = { left: 0, top: 0, right: 1000, bottom: 600 };

test("panels push the scene from their sides, the deepest of each side counts", () => {
  const insets = insetsOf(STAGE, [
    { side: "left", box: { left: 20, top: 0, right: 300, bottom: 500 } },
    { side: "top", box: { left: 500, top: 20, right: 900, bottom: 90 } },
    { side: "top", box: { left: 500, top: 20, right: 900, bottom: 120 } },
    { side: "bottom", box: { left: 0, top: 500, right: 1000, bottom: 600 } },
  ]);
  assert.deepEqual(
    insets,
    { left: 300, top: 136, right: 0, bottom: 100 },
    "and tokens that leave at the top stay clear of what is there",
  );
});

test("a panel that is not shown pushes nothing", () => {
  const box = { left: 0, top: 0, right: 0, bottom: 0 };
  assert.deepEqual(insetsOf(STAGE, [{ side: "bottom", box }]), { left: 0, top: 0, right: 0, bottom: 0 });
});

test("panels that would leave no room lie over the scene", () => {
  const insets = insetsOf(STAGE, [{ side: "bottom", box: { left: 0, top: 60, right: 1000, bottom: 600 } }]);
  assert.equal(insets.bottom, 0);
});
