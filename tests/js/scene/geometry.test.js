import assert from "node:assert/strict";
import { test } from "node:test";
import { createMesh, prismIndex, quadIndex } from "../../../static/js/scene/gpu/geometry.js";
import { planeIndex } from "../../../static/js/scene/meshes/router_planes.js";
import { bandIndex } from "../../../static/js/scene/meshes/tower_outline.js";

test("an index names every vertex and none beyond", () => {
  for (const [index, vertices] of /** @type {[Uint32Array, number][]} */ ([
    [quadIndex(7), 28],
    [prismIndex(5, 6, 2), 60],
    [prismIndex(3, 12, 3), 108],
    [bandIndex(), 192],
    [planeIndex(3), 600],
  ])) {
    assert.deepEqual(
      [...new Set(index)].sort((a, b) => a - b),
      Array.from({ length: vertices }, (_, i) => i),
    );
  }
});

test("a prism is closed but for its foot: each edge has two triangles, those of the foot one", () => {
  const index = prismIndex(1, 8, 3);
  const edges = new Map();
  for (let i = 0; i < index.length; i += 3) {
    for (let j = 0; j < 3; j++) {
      const [a, b] = [index[i + j], index[i + ((j + 1) % 3)]];
      const name = a < b ? `${a} ${b}` : `${b} ${a}`;
      edges.set(name, (edges.get(name) ?? 0) + (a < b ? 1 : -1)); // neighbours run opposite ways
    }
  }
  const open = [...edges].filter(([, sum]) => sum !== 0).map(([name]) => name);
  assert.equal(open.length, 8);
  for (const name of open) assert.ok(name.split(" ").every((vertex) => Number(vertex) < 8));
});

test("a mesh too large for exact numbers is refused", () => {
  assert.throws(
    () => createMesh(2 ** 24 + 1, quadIndex(1), /** @type {any} */ (null)),
    /mesh: found 16777217 vertices, expected at most 16777216/,
  );
});
