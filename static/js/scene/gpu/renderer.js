/**
 * The WebGL renderer and the size of its canvas.
 *
 * @import {Area} from "../camera/camera.js"
 * @import {PerspectiveCamera, Scene} from "three"
 */

import { LinearSRGBColorSpace, NoToneMapping, WebGLRenderer } from "three";
import { paint } from "./screenshot.js";

/** Renderers on the CPU, where antialiasing costs a third of the frame rate. */
const SOFTWARE = /swiftshader|llvmpipe|software|basic render/i;

/**
 * Throws an Error if the browser has no WebGL 2.
 * @param {HTMLCanvasElement} canvas
 * @param {boolean} [antialias]  default: on if a GPU draws
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
    /** Returns the number of objects on the GPU. */
    held: () => ({ ...renderer.info.memory, programs: renderer.info.programs?.length ?? 0 }),
    textureSize: () => renderer.capabilities.maxTextureSize,
    /** Returns the requested scale, or the largest one for which the GPU has a texture. */
    largest: (/** @type {number} */ scale) =>
      Math.min(scale, renderer.capabilities.maxTextureSize / Math.max(size.width, size.height)),
    /** Draws into a picture instead of the canvas, with `scale` pixels per CSS pixel. */
    paint: (
      /** @type {Scene} */ scene,
      /** @type {PerspectiveCamera} */ camera,
      /** @type {number} */ scale,
    ) => paint(renderer, scene, camera, Math.round(size.width * scale), Math.round(size.height * scale)),
    /** Releases the context, because browsers keep few. */
    dispose() {
      renderer.dispose();
      renderer.forceContextLoss();
    },
  };
}

/** @type {string | undefined} */
let known;

/** Returns the name of the renderer, if the browser reveals it; determined once, on a separate canvas. */
export function rendererName() {
  if (known === undefined) {
    const gl = document.createElement("canvas").getContext("webgl2");
    const facts = gl?.getExtension("WEBGL_debug_renderer_info");
    known = gl ? String(gl.getParameter(facts ? facts.UNMASKED_RENDERER_WEBGL : gl.RENDERER)) : "";
    gl?.getExtension("WEBGL_lose_context")?.loseContext(); // browsers keep few contexts
  }
  return known;
}
