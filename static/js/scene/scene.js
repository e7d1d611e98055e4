/**
 * The scene: one canvas, drawn from a frame. The only place, with its neighbours in this folder, that knows
 * three.
 *
 * Everything on screen follows from the frame: the scene reads no clock, so scrubbing is exact and steps by
 * hand repeat.
 *
 *
 * @typedef {{top: number, right: number, bottom: number, left: number}} Insets  CSS pixels covered by panels
 *
 * @typedef {object} SceneOptions
 * @property {boolean} [antialias]      on by default where a GPU draws, off where the CPU does
 * @property {boolean} [wheel]          the wheel zooms (default); otherwise only with Ctrl, so that a page
 *   can scroll
 * @property {() => void} [onMove]      a hand moved the camera: draw
 * @property {(azimuth: number, elevation: number, zoom?: number) => void} [onTurn]  so far, as `turn` takes it
 * @property {() => void} [onLost]      the WebGL context is gone
 * @property {() => void} [onRestored]  it is back: draw
 *
 * @typedef {ReturnType<typeof createScene>} Stage
 *
 * @import {Camera, Frame, Model} from "../types.js"
 * @import {Shot} from "./camera/camera.js"
 * @import {Rect} from "./labels/places.js"
 */

import { columnsOf } from "../trace/trace.js";
import { createRig } from "./camera/camera.js";
import { createOrbit } from "./camera/orbit.js";
import { pickTower } from "./camera/picking.js";
import { createUniforms } from "./gpu/materials.js";
import { createRenderer } from "./gpu/renderer.js";
import { encode } from "./gpu/screenshot.js";
import { shapeOf } from "./layout/layout.js";
import { createStack } from "./stack.js";

/** Touch targets are small: a tap this many CSS pixels beside a tower still means it. */
const SLACK = 12;

/**
 * Raises Error where the browser has no WebGL2.
 * @param {HTMLCanvasElement} canvas
 * @param {SceneOptions} [options]
 */
export function createScene(canvas, options = {}) {
  const uniforms = createUniforms();
  const renderer = createRenderer(canvas, options.antialias);
  const rig = createRig();
  const orbit = createOrbit(
    canvas,
    (azimuth, elevation, zoom) => {
      rig.turn(azimuth, elevation, zoom);
      options.onTurn?.(azimuth, elevation, zoom);
    },
    options,
  );
  /** @type {ReturnType<typeof createStack> | null} */ let stack = null;
  /** @type {Model | null} */ let model = null;
  /** @type {Shot | null} */ let shot = null;
  /** @type {Camera} */ let name = "orbit";
  let cut = true;
  let cutFold = true; // a stack that was not there before does not move into its folds
  let spent = 0; // bytes of stacks that are gone
  /** @type {readonly Rect[]} */ let covered = []; // parts of the canvas that panels lie over
  // The stack before: freed only when the next one has been drawn, so that both share their compiled shaders.
  /** @type {ReturnType<typeof createStack> | null} */
  let old = null;

  function lose(/** @type {Event} */ event) {
    event.preventDefault();
    options.onLost?.();
  }

  function drop() {
    if (!old) return;
    spent += old.spent();
    old.dispose();
    old = null;
  }

  /** What stood on the GPU is gone: built again, not freed. */
  function restore() {
    old = null;
    if (model) stack = createStack(uniforms, shapeOf(model), columnsOf(model));
    cutFold = true;
    options.onRestored?.();
  }

  canvas.addEventListener("webglcontextlost", lose);
  canvas.addEventListener("webglcontextrestored", restore);

  const scene = {
    /** A new shape: builds its towers; the camera frames it with the next frame. */
    setModel(/** @type {Model} */ next) {
      if (next === model) return;
      const same = model && drawnAlike(model, next);
      model = next;
      if (same) return;
      drop();
      old = stack;
      stack = createStack(uniforms, shapeOf(model), columnsOf(model));
      cutFold = true;
    },

    /**
     * Sends what changed since the last frame and draws. Sets the model itself where the trace has another
     * shape.
     */
    draw(/** @type {Frame} */ frame) {
      scene.setModel(frame.trace.model);
      if (!stack) return;
      name = frame.camera;
      orbit.advance(frame.wall, frame.still);
      const { layer, time, wall, still, shot: story = null } = frame;
      const goal = stack.fold(frame, cutFold || still);
      shot = rig.update(goal, { name, layer, time, wall, still, cut, story });
      cut = cutFold = false;
      stack.cover(covered);
      stack.update(frame, shot, renderer.size);
      renderer.render(stack.scene, rig.camera);
      drop();
    },

    /** The stack is framed in what the insets leave free. The pixel ratio is capped at 2. */
    setSize(
      /** @type {number} */ width,
      /** @type {number} */ height,
      /** @type {number} */ pixelRatio,
      /** @type {Insets} */ insets,
    ) {
      const free = {
        left: insets.left,
        top: insets.top,
        width: Math.max(80, width - insets.left - insets.right),
        height: Math.max(80, height - insets.top - insets.bottom),
      };
      if (renderer.setSize(width, height, Math.min(2, pixelRatio), free)) cut = true;
      rig.setArea(width, height, free);
    },

    /** Labels keep away from these parts of the canvas. @param {readonly Rect[]} rects */
    setCovered(rects) {
      covered = rects;
    },

    /** Words that the last frame shows, and where, CSS pixels. */
    labels: () => stack?.labels() ?? [],

    /**
     * The next frame goes to this camera; `cut` without a move. A frame that names another camera does so
     * too.
     */
    setCamera(/** @type {Camera} */ next, /** @type {{cut?: boolean}} */ how = {}) {
      name = next;
      cut ||= how.cut ?? false;
    },

    /** Turn and zoom as a hand would: radians to the right, radians up, factor of the distance. */
    turn: rig.turn,

    /** True while the scene itself still changes: keep drawing. */
    moving: () => rig.moving() || orbit.moving() || (stack?.moving() ?? false),

    /** True while, and right after, a press moved the camera: it was no click. */
    dragged: orbit.dragged,

    /**
     * The tower at a point of the canvas, in CSS pixels.
     * @returns {{layer: number, expert: number} | null}
     */
    pick(/** @type {number} */ x, /** @type {number} */ y) {
      if (!stack || !shot) return null;
      const only = shot.focus > 0.5 ? Math.round(shot.layer) : null;
      return pickTower(stack.layout(), rig.ray(x, y), SLACK * uniforms.pixel.value, only);
    },

    /** Of the last frame; bytes since the last call. */
    stats() {
      const { calls, triangles } = renderer.info();
      const uploadedBytes = spent + (stack?.spent() ?? 0);
      spent = 0;
      return {
        drawCalls: calls,
        triangles,
        uploadedBytes,
        towers: model ? model.layers * model.experts : 0,
        renderer: renderer.name,
        ...renderer.held(),
      };
    },

    /**
     * The last frame as a PNG, `scale` pixels a CSS pixel. Raises Error where nothing has been drawn yet.
     * @param {{scale?: number, transparent?: boolean}} [how]
     * @returns {Promise<Blob>}
     */
    async picture({ scale = 1, transparent = false } = {}) {
      if (!stack || !shot) throw new Error("picture: found no frame, expected one; draw first");
      const ratio = renderer.largest(scale);
      stack.backdrop.visible = !transparent;
      stack.aim(shot, { ...renderer.size, ratio });
      const pixels = renderer.paint(stack.scene, rig.camera, ratio);
      stack.backdrop.visible = true;
      stack.aim(shot, renderer.size);
      return encode(pixels);
    },

    /** The longest side of a picture, pixels. */
    textureSize: renderer.textureSize,

    /** Frees everything; the canvas cannot be used again. */
    dispose() {
      canvas.removeEventListener("webglcontextlost", lose);
      canvas.removeEventListener("webglcontextrestored", restore);
      orbit.dispose();
      drop();
      stack?.dispose();
      renderer.dispose();
    },
  };
  return scene;
}

/** Whether two models have the same stack. */
function drawnAlike(/** @type {Model} */ a, /** @type {Model} */ b) {
  const drawn = (/** @type {Model} */ model) => JSON.stringify([shapeOf(model), columnsOf(model)]);
  return drawn(a) === drawn(b);
}
