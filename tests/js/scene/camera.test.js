import assert from "node:assert/strict";
import { test } from "node:test";
import { createRig } from "../../../static/js/scene/camera/camera.js";
import { createOrbit } from "../../../static/js/scene/camera/orbit.js";
import { createLayout, levelOf } from "../../../static/js/scene/layout/layout.js";

const layout = createLayout({ layers: 6, experts: 8 });
const moment = {
  name: /** @type {import('../../../static/js/types.js').Camera} */ ("orbit"),
  layer: 0,
  time: 0,
  wall: 0,
  still: false,
  cut: false,
};

function rigOf() {
  const rig = createRig();
  rig.setArea(1000, 600, { left: 100, top: 50, width: 600, height: 500, text: 1 });
  return rig;
}

test("the first frame cuts, another camera is reached by a move that ends", () => {
  const rig = rigOf();
  const start = rig.update(layout, moment);
  assert.equal(rig.moving(), false);
  const middle = rig.update(layout, { ...moment, name: "front", wall: 1 });
  assert.ok(Math.abs(middle.elevation - start.elevation) < 1e-9);
  assert.equal(rig.moving(), true);
  const end = rig.update(layout, { ...moment, name: "front", wall: 5 });
  assert.ok(end.elevation < 0.15 && end.azimuth === 0);
  assert.equal(rig.moving(), false);
});

test("reduced motion and a cut leave out the move", () => {
  for (const how of [{ still: true }, { cut: true }]) {
    const rig = rigOf();
    rig.update(layout, moment);
    const shot = rig.update(layout, { ...moment, name: "top", wall: 1, ...how });
    assert.ok(Math.abs(shot.elevation - Math.PI / 2) < 1e-9);
    assert.equal(rig.moving(), false);
  }
});

test("the same moments give the same picture, and reduced motion does not sway", () => {
  const [a, b] = [rigOf(), rigOf()].map((rig) => rig.update(layout, { ...moment, time: 7.5 }));
  assert.deepEqual(a, b);
  const still = rigOf().update(layout, { ...moment, time: 7.5, still: true });
  assert.equal(still.azimuth, rigOf().update(layout, moment).azimuth);
  assert.notEqual(a.azimuth, still.azimuth);
});

test("the stack is seen in the middle of the free area", () => {
  const rig = rigOf();
  rig.update(layout, { ...moment, name: "top", layer: 2 });
  const ray = rig.ray(100 + 300, 50 + 250);
  const along = (levelOf(layout, 2) - ray.from[1]) / ray.to[1];
  assert.ok(Math.hypot(ray.from[0] + along * ray.to[0], ray.from[2] + along * ray.to[2]) < 1e-6);
});

test("a hand turns and zooms within bounds, and another camera forgets it", () => {
  const rig = rigOf();
  const before = rig.update(layout, moment);
  rig.turn(0.5, 9, 0.01);
  const after = rig.update(layout, moment);
  assert.ok(Math.abs(after.azimuth - before.azimuth - 0.5) < 1e-9);
  assert.ok(after.elevation <= Math.PI / 2 + 1e-9);
  assert.ok(after.distance > 0.25 * before.distance);
  rig.update(layout, { ...moment, name: "front", wall: 1 });
  const front = rig.update(layout, { ...moment, name: "front", wall: 9 });
  assert.equal(front.azimuth, 0);
});

/** A canvas as far as the hand needs one. */
function padOf(options = {}) {
  const canvas = Object.assign(new EventTarget(), { style: {}, setPointerCapture() {} });
  const turns = [];
  const orbit = createOrbit(/** @type {any} */ (canvas), (...turn) => turns.push(turn), options);
  const send = (type, fields) => {
    const event = Object.assign(new Event(type, { cancelable: true }), {
      pointerId: 1,
      button: 0,
      clientX: 0,
      clientY: 0,
      ...fields,
    });
    canvas.dispatchEvent(event);
    return event;
  };
  return { canvas, orbit, turns, send };
}

test("a press that hardly moves is a click, one that moves turns the stack", () => {
  const { orbit, turns, send } = padOf();
  send("pointerdown", {});
  send("pointermove", { clientX: 2 });
  send("pointerup", { clientX: 2 });
  assert.equal(orbit.dragged(), false);
  assert.equal(turns.length, 0);
  send("pointerdown", {});
  send("pointermove", { clientX: 30 });
  send("pointerup", { clientX: 30 });
  assert.equal(orbit.dragged(), true);
  assert.ok(turns[0][0] < 0, "the stack follows the hand to the right");
});

test("a pinch zooms", () => {
  const { turns, send } = padOf();
  send("pointerdown", {});
  send("pointerdown", { pointerId: 2, clientX: 100 });
  send("pointermove", { pointerId: 2, clientX: 200 });
  assert.deepEqual(turns.at(-1), [0, 0, 0.5]);
});

test("the wheel is left to the page where the page scrolls, and zooms with Ctrl", () => {
  const { turns, send } = padOf({ wheel: false });
  assert.equal(send("wheel", { deltaY: 100, deltaMode: 0, ctrlKey: false }).defaultPrevented, false);
  assert.equal(turns.length, 0);
  assert.equal(send("wheel", { deltaY: 100, deltaMode: 0, ctrlKey: true }).defaultPrevented, true);
  assert.ok(turns[0][2] > 1);
});

test("after a swipe the stack coasts to a stop, at once with reduced motion", () => {
  for (const still of [false, true]) {
    const { orbit, turns, send } = padOf();
    orbit.advance(1, still);
    send("pointerdown", {});
    send("pointermove", { clientX: 40 });
    orbit.advance(1.016, still);
    send("pointerup", { clientX: 40 });
    const before = turns.length;
    for (let wall = 1.032; wall < 4; wall += 0.016) orbit.advance(wall, still);
    assert.equal(turns.length > before, !still);
    assert.equal(orbit.moving(), false);
  }
});

test("a vertical swipe is left to the page", () => {
  assert.equal(/** @type {any} */ (padOf().canvas.style).touchAction, "pan-y");
});
