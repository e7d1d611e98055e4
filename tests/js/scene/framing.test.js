import assert from "node:assert/strict";
import { test } from "node:test";
import { frameStack, project } from "../../../static/js/scene/camera/framing.js";
import { createLayout, heightOf, levelOf } from "../../../static/js/scene/layout/layout.js";

const SHAPES = [
  [1, 2],
  [6, 8],
  [6, 64],
  [24, 64],
  [61, 256],
  [61, 384],
  [61, 8],
  [1, 512],
];
const AREAS = [
  [1280, 720],
  [900, 540],
  [390, 520],
  [640, 310],
  [320, 300],
  [2560, 1300],
];
const CAMERAS = /** @type {const} */ (["orbit", "front", "top"]);

function each(check) {
  for (const [layers, experts] of SHAPES) {
    for (const [width, height] of AREAS) {
      for (const camera of CAMERAS) check(createLayout({ layers, experts }), { width, height }, camera);
    }
  }
}

/** Every tower's rim, top and foot, in CSS pixels from the middle of the free area. */
function outline(layout, area, camera, layer, pose) {
  const layers = camera === "top" ? [layer] : [0, layout.layers - 1];
  return layers.flatMap((l) =>
    Array.from({ length: 120 }, (_, i) => {
      const angle = (Math.PI * (i % 60)) / 30;
      const y = levelOf(layout, l) - (i < 60 ? 0 : layout.drop + layout.towerHeight);
      const [u, v] = project([layout.outer * Math.sin(angle), y, layout.outer * Math.cos(angle)], pose);
      return [(u * area.height) / 2, (v * area.height) / 2];
    }),
  );
}

test("the whole stack lies in the free area, from every camera, at every shape and size", () => {
  each((layout, area, camera) => {
    const pose = frameStack(layout, area, camera, layout.layers >> 1);
    for (const [x, y] of outline(layout, area, camera, layout.layers >> 1, pose)) {
      assert.ok(
        Math.abs(x) < area.width / 2 && Math.abs(y) < area.height / 2,
        `${camera} ${area.width}x${area.height}: ${x}, ${y}`,
      );
    }
  });
});

test("the stack fills the area in one direction at least, and stands in its middle", () => {
  each((layout, area, camera) => {
    const pose = frameStack(layout, area, camera, 0);
    const points = outline(layout, area, camera, 0, pose);
    const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
    const fills = Math.max(
      (Math.max(...xs) - Math.min(...xs)) / (area.width - 170),
      (Math.max(...ys) - Math.min(...ys)) / (area.height - 70),
    );
    assert.ok(
      fills > 0.6,
      `${camera} ${layout.layers}x${layout.experts} ${area.width}x${area.height}: ${fills}`,
    );
    assert.ok(Math.abs(Math.max(...xs) + Math.min(...xs)) < 2);
    if (layout.layers > 1) assert.ok(Math.abs(Math.max(...ys) + Math.min(...ys)) < 0.22 * area.height);
  });
});

test("FRONT has the first expert in the middle before the axis, TOP has it at the bottom", () => {
  const layout = createLayout({ layers: 6, experts: 8 });
  const first = [layout.x[0], levelOf(layout, 2), layout.z[0]];
  const quarter = [layout.x[2], levelOf(layout, 2), layout.z[2]];
  const front = frameStack(layout, { width: 800, height: 600 }, "front", 0);
  assert.ok(Math.abs(project(first, front)[0]) < 1e-6);
  assert.ok(project(first, front)[2] < front.distance);
  assert.ok(project(quarter, front)[0] > 0.1, "a quarter round is at the right");
  const top = frameStack(layout, { width: 800, height: 600 }, "top", 2);
  assert.ok(project(first, top)[1] < -0.1 && Math.abs(project(first, top)[0]) < 1e-6);
  assert.ok(project(quarter, top)[0] > 0.1);
});

test("TOP looks at the layer that it is given", () => {
  const layout = createLayout({ layers: 61, experts: 256 });
  for (const layer of [0, 30, 60]) {
    const pose = frameStack(layout, { width: 800, height: 600 }, "top", layer);
    assert.equal(pose.lift, levelOf(layout, layer));
  }
});

test("tokens come in from near the edge and leave near the other, in ORBIT", () => {
  const layout = createLayout({ layers: 6, experts: 8 });
  const pose = frameStack(layout, { width: 1280, height: 720 }, "orbit", 0);
  assert.ok(project([0, heightOf(layout, 0), 0], pose)[1] < -0.4);
  assert.ok(project([0, heightOf(layout, 5.6), 0], pose)[1] > 0.7);
});

test("a low, wide stack in a tall area is seen from higher up", () => {
  const layout = createLayout({ layers: 6, experts: 64 });
  const [tall, wide] = [
    [390, 520],
    [1280, 720],
  ].map(([width, height]) => frameStack(layout, { width, height }, "orbit", 0));
  assert.ok(tall.elevation > wide.elevation + 0.15);
});
