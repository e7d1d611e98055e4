/**
 * The viewport: owns the canvas, opens, sizes and closes the scene, and turns pointer events into picks. The code of the
 * scene is loaded when it is opened.
 *
 * @import {Frame, State} from "../types.js"
 */

import { coveredIn, covers, insetsOf, COVERING } from "./covered_area.js";

/** @typedef {import("../scene/scene.js").Stage} Scene */
/** @typedef {{layer: number, expert: number}} Tower */

/**
 * @typedef {object} ViewportListener
 * @property {(tower: Tower | null) => void} point
 * @property {(tower: Tower | null) => void} choose
 * @property {(layer: number) => void} unfold   a press on a layer of the overview column
 * @property {(scene: State["scene"]) => void} become
 * @property {() => void} wake
 * @property {(azimuth: number, elevation: number, zoom?: number) => void} [turned]   by a drag
 */

/** The largest pixel ratio. A higher one costs more and shows no visible difference. */
const SHARPEST = 2;
/** Space below the stack for the caption of a picture, CSS pixels. */
const CAPTION_PIXELS = 96;

/**
 * Returns whether the browser has WebGL 2. Checked before three.js is loaded, and on a copy of the canvas, because the
 * first `getContext` sets the attributes of a context.
 * @param {HTMLCanvasElement} canvas
 */
export function hasWebgl(canvas) {
  const context = /** @type {HTMLCanvasElement} */ (canvas.cloneNode(false)).getContext("webgl2");
  context?.getExtension("WEBGL_lose_context")?.loseContext();
  return context !== null;
}

/** Releases a context again if the browser restores it to a canvas that was removed. @param {HTMLCanvasElement} canvas */
function keepLost(canvas) {
  canvas.addEventListener("webglcontextrestored", () =>
    canvas.getContext("webgl2")?.getExtension("WEBGL_lose_context")?.loseContext(),
  );
}

/**
 * @param {HTMLElement} host     holds the canvas
 * @param {ViewportListener} watcher
 * @param {{embed: boolean}} options
 */
export function createViewport(host, watcher, { embed }) {
  let canvas = /** @type {HTMLCanvasElement} */ (host.querySelector("canvas"));
  /** @type {Scene | null} */
  let scene = null;
  /** @type {Frame | null} */
  let drawn = null;
  let stale = true;
  let opening = 0;
  let pending = false;
  let lost = false;

  function measure() {
    const stage = host.getBoundingClientRect();
    if (!scene || !stage.width || !stage.height) return;
    scene.setSize(
      stage.width,
      stage.height,
      Math.min(SHARPEST, window.devicePixelRatio || 1),
      insetsOf(stage, covers()),
      textSize(),
    );
    scene.setCovered(coveredIn(stage));
    invalidate();
  }
  function invalidate() {
    stale = true;
    watcher.wake();
  }
  const observer = new ResizeObserver(measure);

  async function open() {
    if (scene || opening) return;
    const mine = ++opening;
    if (!hasWebgl(canvas)) return watcher.become("missing");
    pending = true;
    try {
      const { createScene } = await import("../scene/scene.js");
      if (mine !== opening) return;
      pending = false;
      scene = createScene(canvas, {
        wheel: !embed,
        onMove: watcher.wake,
        onTurn: watcher.turned,
        onLost,
        onRestored,
      });
      drawn = null;
      observe();
      measure();
      watcher.become("shown");
    } catch (error) {
      pending = false;
      console.error(error);
      watcher.become("failed");
    }
  }
  function onLost() {
    lost = true;
    watcher.become("lost");
  }
  function onRestored() {
    lost = false;
    watcher.become("shown");
    invalidate();
  }
  function observe() {
    for (const element of [host, ...document.querySelectorAll(COVERING)]) observer.observe(element);
  }
  /** Releases the WebGL context. A canvas has only one context, so a new canvas replaces it. */
  function close() {
    opening = 0;
    pending = false;
    observer.disconnect();
    scene?.dispose();
    if (!scene) return;
    scene = null;
    if (lost) keepLost(canvas);
    lost = false;
    const next = /** @type {HTMLCanvasElement} */ (canvas.cloneNode(false));
    canvas.replaceWith(next);
    canvas = next;
    listen(next);
    watcher.become("waiting");
  }

  const listen = (/** @type {HTMLCanvasElement} */ target) => listenToPointer(target, () => scene, watcher);
  listen(canvas);

  const pictures = createPictures(
    () => (scene && drawn ? { scene, frame: drawn } : null),
    () => scene?.textureSize() ?? 0,
    () => canvas,
    measure,
  );

  return {
    open,
    close,
    /** Replaces a lost scene by a new one on a new canvas. */
    reopen() {
      if (!lost) return;
      close();
      void open();
    },
    measure,
    invalidate,
    opened: () => scene !== null,
    /** Returns whether the code of the scene is being loaded. */
    opening: () => pending,
    /** Measures again after panels opened or closed. */
    observe() {
      if (scene) observe();
      measure();
    },
    /** @param {Frame} frame @returns {boolean} whether it was drawn; false if nothing changed */
    draw(frame) {
      if (!scene) return false;
      if (!stale && !scene.moving() && drawn && sameFrame(frame, drawn)) return false;
      scene.draw(frame);
      drawn = frame;
      stale = false;
      return true;
    },
    moving: () => scene?.moving() ?? false,
    /** Turns and zooms as a drag does: radians to the right, radians up, factor of the distance. @param {[number, number, number?]} by */
    turn(...by) {
      scene?.turn(...by);
      invalidate();
    },
    stats: () => scene?.stats() ?? null,
    /** Returns the labels of the scene with their places in CSS pixels of the canvas. */
    labels: () => scene?.labels() ?? [],
    canvas: () => canvas,
    ...pictures,
  };
}

/**
 * Reports hovered and clicked towers.
 * @param {HTMLCanvasElement} canvas
 * @param {() => Scene | null} sceneOf
 * @param {Pick<ViewportListener, "point" | "choose" | "unfold">} watcher
 */
function listenToPointer(canvas, sceneOf, { point, choose, unfold }) {
  const layerAt = (/** @type {MouseEvent} */ event) =>
    sceneOf()?.layerAt(event.offsetX, event.offsetY) ?? null;
  const pickAt = (/** @type {MouseEvent} */ event) => sceneOf()?.pick(event.offsetX, event.offsetY) ?? null;
  canvas.addEventListener("pointermove", (event) => {
    if (event.pointerType === "touch" || event.buttons) return;
    const layer = layerAt(event);
    canvas.toggleAttribute("data-layer", layer !== null);
    point(layer === null ? pickAt(event) : null);
  });
  canvas.addEventListener("pointerleave", () => point(null));
  canvas.addEventListener("click", (event) => {
    if (sceneOf()?.dragged()) return;
    const layer = layerAt(event);
    if (layer === null) choose(pickAt(event));
    else unfold(layer);
  });
}

/**
 * Draws the scene at other sizes than that on screen. The camera goes there and back without a move.
 * @param {() => {scene: Scene, frame: Frame} | null} drawn  null before the first frame
 * @param {() => number} textureSize
 * @param {() => HTMLCanvasElement} canvasOf
 * @param {() => void} measure  restores the size on screen
 */
function createPictures(drawn, textureSize, canvasOf, measure) {
  return {
    /** Returns the largest scale at which the GPU draws a picture of this many CSS pixels. @param {{width: number, height: number}} size */
    largest: ({ width, height }) => textureSize() / Math.max(width, height),
    /**
     * Draws the scene at another size and passes the canvas on before it is shown.
     * @param {{width: number, height: number}} size  CSS pixels
     * @param {(canvas: HTMLCanvasElement) => void} use
     */
    snapshot({ width, height }, use) {
      const now = drawn();
      if (!now) return;
      const { scene, frame } = now;
      scene.setCovered([]);
      scene.setSize(width, height, SHARPEST, { left: 0, top: 0, right: 0, bottom: 0 });
      scene.cutCamera();
      scene.draw(frame);
      use(canvasOf());
      scene.cutCamera();
      measure();
    },
    /**
     * Returns a PNG of the scene, framed for its own size instead of the area that the panels leave free.
     * @param {{scale: number, transparent: boolean, width: number, height: number}} options  CSS pixels
     * @returns {Promise<Blob> | null}
     */
    picture({ scale, transparent, width, height }) {
      const now = drawn();
      if (!now) return null;
      const { scene, frame } = now;
      const bottom = Math.min(CAPTION_PIXELS, height / 4);
      scene.setCovered([]);
      scene.setSize(width, height, 1, { left: 0, top: 0, right: 0, bottom });
      scene.cutCamera();
      scene.draw(frame);
      const picture = scene.picture({ scale, transparent });
      scene.cutCamera();
      measure();
      return picture;
    },
  };
}

/** @param {Frame} a @param {Frame} b  everything except the camera's clock, which `moving` covers */
function sameFrame(a, b) {
  return /** @type {(keyof Frame)[]} */ (Object.keys(a)).every(
    (key) => key === "wall" || Object.is(a[key], b[key]),
  );
}

const USUAL_TEXT = 16; // CSS pixels of the root font

/** Returns the text size of the page, 1 is usual: larger with the user's own font size and in a large window. */
function textSize() {
  return parseFloat(getComputedStyle(document.documentElement).fontSize) / USUAL_TEXT || 1;
}
