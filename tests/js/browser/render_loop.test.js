import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { createLoop } from "../../../static/js/browser/render_loop.js";

/** @type {((now: number) => void)[]} */
let asked = [];
beforeEach(() => {
  asked = [];
  globalThis.requestAnimationFrame = (callback) => asked.push(callback);
});
afterEach(() => Reflect.deleteProperty(globalThis, "requestAnimationFrame"));

/** The browser draws, `now` milliseconds after it began. */
function draw(now) {
  for (const callback of asked.splice(0)) callback(now);
}

test("many wakes ask for one frame", () => {
  let runs = 0;
  const loop = createLoop(() => (runs++, false));
  loop.wake();
  loop.wake();
  draw(0);
  assert.equal(runs, 1);
  assert.equal(loop.resting(), true);
  assert.equal(asked.length, 0, "nothing more is asked for");
});

test("while something moves, frames follow and tell the seconds between them", () => {
  const secs = [];
  const loop = createLoop((elapsed) => secs.push(elapsed) < 3);
  loop.wake();
  for (const now of [1000, 1016, 1048, 1100]) draw(now);
  assert.deepEqual(secs, [0, 0.016, 0.032]);
});

test("time that passed at rest does not count", () => {
  const secs = [];
  const loop = createLoop((elapsed) => (secs.push(elapsed), false));
  for (const now of [0, 5000]) {
    loop.wake();
    draw(now);
  }
  assert.deepEqual(secs, [0, 0]);
});

test("a frame after a long sleep is cut short", () => {
  const secs = [];
  const loop = createLoop((elapsed) => secs.push(elapsed) < 2);
  loop.wake();
  draw(0);
  draw(60_000);
  assert.deepEqual(secs, [0, 0.25]);
});

test("a held loop runs when it is stepped, by hand and at once", () => {
  const secs = [];
  const loop = createLoop((elapsed) => (secs.push(elapsed), true));
  loop.hold(true);
  draw(0);
  draw(16);
  assert.deepEqual(secs, [0], "the real clock gives no more than the one frame of the hold");
  loop.step(0.5);
  assert.deepEqual(secs, [0, 0.5]);
  assert.equal(loop.frames(), 2);
});
