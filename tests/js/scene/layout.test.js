import assert from "node:assert/strict";
import { test } from "node:test";
import {
  createLayout,
  heightOf,
  levelOf,
  placeOf,
  rowsOf,
  TURN,
} from "../../../static/js/scene/layout/layout.js";

/** The smallest distance between two towers by looking at every pair. */
function closest({ x, z, experts }) {
  let least = Infinity;
  for (let i = 0; i < experts; i++) {
    for (let j = i + 1; j < experts; j++) least = Math.min(least, (x[i] - x[j]) ** 2 + (z[i] - z[j]) ** 2);
  }
  return Math.sqrt(least);
}

test("towers never touch for any number of experts from 2 to 512", () => {
  for (let experts = 2; experts <= 512; experts++) {
    const layout = createLayout({ layers: 6, experts });
    const gap = closest(layout) - 2 * layout.towerRadius;
    assert.ok(
      gap > 0.25 * layout.towerRadius,
      `${experts} experts: gap ${gap}, radius ${layout.towerRadius}`,
    );
  }
});

test("a tower is never a needle beside those of a ring with one expert more", () => {
  for (let experts = 3; experts <= 512; experts++) {
    const [before, after] = [experts - 1, experts].map(
      (n) => createLayout({ layers: 6, experts: n }).towerRadius,
    );
    assert.ok(after > 0.6 * before, `${experts} experts: radius ${after} after ${before}`);
  }
});

test("expert i stands at i / N of the circle, the first in front, the second to the right", () => {
  for (const experts of [2, 8, 60, 64, 160, 256, 384, 509]) {
    const { x, z } = createLayout({ layers: 2, experts });
    for (let i = 0; i < experts; i++) {
      const turn = Math.atan2(x[i], z[i]) / (2 * Math.PI);
      assert.ok(Math.abs(((turn + 1.5 - i / experts) % 1) - 0.5) < 1e-6);
    }
    assert.ok(z[0] > 0 && Math.abs(x[0]) < 1e-6);
    if (experts > 2) assert.ok(x[1] > 0);
  }
});

test("no tower stands on one of the ring below, and a ring keeps its order", () => {
  for (const experts of [8, 16, 32, 64]) {
    const layout = createLayout({ layers: 3, experts });
    const angleOf = (/** @type {number} */ layer, /** @type {number} */ expert) =>
      Math.atan2(...placeOf(layout, layer, expert));
    assert.ok(Math.abs(angleOf(1, 0) - angleOf(0, 0) - TURN) < 1e-6, "in the direction of the ids");
    const spacing = (2 * Math.PI) / experts;
    const beside = ((TURN / spacing + 0.5) % 1) - 0.5; // of the nearest tower below, in spacings
    assert.ok(Math.abs(beside) > 0.15, `${experts} experts: ${beside}`);
    assert.ok(Math.abs(angleOf(2, 1) - angleOf(2, 0) - spacing) < 1e-6);
  }
});

test("rings stay one row up to 64 experts and rows hold at most 64", () => {
  for (let experts = 2; experts <= 512; experts++) {
    const rows = rowsOf(experts);
    assert.equal(rows === 1, experts <= 64);
    assert.ok(experts / rows <= 64);
  }
});

test("the ring of 64 is wider than that of 8, and its towers are slimmer", () => {
  const [few, many] = [8, 64].map((experts) => createLayout({ layers: 6, experts }));
  assert.ok(many.outer > 1.5 * few.outer);
  assert.ok(many.towerRadius < 0.5 * few.towerRadius);
});

test("the axis stays free for tokens at every size", () => {
  for (let experts = 2; experts <= 512; experts++) {
    const { inner, towerRadius, outer } = createLayout({ layers: 61, experts });
    assert.ok(inner - towerRadius > 0.25 * outer, `${experts} experts: ${inner} of ${outer}`);
  }
});

test("rings of neighbouring layers never meet, and a stack of any height stays in proportion", () => {
  for (let layers = 1; layers <= 64; layers++) {
    for (const experts of [8, 64, 256, 384]) {
      const { pitch, towerHeight, outer, entry } = createLayout({ layers, experts });
      assert.ok(towerHeight < 0.6 * pitch);
      const height = pitch * (layers - 1) + towerHeight;
      assert.ok(height < 4.2 * outer, `${layers} x ${experts}: ${height} high, ${2 * outer} wide`);
      assert.ok(entry >= pitch);
    }
  }
});

test("levels are centred and evenly spaced, and a token rises through them without jumps", () => {
  const layout = createLayout({ layers: 6, experts: 8 });
  assert.ok(Math.abs(levelOf(layout, 0) + levelOf(layout, 5)) < 1e-9);
  for (let layer = 0; layer < 6; layer++) assert.equal(heightOf(layout, layer), levelOf(layout, layer));
  let before = heightOf(layout, -1);
  assert.equal(before, levelOf(layout, 0) - layout.entry);
  for (let passed = -0.99; passed <= 6; passed += 0.01) {
    const now = heightOf(layout, passed);
    assert.ok(now > before && now - before < 0.05);
    before = now;
  }
});
