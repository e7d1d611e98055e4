/**
 * The scene: one canvas, drawn from a frame. Only this folder imports three.js.
 *
 * Everything on screen follows from the frame. The scene reads no clock, so scrubbing is exact and manual steps repeat.
 *
 * @typedef {{top: number, right: number, bottom: number, left: number}} Insets  CSS pixels covered by panels
 *
 * @typedef {object} SceneOptions
 * @property {boolean} [antialias]      default: on if a GPU draws, off if the CPU does
 * @property {boolean} [wheel]          the wheel zooms (default); false: only with Ctrl, so that the page can scroll
 * @property {() => void} [onMove]      a user moved the camera; the next frame must be drawn
 * @property {(azimuth: number, elevation: number, zoom?: number) => void} [onTurn]  by how much, as `turn` takes it
 * @property {() => void} [onLost]      the WebGL context was lost
 * @property {() => void} [onRestored]  it is restored; the next frame must be drawn
 *
 * @typedef {ReturnType<typeof createScene>} Stage
 *
 * @import {Frame, Model} from "../types.js"
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

/** @typedef {ReturnType<typeof createStack>} Stack */

/** A tap this many CSS pixels beside a tower selects it. */
const SLACK = 12;

/**
 * Throws an Error if the browser has no WebGL 2.
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
  const stacks = createModelStack(uniforms);
  const unlisten = listenToContext(canvas, options, stacks.restore);
  /** @type {Shot | null} */ let shot = null;
  let cut = true; // the camera jumps to its place with the next frame
  /** @type {readonly Rect[]} */ let covered = []; // parts of the canvas under panels

  return {
    /** Sends what changed since the last frame and draws. Builds another stack if the trace has another shape. */
    draw(/** @type {Frame} */ frame) {
      const stack = stacks.forModel(frame.trace.model);
      orbit.advance(frame.wall, frame.still);
      const { camera: name, layer, time, wall, still, shot: story = null } = frame;
      const goal = stack.fold(frame, stacks.isNew() || still);
      shot = rig.update(goal, { name, layer, time, wall, still, cut, story });
      cut = false;
      stack.cover(covered);
      stack.update(frame, shot, renderer.size);
      renderer.render(stack.scene, rig.camera);
      stacks.drawn();
    },

    /** Frames the stack in the area that the insets leave free. The pixel ratio is at most 2. `text`: text size, 1 is usual. */
    setSize(
      /** @type {number} */ width,
      /** @type {number} */ height,
      /** @type {number} */ pixelRatio,
      /** @type {Insets} */ insets,
      text = 1,
    ) {
      const free = { ...freeArea(width, height, insets), text };
      if (renderer.setSize(width, height, Math.min(2, pixelRatio), free)) cut = true;
      rig.setArea(width, height, free);
    },

    /** Sets the parts of the canvas that labels avoid. @param {readonly Rect[]} rects */
    setCovered(rects) {
      covered = rects;
    },

    /** Returns the labels of the last frame with their places in CSS pixels. */
    labels: () => stacks.current()?.labels() ?? [],

    /** Makes the camera jump with the next frame instead of moving. */
    cutCamera() {
      cut = true;
    },

    /** Turns and zooms as a drag does: radians to the right, radians up, factor of the distance. */
    turn: rig.turn,

    /** Returns whether the scene still changes, so another frame must be drawn. */
    moving: () => rig.moving() || orbit.moving() || (stacks.current()?.moving() ?? false),

    /** Returns true during and right after a drag of the camera: the press was no click. */
    dragged: orbit.dragged,

    /**
     * Returns the tower at a point of the canvas, in CSS pixels.
     * @returns {{layer: number, expert: number} | null}
     */
    pick(/** @type {number} */ x, /** @type {number} */ y) {
      const stack = stacks.current();
      if (!stack || !shot) return null;
      const only = shot.focus > 0.5 ? Math.round(shot.layer) : null;
      return pickTower(stack.layout(), rig.ray(x, y), SLACK * uniforms.pixel.value, only);
    },

    /** Returns the layer at a point of the overview column of a folded stack. @returns {number | null} */
    layerAt: (/** @type {number} */ x, /** @type {number} */ y) => stacks.current()?.layerAt(x, y) ?? null,

    /** Returns figures of the last frame, and the bytes sent since the last call. */
    stats() {
      const { calls, triangles } = renderer.info();
      return {
        drawCalls: calls,
        triangles,
        uploadedBytes: stacks.spent(),
        towers: stacks.towers(),
        renderer: renderer.name,
        ...renderer.held(),
      };
    },

    /**
     * Returns the last frame as a PNG with `scale` pixels per CSS pixel. Throws an Error if nothing has been drawn yet.
     * @param {{scale?: number, transparent?: boolean}} [how]
     * @returns {Promise<Blob>}
     */
    async picture({ scale = 1, transparent = false } = {}) {
      const stack = stacks.current();
      if (!stack || !shot) throw new Error("picture: found no frame, expected one; draw first");
      const ratio = renderer.largest(scale);
      stack.backdrop.visible = !transparent;
      stack.aim(shot, { ...renderer.size, ratio });
      const pixels = renderer.paint(stack.scene, rig.camera, ratio);
      stack.backdrop.visible = true;
      stack.aim(shot, renderer.size);
      return encode(pixels);
    },

    /** The longest side of a picture, in pixels. */
    textureSize: renderer.textureSize,

    /** Frees everything; the canvas cannot be used again. */
    dispose() {
      unlisten();
      orbit.dispose();
      stacks.dispose();
      renderer.dispose();
    },
  };
}

/**
 * Listens to the loss of the WebGL context.
 * @param {HTMLCanvasElement} canvas
 * @param {SceneOptions} options
 * @param {() => void} restore  builds again what the GPU lost
 * @returns {() => void} removes the listeners
 */
function listenToContext(canvas, { onLost, onRestored }, restore) {
  function lost(/** @type {Event} */ event) {
    event.preventDefault();
    onLost?.();
  }
  function restored() {
    restore();
    onRestored?.();
  }
  canvas.addEventListener("webglcontextlost", lost);
  canvas.addEventListener("webglcontextrestored", restored);
  return () => {
    canvas.removeEventListener("webglcontextlost", lost);
    canvas.removeEventListener("webglcontextrestored", restored);
  };
}

/**
 * Holds the stack of the current model. The stack before it is freed only after the next one has been drawn, so that both
 * share their compiled shaders.
 * @param {ReturnType<typeof createUniforms>} uniforms
 */
function createModelStack(uniforms) {
  /** @type {Stack | null} */ let stack = null;
  /** @type {Stack | null} */ let old = null;
  /** @type {Model | null} */ let model = null;
  let isNew = true; // not drawn yet: its folds are not animated
  let spent = 0; // bytes sent by stacks that are freed

  function build(/** @type {Model} */ next) {
    isNew = true;
    stack = createStack(uniforms, shapeOf(next), columnsOf(next));
    return stack;
  }
  function freeOld() {
    if (!old) return;
    spent += old.spent();
    old.dispose();
    old = null;
  }
  return {
    current: () => stack,
    isNew: () => isNew,
    towers: () => (model ? model.layers * model.experts : 0),
    /** Returns the stack of a model; builds it if the shape is another. @param {Model} next */
    forModel(next) {
      const same = model && (next === model || drawnAlike(model, next));
      model = next;
      if (stack && same) return stack;
      freeOld();
      old = stack;
      return build(next);
    },
    drawn() {
      isNew = false;
      freeOld();
    },
    /** Builds the stack again after a lost context. Nothing is freed, because the GPU holds nothing. */
    restore() {
      old = null;
      if (model) build(model);
    },
    /** Returns the bytes sent since the last call. */
    spent() {
      const sum = spent + (stack?.spent() ?? 0);
      spent = 0;
      return sum;
    },
    dispose() {
      freeOld();
      stack?.dispose();
    },
  };
}

/** Returns the area that the insets leave free, at least 80 pixels wide and high. @param {number} width @param {number} height @param {Insets} insets */
function freeArea(width, height, { left, top, right, bottom }) {
  return {
    left,
    top,
    width: Math.max(80, width - left - right),
    height: Math.max(80, height - top - bottom),
  };
}

/** Returns whether two models have the same stack. */
function drawnAlike(/** @type {Model} */ a, /** @type {Model} */ b) {
  const drawn = (/** @type {Model} */ model) => JSON.stringify([shapeOf(model), columnsOf(model)]);
  return drawn(a) === drawn(b);
}
