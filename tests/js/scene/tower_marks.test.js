import assert from "node:assert/strict";
import { test } from "node:test";
import { createTimeline } from "../../../static/js/playback/timeline.js";
import { createMarks } from "../../../static/js/scene/effects/tower_marks.js";
import { inksOf } from "../../../static/js/scene/gpu/palette.js";
import { createLayout, folded } from "../../../static/js/scene/layout/layout.js";
import { createFolding } from "../../../static/js/scene/layout/transition.js";
import { groupLabels } from "../../../static/js/scene/labels/wording.js";
import { traceOf } from "../random_traces.js";

const trace = traceOf({ tokens: 3, layers: 2, experts: 4, k: 1 });
const timeline = createTimeline("sequence", 3, 2);
trace.dropped[2] = 1; // token 1, layer 0

/** One tower's four numbers. */
const markOf = (marks, layer, expert) => [
  ...marks.marks.subarray(4 * (layer * 4 + expert), 4 * (layer * 4 + expert) + 4),
];

test("an expert that turns a token away is marked with the moment, the others are not", () => {
  const marks = createMarks(2, 4);
  for (let token = 0; token < 3; token++) marks.fire(trace, timeline, token, 0);
  const refused = trace.experts[2];
  assert.equal(markOf(marks, 0, refused)[0], Math.fround(timeline.fires(1, 0)));
  assert.equal(markOf(marks, 0, refused)[1], 1);
  for (let expert = 0; expert < 4; expert++)
    if (expert !== refused) assert.equal(markOf(marks, 0, expert)[1], 0);
});

test("running back forgets refusals and keeps devices and bias", () => {
  const marks = createMarks(2, 4);
  marks.setDevices([0, 0, 1, 1]);
  marks.setBias([
    [0, 0.5, -1, 0],
    [0, 0, 0, 0.25],
  ]);
  marks.fire(trace, timeline, 1, 0);
  marks.reset();
  assert.deepEqual(markOf(marks, 0, 2).slice(1), [0, 2, -1]);
  assert.deepEqual(markOf(marks, 1, 3).slice(1), [0, 2, 0.25]);
  assert.ok(markOf(marks, 0, trace.experts[2])[0] < -1e5);
});

test("devices that are gone leave no colour", () => {
  const marks = createMarks(2, 4);
  marks.setDevices(Int16Array.from([0, 1, 2, 3]));
  marks.setDevices(null);
  assert.equal(markOf(marks, 1, 3)[2], 0);
});

test("layers move into their folds, and are there at once where motion is cut", () => {
  const base = createLayout({ layers: 61, experts: 64 });
  const fold = { first: 10, last: 20 };
  const folding = createFolding(base);
  assert.equal(folding.at(null, { wall: 0, cut: false }), base);
  const begun = folding.at(fold, { wall: 1, cut: false });
  assert.equal(begun.levels[5], base.levels[5]);
  assert.ok(folding.moving());
  assert.equal(folding.at(fold, { wall: 3, cut: false }), folding.goal());
  assert.ok(!folding.moving());
  assert.equal(folding.at(null, { wall: 3.1, cut: true }), base);
});

test("what lies folded is named once, and so are layers without experts", () => {
  const layout = createLayout({ layers: 58, experts: 64, dense: [0, 0, 0] });
  const words = (/** @type {any} */ fold, brief = false) =>
    groupLabels(fold ? folded(layout, fold) : layout, brief).map(({ word }) => word);
  assert.deepEqual(words(null), ["3 DENSE"]);
  assert.deepEqual(words({ first: 9, last: 19 }), ["1–9", "21–58", "3 DENSE"]);
  assert.deepEqual(words({ first: 0, last: 10 }), ["12–58", "3 DENSE"]);
});

test("on paper the palette is what is taken from white", () => {
  const [dark, light] = [inksOf("ember", "dark"), inksOf("ember", "light")];
  assert.ok(Math.abs(dark[0] - 0x0b / 255) < 1e-9);
  assert.ok(light[0] < 0.1, "the night of the light theme takes little");
  assert.equal(dark.length, light.length);
});
