/**
 * The camera: moves to the best framing of the stack, and adds the turn and zoom of the user.
 *
 *
 * @typedef {{left: number, top: number, width: number, height: number, text: number}} Area  CSS pixels of the canvas; text
 *   size, 1 is usual
 * @typedef {Pose & Area & {focus: number, layer: number, close: number}} Shot  everything that depends on the camera
 *
 * @import {Camera} from "../../types.js"
 * @import {Layout} from "../layout/layout.js"
 * @import {Pose} from "./framing.js"
 */

import { MathUtils, PerspectiveCamera, Vector3 } from "three";
import { angleAt, closenessAt } from "../../playback/shot.js";
import { levelOf } from "../layout/layout.js";
import { easeBoth, TRAVEL } from "../layout/transition.js";
import { axes, besideColumn, frameStack } from "./framing.js";

const DRIFT = { swing: 0.16, pace: 0.11 }; // ORBIT sways: radians, radians per second of playback
const LOWEST = -0.12; // radians
const HIGHEST = Math.PI / 2;
const REACH = 2; // a stack may be this much taller during a fold

export function createRig() {
  const camera = new PerspectiveCamera();
  camera.matrixAutoUpdate = camera.matrixWorldAutoUpdate = false;
  const hand = { azimuth: 0, elevation: 0, zoom: 1 };
  const size = { width: 1, height: 1 };
  /** @type {Area} */
  let area = { left: 0, top: 0, width: 1, height: 1, text: 1 };
  /** @type {Shot | null} */ let from = null;
  /** @type {Shot | null} */ let shown = null;
  /** @type {Shot | null} */ let goal = null;
  let key = "";
  let started = -Infinity;
  let now = 0;

  /** Starts a move to another shot. The turn of the user fades on the way unless it stays. */
  function leave(/** @type {number} */ wall, /** @type {boolean} */ cut, /** @type {boolean} */ keepHand) {
    from = shown && !cut ? { ...shown } : null;
    started = from ? wall : -Infinity;
    if (keepHand) return;
    if (from) from = withHand(from, hand);
    Object.assign(hand, { azimuth: 0, elevation: 0, zoom: 1 });
  }

  return {
    camera,
    setArea(/** @type {number} */ width, /** @type {number} */ height, /** @type {Area} */ free) {
      Object.assign(size, { width, height });
      area = free;
    },
    moving: () => now - started < TRAVEL,

    /** Returns the ray through a point of the canvas, in CSS pixels. @returns {import('./picking.js').Ray} */
    ray(/** @type {number} */ x, /** @type {number} */ y) {
      return rayThrough(camera, (2 * x) / size.width - 1, 1 - (2 * y) / size.height);
    },

    /** Adds a turn and zoom: radians, a factor. */
    turn(/** @type {number} */ azimuth, /** @type {number} */ elevation, /** @type {number} */ zoom = 1) {
      hand.azimuth += azimuth;
      const base = goal?.elevation ?? 0;
      hand.elevation = MathUtils.clamp(hand.elevation + elevation, LOWEST - base, HIGHEST - base);
      hand.zoom = MathUtils.clamp(hand.zoom * zoom, 0.3, 2);
    },

    /**
     * @param {Layout} layout  at the end of a fold; layers may still move
     * @param {{name: Camera, layer: number, time: number, wall: number, still: boolean, cut: boolean, story?: number | null}} moment
     * @returns {Shot}
     */
    update(layout, { name, layer, time, wall, still, cut, story = null }) {
      now = wall;
      const top = name === "top";
      const looked = top ? layer : 0;
      const { layers, experts, pitch, levels } = layout;
      const own = besideColumn(layout, area, name);
      const { width, height, left, top: above, text } = own;
      const wanted = [
        name,
        looked,
        layers,
        experts,
        pitch,
        levels[0],
        width,
        height,
        left,
        above,
        text,
      ].join();
      if (wanted !== key) {
        const pose = frameStack(layout, own, name, looked);
        const shownLayer = top ? layer : (goal?.layer ?? layer);
        goal = { ...pose, ...own, focus: top ? 1 : 0, close: 0, layer: shownLayer };
        leave(wall, cut || still, key.split(",")[0] === name);
        key = wanted;
      }
      let aim = { .../** @type {Shot} */ (goal) };
      if (name === "orbit" && !still) aim.azimuth += DRIFT.swing * Math.sin(DRIFT.pace * time);
      if (story !== null) aim = nearRing(aim, layout, story);
      shown = from && now - started < TRAVEL ? between(from, aim, (now - started) / TRAVEL) : aim;
      const seen = withHand(shown, hand);
      place(camera, seen, size, layout);
      return seen;
    },
  };
}

/** Returns the ray through a point of the picture: -1 to 1 both ways. @param {PerspectiveCamera} camera @param {number} u @param {number} v */
function rayThrough(camera, u, v) {
  const from = new Vector3().setFromMatrixPosition(camera.matrixWorld);
  const to = new Vector3(u, v, 0.5)
    .applyMatrix4(camera.projectionMatrixInverse)
    .applyMatrix4(camera.matrixWorld)
    .sub(from);
  return { from: from.toArray(), to: to.normalize().toArray() };
}

/** @returns {Shot} */
function withHand(
  /** @type {Shot} */ shot,
  /** @type {{azimuth: number, elevation: number, zoom: number}} */ hand,
) {
  const elevation = MathUtils.clamp(shot.elevation + hand.elevation, LOWEST, HIGHEST);
  return { ...shot, azimuth: shot.azimuth + hand.azimuth, elevation, distance: shot.distance * hand.zoom };
}

/** Radius of the ring as a share of the free area when the camera is close, and room for ids on both sides, CSS pixels. */
const NEAR = { width: 0.42, height: 0.52, ids: 44 };

/** Returns the camera of the directed shot: from close to the first ring out to the free view. @returns {Shot} */
function nearRing(/** @type {Shot} */ aim, /** @type {Layout} */ layout, /** @type {number} */ secs) {
  const close = closenessAt(secs);
  const { azimuth, elevation } = angleAt(secs);
  const radius = Math.min(
    NEAR.width * aim.width,
    aim.width / 2 - NEAR.ids * aim.text,
    NEAR.height * aim.height,
  );
  const distance = (layout.outer * aim.height) / (2 * aim.lens * radius);
  const mix = (/** @type {number} */ near, /** @type {number} */ far) => far + (near - far) * close;
  return {
    ...aim,
    close,
    azimuth: mix(azimuth * MathUtils.DEG2RAD, aim.azimuth),
    elevation: mix(elevation * MathUtils.DEG2RAD, aim.elevation),
    lift: mix(levelOf(layout, 0), aim.lift),
    distance: Math.exp(mix(Math.log(Math.min(distance, aim.distance)), Math.log(aim.distance))),
  };
}

/** @returns {Shot} */
function between(/** @type {Shot} */ from, /** @type {Shot} */ to, /** @type {number} */ share) {
  const eased = easeBoth(share);
  const mixed = { ...to };
  for (const name of /** @type {(keyof Shot)[]} */ (Object.keys(to)))
    mixed[name] = from[name] + (to[name] - from[name]) * eased;
  const turn = MathUtils.euclideanModulo(to.azimuth - from.azimuth + Math.PI, 2 * Math.PI) - Math.PI;
  mixed.azimuth = to.azimuth - turn * (1 - eased); // the shorter direction
  return mixed;
}

function place(
  /** @type {PerspectiveCamera} */ camera,
  /** @type {Shot} */ shot,
  /** @type {{width: number, height: number}} */ size,
  /** @type {Layout} */ layout,
) {
  const { right, up, back } = axes(shot);
  const at = back.map((part, i) => part * shot.distance + (i === 1 ? shot.lift : 0));
  camera.matrixWorld.set(
    right[0],
    up[0],
    back[0],
    at[0],
    right[1],
    up[1],
    back[1],
    at[1],
    right[2],
    up[2],
    back[2],
    at[2],
    0,
    0,
    0,
    1,
  );
  camera.matrixWorldInverse.copy(camera.matrixWorld).invert();
  const reach =
    1.2 * Math.hypot(layout.outer, REACH * levelOf(layout, layout.layers - 1) + layout.entry + layout.pitch) +
    Math.abs(shot.lift);
  camera.near = Math.max(0.02 * shot.distance, shot.distance - reach);
  camera.far = shot.distance + reach;
  camera.fov = (Math.atan(shot.lens) * 360) / Math.PI;
  camera.aspect = shot.width / shot.height;
  camera.setViewOffset(shot.width, shot.height, -shot.left, -shot.top, size.width, size.height);
}
