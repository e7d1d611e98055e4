import assert from "node:assert/strict";
import { test } from "node:test";
import { axes, frameStack } from "../../../static/js/scene/camera/framing.js";
import { pickTower } from "../../../static/js/scene/camera/picking.js";
import { createLayout, levelOf, placeOf } from "../../../static/js/scene/layout/layout.js";

/** Where the camera of a pose stands. */
function eyeOf(pose) {
  return axes(pose).back.map((part, i) => part * pose.distance + (i === 1 ? pose.lift : 0));
}

/** The ray from a camera to a point. */
function rayTo(pose, point) {
  const from = eyeOf(pose);
  const off = point.map((part, i) => part - from[i]);
  const length = Math.hypot(...off);
  return { from, to: off.map((part) => part / length) };
}

/** The middle of a tower. */
function middle(layout, layer, expert, share = 0.5) {
  const [x, z] = placeOf(layout, layer, expert);
  return [x, levelOf(layout, layer) - layout.drop - share * layout.towerHeight, z];
}

/** What a ray meets first, by walking along it in small steps. */
function walked(layout, ray, pose) {
  for (
    let along = pose.distance - 2 * layout.outer;
    along < pose.distance + 2 * layout.outer;
    along += 0.002
  ) {
    const [x, y, z] = ray.from.map((part, i) => part + along * ray.to[i]);
    for (let layer = 0; layer < layout.layers; layer++) {
      const below = levelOf(layout, layer) - layout.drop - y;
      if (below < 0 || below > layout.towerHeight) continue;
      for (let expert = 0; expert < layout.experts; expert++) {
        const [left, front] = placeOf(layout, layer, expert);
        if (Math.hypot(left - x, front - z) < layout.towerRadius) return { layer, expert };
      }
    }
  }
  return null;
}

test("a pointer on a tower picks what a walk along its ray meets first", () => {
  for (const [layers, experts] of [
    [6, 8],
    [3, 64],
    [2, 256],
  ]) {
    const layout = createLayout({ layers, experts });
    for (const camera of /** @type {const} */ (["orbit", "front"])) {
      const pose = frameStack(layout, { width: 1280, height: 720 }, camera, 0);
      let agreed = 0,
        asked = 0;
      for (let expert = 0; expert < experts; expert += Math.ceil(experts / 16)) {
        const ray = rayTo(pose, middle(layout, layers - 1, expert));
        const [found, slow] = [pickTower(layout, ray, 0), walked(layout, ray, pose)];
        asked++;
        if (found?.layer === slow?.layer && found?.expert === slow?.expert) agreed++;
      }
      assert.ok(agreed === asked, `${layers}x${experts} ${camera}: ${agreed} of ${asked}`);
    }
  }
});

test("from above, the tower of the layer looked at is picked, whatever stands above it", () => {
  const layout = createLayout({ layers: 6, experts: 16 });
  const pose = frameStack(layout, { width: 800, height: 600 }, "top", 2);
  for (let expert = 0; expert < 16; expert++) {
    assert.deepEqual(pickTower(layout, rayTo(pose, middle(layout, 2, expert, 0)), 0, 2), {
      layer: 2,
      expert,
    });
  }
});

test("a pointer beside the stack picks nothing", () => {
  const layout = createLayout({ layers: 6, experts: 8 });
  const pose = frameStack(layout, { width: 1280, height: 720 }, "orbit", 0);
  assert.equal(pickTower(layout, rayTo(pose, [2 * layout.outer, 0, 0]), 0.002), null);
});

test("a tap beside a slim tower means it, one far off does not", () => {
  const layout = createLayout({ layers: 1, experts: 64 });
  const pose = frameStack(layout, { width: 800, height: 600 }, "top", 0);
  const out = (layout.outer + 0.12) / Math.hypot(layout.x[9], layout.z[9]);
  const beside = [layout.x[9] * out, levelOf(layout, 0) - layout.drop, layout.z[9] * out];
  assert.equal(pickTower(layout, rayTo(pose, beside), 0, 0), null);
  assert.deepEqual(pickTower(layout, rayTo(pose, beside), 0.2 / pose.distance, 0), { layer: 0, expert: 9 });
});

test("picking among 23,424 towers costs little of the processor's time", () => {
  const layout = createLayout({ layers: 61, experts: 384 });
  const pose = frameStack(layout, { width: 1280, height: 720 }, "orbit", 0);
  const before = process.cpuUsage(); // not the clock: another process may have the machine
  for (let i = 0; i < 20; i++) pickTower(layout, rayTo(pose, middle(layout, 3 * i, 7 * i)), 0.001);
  assert.ok(process.cpuUsage(before).user / 20 < 40_000, "microseconds of one");
});
