/**
 * The stack: all objects of one model shape. Brings them to a frame.
 *
 * @typedef {{width: number, height: number, ratio: number}} Canvas  CSS pixels; device pixels per CSS pixel
 *
 * @import {Frame} from "../types.js"
 * @import {Shot} from "./camera/camera.js"
 * @import {Uniforms} from "./gpu/materials.js"
 * @import {Rect} from "./labels/places.js"
 * @import {Layout} from "./layout/layout.js"
 * @import {LabelInput} from "./meshes/labels.js"
 * @import {Meshes} from "./stack_meshes.js"
 * @import {StackTables} from "./stack_tables.js"
 */

import { shotToken } from "../playback/shot.js";
import { groupNumbers } from "../trace/token_groups.js";
import { axes } from "./camera/framing.js";
import { successionBrightness } from "./effects/beam_slots.js";
import { towersOnPath } from "./effects/tower_glow.js";
import { shapeUniforms, themeUniforms } from "./gpu/materials.js";
import { createLayout, heightOf } from "./layout/layout.js";
import { createFolding } from "./layout/transition.js";
import { placeTokens } from "./meshes/tokens.js";
import { createMeshes } from "./stack_meshes.js";
import { bindTextures, createStackTables } from "./stack_tables.js";

/** The key light comes from the upper left, a little from the front: right, up, towards the camera. */
const KEY = [-0.55, 0.62, 0.56];

/**
 * @param {Uniforms} uniforms
 * @param {Parameters<typeof createLayout>[0]} shape
 * @param {number} topK
 */
export function createStack(uniforms, shape, topK) {
  let layout = createLayout(shape);
  const folding = createFolding(layout);
  const tables = createStackTables(layout, topK);
  shapeUniforms(uniforms, layout);
  bindTextures(uniforms, tables.textures);
  const meshes = createMeshes(uniforms, layout, tables, topK);
  const { backdrop, labels } = meshes;
  const show = createUpdate(uniforms, tables, meshes);

  /** @type {Frame | null} */ let frame = null;
  let inFlight = 0; // tokens drawn
  /** @type {readonly Rect[]} */ let covered = []; // parts of the canvas under panels

  /** Moves the layers to another layout. */
  function reshape(/** @type {Layout} */ next) {
    if (next === layout) return;
    layout = next;
    shapeUniforms(uniforms, layout);
    tables.setLevels(layout);
    meshes.trail.reach([heightOf(layout, -1), heightOf(layout, layout.layers)]);
  }

  /** Updates the uniforms and labels that depend on the camera alone; again for a picture of another size. */
  function aim(/** @type {Shot} */ shot, /** @type {Canvas} */ canvas) {
    shotUniforms(uniforms, layout, shot, canvas);
    if (frame) {
      const drawn = { shot, canvas, covered, layout, goal: folding.goal(), count: inFlight };
      labels.update(labelInput(uniforms, tables, frame, drawn));
    }
    const middle = [
      shot.left + shot.width / 2,
      canvas.height - shot.top - shot.height / 2,
      shot.width / 2,
      shot.height / 2,
    ];
    backdrop.aim(middle.map((value) => value * canvas.ratio));
  }

  return {
    layout: () => layout,
    scene: meshes.scene,
    labels: labels.shown,
    layerAt: labels.layerAt,
    /** Sets the parts of the canvas under panels and controls. @param {readonly Rect[]} rects */
    cover(rects) {
      covered = rects;
    },
    backdrop: backdrop.object,
    moving: folding.moving,

    /** Folds and unfolds layers. @returns {Layout} the layout at the end of the move */
    fold(/** @type {Frame} */ { fold = null, wall }, /** @type {boolean} */ cut) {
      reshape(folding.at(fold, { wall, cut }));
      return folding.goal();
    },

    /** Updates everything that depends on a frame. */
    update(/** @type {Frame} */ next, /** @type {Shot} */ shot, /** @type {Canvas} */ canvas) {
      frame = next;
      inFlight = show(frame, layout, shot);
      aim(shot, canvas);
    },

    aim,
    spent: () => tables.spent() + labels.spent(),
    dispose() {
      tables.dispose();
      meshes.dispose();
    },
  };
}

/**
 * Returns the function that brings tables, meshes and uniforms to a frame. Expensive parts run only after a change.
 * @param {Uniforms} uniforms
 * @param {StackTables} tables
 * @param {Meshes} meshes
 */
function createUpdate(uniforms, tables, { trail, beams, tokens, flows, outline }) {
  let shownPath = ""; // of the towers that are marked in the hit texture
  let shownTheme = "";
  /** @type {Frame["corpus"]} */ let shownCorpus = null;
  let flowCount = 0;

  function setTheme(/** @type {Frame} */ { palette, theme }) {
    const wanted = `${palette} ${theme}`;
    if (wanted !== shownTheme) themeUniforms(uniforms, palette, theme);
    shownTheme = wanted;
  }

  function setPath(/** @type {Frame} */ { trace, path: token }) {
    const wanted = token === null ? "" : `${trace.id} ${token} ${token < trace.received}`;
    if (wanted !== shownPath) tables.glow.setPath(towersOnPath(trace, token));
    shownPath = wanted;
    uniforms.path.value = token === null ? 0 : 1;
    trail.highlight(token !== null);
  }

  function setCorpus(/** @type {Frame} */ { corpus = null, tower }) {
    if (corpus !== shownCorpus) flowCount = tables.setCorpus(corpus);
    shownCorpus = corpus;
    uniforms.behind.value = corpus ? 1 : 0;
    flows.show(flowCount, tower);
    trail.show(corpus === null);
  }

  /** @param {Frame} frame @param {Layout} layout @param {Shot} shot @returns {number} tokens in flight */
  return (frame, layout, shot) => {
    const { timeline, time, trace } = frame;
    setTheme(frame);
    tables.advance(frame);
    setPath(frame);
    setCorpus(frame);
    tables.send();
    const count = placeTokens(tables.flights, layout, frame);
    if (count) tables.textures.flights.send(0, 0, count);
    const together = timeline.mode === "all" ? Math.max(1, timeline.tokens) : 1;
    const followed = frame.path ?? frame.current ?? -1;
    tokens.show(count, together, followed);
    beams.show(tables.slots.used(), followed);
    outline.show(frame.tower);
    uniforms.crowd.value = successionBrightness(timeline);
    uniforms.time.value = time;
    uniforms.near.value.y = shotToken(timeline);
    uniforms.together.value = together;
    uniforms.grouped.value = frame.colour !== "heat" && groupNumbers(trace.tokens) ? 1 - shot.close : 0;
    uniforms.routed.value = tables.glow.routed();
    uniforms.capacity.value = trace.model.capacity ?? 0;
    return count;
  };
}

/**
 * Returns the values on which the labels depend.
 * @param {Uniforms} uniforms
 * @param {StackTables} tables
 * @param {Frame} frame
 * @param {Pick<LabelInput, "shot" | "canvas" | "covered" | "layout" | "goal" | "count">} drawn
 * @returns {LabelInput}
 */
function labelInput(uniforms, { flights, glow }, frame, drawn) {
  const { trace, timeline, time, path, current = -1, looked = timeline.position(time).layer } = frame;
  const together = timeline.mode === "all" && timeline.tokens > 1;
  return {
    ...drawn,
    id: trace.id,
    tokens: trace.tokens,
    groups: uniforms.grouped.value > 0.5 ? groupNumbers(trace.tokens) : null,
    flights,
    together,
    followed: path ?? current,
    looked: Math.max(0, looked),
    hero: shotToken(timeline),
    room: uniforms.room.value,
    pulse: (layer) => pulseAt(time - glow.pulses[4 * layer]),
  };
}

/** Returns the strength of a plane's pulse this many seconds after a token arrived, as `pulse` in gpu/glsl.js. @param {number} since */
function pulseAt(since) {
  return since < 0 ? 0 : Math.min(1, since / 0.08) * Math.exp(-2.6 * since);
}

function shotUniforms(
  /** @type {Uniforms} */ uniforms,
  /** @type {Layout} */ layout,
  /** @type {Shot} */ shot,
  /** @type {Canvas} */ canvas,
) {
  const { right, up, back } = axes(shot);
  const along = (/** @type {number} */ i) => KEY[0] * right[i] + KEY[1] * up[i] + KEY[2] * back[i];
  uniforms.key.value.set(along(0), along(1), along(2));
  uniforms.fog.value.set(shot.distance - layout.outer, shot.distance + layout.outer * 1.15);
  uniforms.focus.value.set(shot.layer, shot.focus);
  uniforms.near.value.x = shot.close;
  uniforms.screen.value.set(
    Math.round(canvas.width * canvas.ratio),
    Math.round(canvas.height * canvas.ratio),
  );
  uniforms.ratio.value = canvas.ratio;
  uniforms.pixel.value = (2 * shot.lens) / shot.height;
  const apart = (layout.pitch * Math.cos(shot.elevation)) / (uniforms.pixel.value * shot.distance);
  uniforms.room.value = layout.layers > 1 ? apart + (200 - apart) * shot.focus : 200;
}
