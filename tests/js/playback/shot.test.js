import assert from "node:assert/strict";
import { test } from "node:test";
import {
  angleAt,
  BEATS,
  beatAt,
  closenessAt,
  shotToken,
  LENGTH,
  phaseAt,
  stillAfter,
  STILLS,
  timeIn,
} from "../../../static/js/playback/shot.js";
import { createTimeline, heroOf } from "../../../static/js/playback/timeline.js";

const moments = Array.from({ length: 921 }, (_, i) => i / 100);

test("the shot takes less than ten seconds and its clock never runs back", () => {
  assert.ok(LENGTH < 10);
  for (const mode of /** @type {const} */ (["single", "sequence", "all"])) {
    const timeline = createTimeline(mode, 11, 6);
    let before = -1;
    for (const secs of moments) {
      const time = timeIn(timeline, secs);
      assert.ok(time >= before - 1e-9 && time <= timeline.duration);
      before = time;
    }
  }
});

test("the token meets its router when the scores begin and its experts fire when the cut has fallen", () => {
  const timeline = createTimeline("sequence", 11, 6);
  const hero = shotToken(timeline);
  assert.ok(Math.abs(timeIn(timeline, BEATS[1]) - timeline.arrives(hero, 0)) < 1e-9);
  assert.ok(timeIn(timeline, 3.4) < timeline.fires(hero, 0));
  assert.ok(timeIn(timeline, 3.85) >= timeline.fires(hero, 0));
});

test("the shot follows a word near the third token, not a comma", () => {
  const tokens = (/** @type {string} */ text) => ({
    tokens: text.split("|").map((each) => ({ text: each })),
  });
  assert.equal(heroOf(/** @type {any} */ (tokens("The| quiet| river| carries"))), 2);
  assert.equal(heroOf(/** @type {any} */ (tokens("The| house|,| la| maison"))), 1);
  assert.equal(heroOf(/** @type {any} */ (tokens("(|)|;"))), 2);
  const timeline = createTimeline("sequence", 18, 6);
  assert.equal(shotToken({ ...timeline, hero: 1 }), 1);
  assert.equal(shotToken({ ...timeline, mode: "all", hero: 1 }), 17);
});

test("the camera is close for six beats and free at the end, and moves without a jump", () => {
  assert.equal(closenessAt(0), 1);
  assert.equal(closenessAt(6.5), 1);
  assert.equal(closenessAt(LENGTH), 0);
  for (const secs of moments.slice(1)) {
    assert.ok(Math.abs(closenessAt(secs) - closenessAt(secs - 0.01)) < 0.02);
    assert.ok(Math.abs(angleAt(secs).azimuth - angleAt(secs - 0.01).azimuth) < 0.1);
  }
});

test("at the end the clock runs at its own pace", () => {
  const timeline = createTimeline("sequence", 11, 6);
  assert.ok(Math.abs(timeIn(timeline, LENGTH) - timeIn(timeline, LENGTH - 0.1) - 0.1) < 1e-6);
});

test("beats and phases follow each other", () => {
  assert.deepEqual(
    BEATS.map((secs) => beatAt(secs)),
    [0, 1, 2, 3, 4, 5],
  );
  assert.deepEqual([0, 2, 3, 5, 7, LENGTH].map(phaseAt), [null, "scores", "cut", "weights", null, "weights"]);
});

test("the stills stand in different beats and the last is the end", () => {
  assert.deepEqual(STILLS.map(beatAt), [1, 2, 4, 5]);
  assert.equal(STILLS.at(-1), LENGTH);
  assert.equal(stillAfter(STILLS[0]), STILLS[1]);
  assert.equal(stillAfter(LENGTH), null);
});

test("one token, or one layer, has a shot as well", () => {
  const timeline = createTimeline("sequence", 1, 1);
  assert.equal(shotToken(timeline), 0);
  assert.ok(timeIn(timeline, LENGTH) <= timeline.duration);
});
