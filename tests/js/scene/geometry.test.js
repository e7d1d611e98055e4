import assert from "node:assert/strict";
import { test } from "node:test";
import { createMesh, prismIndex, quadIndex } from "../../../static/js/scene/gpu/geometry.js";
import { straighten } from "../../../static/js/scene/gpu/screenshot.js";
import { pack } from "../../../static/js/scene/gpu/text_atlas.js";
import { createLayout } from "../../../static/js/scene/layout/layout.js";
import { labelsOf, thinning, wordOf } from "../../../static/js/scene/meshes/labels.js";
import { planeIndex } from "../../../static/js/scene/meshes/router_planes.js";
import { bandIndex } from "../../../static/js/scene/meshes/tower_outline.js";
import { towerDetail } from "../../../static/js/scene/meshes/towers.js";

test("an index names every vertex and none beyond", () => {
  for (const [index, vertices] of /** @type {[Uint32Array, number][]} */ ([
    [quadIndex(7), 28],
    [prismIndex(5, 6, 2), 60],
    [prismIndex(3, 12, 3), 108],
    [bandIndex(), 192],
    [planeIndex(3), 588],
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

test("a mesh too large for exact numbers is refused", () => {
  assert.throws(
    () => createMesh(2 ** 24 + 1, quadIndex(1), /** @type {any} */ (null)),
    /mesh: found 16777217 vertices, expected at most 16777216/,
  );
});

test("layers are named from 1, experts from 0, and those of a wide ring now and then", () => {
  const words = labelsOf({ layers: 2, experts: 8 }, false).map(({ word }) => word);
  assert.deepEqual(words, ["LAYER 1", "LAYER 2", "0", "1", "2", "3", "4", "5", "6", "7"]);
  assert.equal(labelsOf({ layers: 2, experts: 8 }, true)[0].word, "1");
  assert.ok(labelsOf({ layers: 1, experts: 512 }, true).length <= 33);
});

test("a token is named by its text, long ones in short", () => {
  assert.equal(wordOf({ text: " river" }), "river");
  assert.equal(wordOf({ text: "supercalifragilisticexpialidocious" }).length, 18);
});

test("labels of layers never stand closer than two lines of text", () => {
  assert.equal(thinning(80, false), 1);
  assert.equal(thinning(20, true), 1);
  for (const room of [4, 6, 10, 15, 21.9, 27])
    assert.ok(thinning(room, false) * room >= 28 && thinning(room, false) > 1);
});

test("words in the atlas do not overlap", () => {
  const { boxes, width, bottom } = pack(
    Array.from({ length: 300 }, (_, i) => 20 + (i % 60)),
    17,
  );
  for (const [i, a] of boxes.entries()) {
    assert.ok(a.x + a.width <= width && a.y + a.height <= bottom);
    for (const b of boxes.slice(0, i)) assert.ok(a.y !== b.y || a.x >= b.x + b.width);
  }
  assert.ok(width <= 2048);
});

test("a picture without background keeps light as light: over black it looks as it did", () => {
  const drawn = Uint8Array.from([90, 30, 10, 0, 40, 20, 10, 255, 0, 0, 0, 0, 200, 100, 50, 255]); // 2 x 2
  const straight = straighten(drawn, 2, 2);
  assert.deepEqual([...straight.subarray(8, 12)], [255, 85, 28, 90], "the lower row comes last");
  const back = (pixel) => [0, 1, 2].map((c) => Math.round((straight[pixel + c] * straight[pixel + 3]) / 255));
  assert.deepEqual(back(8), [90, 30, 10]);
  assert.deepEqual(back(12), [40, 20, 10]);
  assert.equal(straight[3], 0);
});
