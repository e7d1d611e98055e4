import assert from "node:assert/strict";
import { test } from "node:test";
import { createTimeline } from "../../../static/js/playback/timeline.js";
import { createLayout, heightOf, levelOf } from "../../../static/js/scene/layout/layout.js";
import { MOST, placeTokens } from "../../../static/js/scene/meshes/tokens.js";
import { traceOf } from "../random_traces.js";

const layout = createLayout({ layers: 6, experts: 8 });
const view = { wall: 0, camera: "orbit", layer: 0, path: null, tower: null, still: false };

/** The tokens that a frame shows: token, x, height, z, speed. */
function placed(mode, share, patch = {}, tokens = 12, received = tokens) {
  const timeline = createTimeline(mode, tokens, 6);
  const trace = traceOf({ tokens, layers: 6, experts: 8, k: 2 }, received);
  const rows = new Float32Array(4 * MOST);
  const frame = /** @type {any} */ ({ ...view, trace, timeline, time: share * timeline.duration, ...patch });
  const count = placeTokens(rows, layout, frame);
  return Array.from({ length: count }, (_, i) => {
    const [x, y, z, w] = rows.subarray(4 * i, 4 * i + 4);
    return { token: Math.floor(w / 32), x, y, z, speed: w % 4 };
  });
}

test("tokens stand where their flights are, on the axis where they fly alone", () => {
  const timeline = createTimeline("sequence", 12, 6);
  for (const share of [0.1, 0.4, 0.8]) {
    const flights = timeline.flights(share * timeline.duration);
    const found = placed("sequence", share);
    assert.deepEqual(
      found.map(({ token }) => token),
      flights.map(({ token }) => token),
    );
    found.forEach(({ x, y, z, speed }, i) => {
      assert.deepEqual([x, z], [0, 0]);
      assert.ok(Math.abs(y - heightOf(layout, flights[i].height)) < 1e-5);
      assert.ok(speed >= 0 && speed <= 1);
    });
  }
});

test("with reduced motion tokens are at planes alone, and never move", () => {
  const levels = Array.from({ length: 6 }, (_, layer) => Math.fround(levelOf(layout, layer)));
  for (let share = 0; share < 1; share += 0.013) {
    for (const { y, speed } of placed("sequence", share, { still: true })) {
      assert.ok(levels.includes(y), `found ${y}`);
      assert.equal(speed, 0);
    }
  }
});

test("from above only the tokens near the layer looked at are shown", () => {
  const shown = placed("sequence", 0.5, { camera: "top", layer: 2 });
  assert.ok(shown.length >= 1 && shown.length < placed("sequence", 0.5).length);
  for (const { y } of shown) assert.ok(Math.abs(y - levelOf(layout, 2)) <= layout.pitch / 2 + 1e-5);
});

test("a token that is not routed yet is shown below the first plane at most", () => {
  for (const { token, y } of placed("sequence", 0.5, {}, 12, 2)) {
    if (token >= 2) assert.ok(y < levelOf(layout, 0));
  }
});

test("of a batch larger than the table every second token is shown, and the one whose path is lit", () => {
  const shown = placed("all", 0.5, { path: 3 }, MOST + 20).map(({ token }) => token);
  assert.ok(shown.length <= MOST && shown.length > MOST / 2);
  assert.ok(shown.includes(3) && shown.includes(MOST + 18), "over the whole disc");
});
