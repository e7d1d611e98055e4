import assert from "node:assert/strict";
import { test } from "node:test";
import { placeLabels } from "../../../static/js/scene/labels/places.js";

const CANVAS = { x: 0, y: 0, width: 100, height: 100 };
const label = (/** @type {[number, number][]} */ ...places) => ({ width: 20, height: 10, places });

test("a label takes its first place that is free", () => {
  const wanted = [label([10, 10]), label([20, 15], [40, 10])];
  const [first, second] = placeLabels(wanted, [], CANVAS);
  assert.deepEqual([first?.x, first?.y], [10, 10]);
  assert.deepEqual([second?.x, second?.y], [40, 10]);
});

test("labels may share an edge, and one that would lie on an earlier one is left out", () => {
  const found = placeLabels([label([10, 10]), label([30, 10]), label([29, 12])], [], CANVAS);
  assert.deepEqual(
    found.map((rect) => rect !== null),
    [true, true, false],
  );
});

test("a label keeps clear of panels and of the edge of the canvas", () => {
  const panel = { x: 40, y: 0, width: 60, height: 100 };
  const [near, clear, out] = placeLabels(
    [label([18, 10]), label([16, 30]), label([-1, 60])],
    [panel],
    CANVAS,
  );
  assert.equal(near, null, "two pixels from the panel");
  assert.ok(clear);
  assert.equal(out, null);
});
