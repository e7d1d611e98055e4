/**
 * The WebGL renderer, and what it needs to know about the canvas.
 *
 * @import {Area} from "../camera/camera.js"
 * @import {PerspectiveCamera, Scene} from "three"
 */

import { LinearSRGBColorSpace, NoToneMapping, WebGLRenderer } from "three";
import { paint } from "./screenshot.js";

/** Renderers that draw on the CPU; there smooth edges cost a third of the frames. */
const SOFTWARE = /swiftshader|llvmpipe|software|basic render/i;

/**
 * Raises Error where the browser has no WebGL2.
 * @param {HTMLCanvasElement} canvas
 * @param {boolean} [antialias]  default: on where a GPU draws
 */
export function createRenderer(canvas, antialias) {
  const smooth = antialias ?? !SOFTWARE.test(rendererName());
  const renderer = new WebGLRenderer({
    canvas,
    antialias: smooth,
    alpha: false,
    stencil: false,
    powerPreference: "high-performance",
  });
  renderer.outputColorSpace = LinearSRGBColorSpace; // shaders write what the screen shows
  renderer.toneMapping = NoToneMapping;
  renderer.sortObjects = false;
  renderer.autoClear = true;
  const size = { width: 0, height: 0, ratio: 1, free: { left: 0, top: 0, width: 1, height: 1 } };

  return {
    size,
    name: rendererName(),
    /** @returns {boolean} whether the canvas itself changed */
    setSize(
      /** @type {number} */ width,
      /** @type {number} */ height,
      /** @type {number} */ ratio,
      /** @type {Area} */ free,
    ) {
      const changed = width !== size.width || height !== size.height || ratio !== size.ratio;
      Object.assign(size, { width, height, ratio, free });
      if (!changed) return false;
      renderer.setPixelRatio(ratio);
      renderer.setSize(width, height, false);
      return true;
    },
    render: (/** @type {Scene} */ scene, /** @type {PerspectiveCamera} */ camera) =>
      renderer.render(scene, camera),
    info: () => renderer.info.render,
    /** What lies on the GPU. */
    held: () => ({ ...renderer.info.memory, programs: renderer.info.programs?.length ?? 0 }),
    textureSize: () => renderer.capabilities.maxTextureSize,
    /** The scale that was asked for, or the largest for which the GPU has a texture. */
    largest: (/** @type {number} */ scale) =>
      Math.min(scale, renderer.capabilities.maxTextureSize / Math.max(size.width, size.height)),
    /** Draws into a picture instead of onto the canvas, `scale` pixels a CSS pixel. */
    paint: (
      /** @type {Scene} */ scene,
      /** @type {PerspectiveCamera} */ camera,
      /** @type {number} */ scale,
    ) => paint(renderer, scene, camera, Math.round(size.width * scale), Math.round(size.height * scale)),
    /** Gives the context back: browsers keep few. */
    dispose() {
      renderer.dispose();
      renderer.forceContextLoss();
    },
  };
}

/** @type {string | undefined} */
let known;

/** Who draws, as far as the browser tells; found out once, on a canvas of its own. */
export function rendererName() {
  if (known === undefined) {
    const gl = document.createElement("canvas").getContext("webgl2");
    const facts = gl?.getExtension("WEBGL_debug_renderer_info");
    known = gl ? String(gl.getParameter(facts ? facts.UNMASKED_RENDERER_WEBGL : gl.RENDERER)) : "";
    gl?.getExtension("WEBGL_lose_context")?.loseContext(); // browsers keep few contexts
  }
  return known;
}
