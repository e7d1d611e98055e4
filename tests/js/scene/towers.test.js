import assert from "node:assert/strict";
import { test } from "node:test";
import { createLayout } from "../../../static/js/scene/layout/layout.js";
import { towerDetail } from "../../../static/js/scene/meshes/towers.js";

test("towers are round where they are few and stay within the budget where they are many", () => {
  for (const [layers, experts, least] of [
    [6, 8, 30],
    [6, 64, 14],
    [24, 64, 14],
    [61, 256, 5],
    [61, 384, 5],
  ]) {
    const { sides, rings } = towerDetail(layers * experts, createLayout({ layers, experts }).towerRadius);
    assert.ok(sides >= least, `${layers}x${experts}: ${sides} sides`);
    assert.ok(layers * experts * sides * rings < 240_000);
  }
});
