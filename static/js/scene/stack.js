/**
 * The stack: all objects of one shape, and the textures that they are drawn from.
 *
 *
 * @typedef {{width: number, height: number, ratio: number}} Canvas  CSS pixels, device pixels a CSS pixel
 *
 * @import {Frame} from "../types.js"
 * @import {Shot} from "./camera/camera.js"
 * @import {Uniforms} from "./gpu/materials.js"
 * @import {Rect} from "./labels/places.js"
 * @import {Layout} from "./layout/layout.js"
 * @import {Sight} from "./meshes/labels.js"
 * @import {Material} from "three"
 */

import { Scene } from "three";
import { createCursor } from "../playback/events.js";
import { heroOf } from "../playback/shot.js";
import { groupNumbers } from "../trace/token_groups.js";
import { axes } from "./camera/framing.js";
import { createSlots, crowdOf } from "./effects/beam_slots.js";
import { createCorpusTables, MOST_FLOWS } from "./effects/corpus_tables.js";
import { createGlow, towersOnPath } from "./effects/tower_glow.js";
import { createGroups } from "./effects/tower_groups.js";
import { createMarks } from "./effects/tower_marks.js";
import { createTable } from "./gpu/data_texture.js";
import { shapeUniforms, themeUniforms } from "./gpu/materials.js";
import { createLayout, heightOf } from "./layout/layout.js";
import { createFolding } from "./layout/transition.js";
import { createBackdrop } from "./meshes/backdrop.js";
import { createBeams } from "./meshes/beams.js";
import { createFlows } from "./meshes/corpus_flows.js";
import { createSlabs, writeLevels, writeSlabs } from "./meshes/dense_layers.js";
import { createLabels } from "./meshes/labels.js";
import { createPlanes } from "./meshes/router_planes.js";
import { createTokens, MOST, placeTokens } from "./meshes/tokens.js";
import { createMark } from "./meshes/tower_outline.js";
import { createTowers } from "./meshes/towers.js";
import { createTrail } from "./meshes/trail.js";

/** The key light comes from the upper left, a little from the front: right, up, towards the camera. */
const KEY = [-0.55, 0.62, 0.56];

/**
 * @param {Uniforms} uniforms
 * @param {Parameters<typeof createLayout>[0]} shape
 * @param {number} topK
 */
export function createStack(uniforms, shape, topK) {
  let layout = createLayout(shape);
  const { layers, experts } = shape;
  const folding = createFolding(layout);
  const glow = createGlow(layers, experts);
  const marks = createMarks(layers, experts);
  const groups = createGroups(layers, experts);
  const slots = createSlots(layout, topK);
  const behind = createCorpusTables(layers, experts);
  const rows = new Float32Array(4 * MOST);
  const tables = createTables(layout, { glow, marks, groups, slots, behind }, rows, topK);
  shapeUniforms(uniforms, layout);
  uniforms.places.value = tables.places.texture;
  uniforms.hits.value = tables.hits.texture;
  uniforms.pulses.value = tables.pulses.texture;
  uniforms.levels.value = tables.levels.texture;
  uniforms.marks.value = tables.marks.texture;
  uniforms.heights.value = tables.heights.texture;
  uniforms.groups.value = tables.groups.texture;
  const backdrop = createBackdrop(uniforms);
  const trail = createTrail(uniforms, layout);
  const beams = createBeams(uniforms, layout, { topK, fans: slots.fans, count: slots.count }, tables);
  const tokens = createTokens(uniforms, layout, tables.flights.texture);
  const flows = createFlows(uniforms, tables.flows);
  const mark = createMark(uniforms);
  const labels = createLabels(uniforms, layout);
  const objects = [
    backdrop.object,
    createTowers(uniforms, layout),
    ...(layout.dense.length ? [createSlabs(uniforms, layout, tables.slabs)] : []),
    createPlanes(uniforms, layout),
    ...trail.objects,
    flows.object,
    ...beams.objects,
    tokens.object,
    mark.object,
    labels.object,
  ];
  const scene = new Scene();
  scene.matrixWorldAutoUpdate = false;
  scene.add(...objects);
  const all = Object.values(tables);

  /** @type {Frame | null} */ let frame = null; // the one that the events call back for
  let flying = 0; // tokens that are drawn
  /** @type {readonly Rect[]} */ let covered = []; // of the canvas, by panels
  let path = ""; // whose towers are marked in the hit texture
  let dressed = ""; // palette and theme
  /** @type {Frame["corpus"]} */ let corpus = null; // whose loads and flows the tables hold
  let flowing = 0;
  const events = createCursor({
    reset() {
      glow.reset();
      marks.reset();
      groups.reset();
      slots.reset();
    },
    arrive(token, layer) {
      if (!frame) return;
      glow.pulse(frame.timeline, token, layer);
      slots.arrive(frame.trace, frame.timeline, frame.time, token, layer);
    },
    fire(token, layer) {
      if (!frame) return;
      glow.fire(frame.trace, frame.timeline, token, layer);
      marks.fire(frame.trace, frame.timeline, token, layer);
      groups.fire(frame.trace, token, layer);
    },
  });

  /** Layers stand where they are on their way to. */
  function reshape(/** @type {Layout} */ next) {
    if (next === layout) return;
    layout = next;
    shapeUniforms(uniforms, layout);
    writeLevels(/** @type {Float32Array} */ (tables.levels.array), layout);
    writeSlabs(/** @type {Float32Array} */ (tables.slabs.array), layout);
    tables.levels.resend();
    tables.slabs.resend();
    trail.reach([heightOf(layout, -1), heightOf(layout, layers)]);
  }

  function dress(/** @type {Frame} */ { palette, theme }) {
    const wanted = `${palette} ${theme}`;
    if (wanted !== dressed) themeUniforms(uniforms, palette, theme);
    dressed = wanted;
  }

  function followPath(/** @type {Frame} */ { trace, path: token }) {
    const now = token === null ? "" : `${trace.id} ${token} ${token < trace.received}`;
    if (now !== path) glow.setPath(towersOnPath(trace, token));
    path = now;
    uniforms.path.value = token === null ? 0 : 1;
    trail.highlight(token !== null);
  }

  function showCorpus(/** @type {Frame} */ { corpus: next = null, tower }) {
    if (next !== corpus) {
      flowing = behind.set(next);
      tables.heights.resend();
      tables.flows.resend();
    }
    corpus = next;
    uniforms.behind.value = corpus ? 1 : 0;
    flows.show(flowing, tower);
    trail.show(corpus === null);
  }

  function send() {
    glow.dirty.drain((row, from, count) => tables.hits.send(row, from, count));
    glow.pulsing.drain((row, from, count) => tables.pulses.send(row, from, count));
    marks.dirty.drain((row, from, count) => tables.marks.send(row, from, count));
    groups.dirty.drain((row, from, count) => tables.groups.send(row, from, count));
    slots.dirty.drain((slot) => {
      tables.slots.send(slot, 0, 2 + topK);
      if (slot < slots.fans) tables.scores.send(slot, 0, slots.width);
    });
  }

  /** What the labels depend on. @returns {Sight} */
  function sightOf(
    /** @type {Frame} */ { trace, timeline, time, path: picked, current = -1 },
    /** @type {Shot} */ shot,
    /** @type {Canvas} */ canvas,
  ) {
    const together = timeline.mode === "all" && timeline.tokens > 1;
    return {
      shot,
      canvas,
      covered,
      id: trace.id,
      tokens: trace.tokens,
      groups: uniforms.grouped.value > 0.5 ? groupNumbers(trace.tokens) : null,
      flights: rows,
      count: flying,
      together,
      followed: picked ?? (together ? -1 : current),
      looked: Math.max(0, timeline.position(time).layer),
      layout,
      goal: folding.goal(),
      hero: heroOf(timeline),
      room: uniforms.room.value,
      pulse: (layer) => pulseAt(time - glow.pulses[4 * layer]),
    };
  }

  return {
    layout: () => layout,
    scene,
    labels: labels.shown,
    /** Parts of the canvas that panels and controls lie over. @param {readonly Rect[]} rects */
    cover(rects) {
      covered = rects;
    },
    backdrop: backdrop.object,
    moving: folding.moving,

    /** Folds and unfolds layers. @returns {Layout} that they go to */
    fold(/** @type {Frame} */ { fold = null, wall }, /** @type {boolean} */ cut) {
      reshape(folding.at(fold, { wall, cut }));
      return folding.goal();
    },

    /** Everything that a frame asks for, seen as the camera sees it. */
    update(/** @type {Frame} */ next, /** @type {Shot} */ shot, /** @type {Canvas} */ canvas) {
      frame = next;
      dress(frame);
      marks.setDevices(frame.devices ?? null);
      marks.setBias(frame.trace.bias);
      events.advance(frame.trace, frame.timeline, frame.time);
      slots.expire(frame.time);
      followPath(frame);
      showCorpus(frame);
      send();
      const count = placeTokens(rows, layout, frame);
      if (count) tables.flights.send(0, 0, count);
      const together = frame.timeline.mode === "all" ? Math.max(1, frame.timeline.tokens) : 1;
      tokens.show(count, together, frame.path ?? frame.current ?? -1);
      uniforms.crowd.value = crowdOf(frame.timeline);
      flying = count;
      beams.show(slots.used());
      mark.show(frame.tower);
      uniforms.time.value = frame.time;
      uniforms.near.value.y = heroOf(frame.timeline);
      uniforms.together.value = together;
      uniforms.grouped.value =
        frame.colour !== "heat" && groupNumbers(frame.trace.tokens) ? 1 - shot.close : 0;
      uniforms.routed.value = glow.routed();
      uniforms.capacity.value = frame.trace.model.capacity ?? 0;
      this.aim(shot, canvas);
    },

    /** The camera's part alone: again for a picture of another size. */
    aim(/** @type {Shot} */ shot, /** @type {Canvas} */ canvas) {
      shotUniforms(uniforms, layout, shot, canvas);
      if (frame) labels.update(sightOf(frame, shot, canvas));
      const middle = [
        shot.left + shot.width / 2,
        canvas.height - shot.top - shot.height / 2,
        shot.width / 2,
        shot.height / 2,
      ];
      backdrop.aim(middle.map((value) => value * canvas.ratio));
    },

    spent: () => all.reduce((sum, table) => sum + table.spent(), labels.spent()),
    dispose() {
      for (const table of all) table.dispose();
      labels.dispose();
      for (const { geometry, material } of objects) {
        geometry.dispose();
        /** @type {Material} */ (material).dispose();
      }
    },
  };
}

/** How strongly a plane pulses so many seconds after a token arrived: `pulse` of gpu/glsl.js. @param {number} since */
function pulseAt(since) {
  return since < 0 ? 0 : Math.min(1, since / 0.08) * Math.exp(-2.6 * since);
}

/**
 * @param {Layout} layout
 * @param {{glow: ReturnType<typeof createGlow>, marks: ReturnType<typeof createMarks>, groups: ReturnType<typeof createGroups>, slots: ReturnType<typeof createSlots>, behind: ReturnType<typeof createCorpusTables>}} effects
 * @param {Float32Array<ArrayBuffer>} flights
 * @param {number} topK
 */
function createTables(layout, { glow, marks, groups, slots, behind }, flights, topK) {
  const { x, z, layers, experts, dense } = layout;
  const places = new Float32Array(4 * (experts + 1)); // and the axis
  for (let expert = 0; expert < experts; expert++) places.set([x[expert], z[expert]], 4 * expert);
  const levels = new Float32Array(4 * layers);
  const slabs = new Float32Array(4 * Math.max(1, dense.length));
  writeLevels(levels, layout);
  writeSlabs(slabs, layout);
  return {
    places: createTable(places, experts + 1, 1),
    levels: createTable(levels, layers, 1),
    slabs: createTable(slabs, slabs.length / 4, 1),
    marks: createTable(marks.marks, experts, layers),
    heights: createTable(behind.heights, experts, layers),
    flows: createTable(behind.flows, MOST_FLOWS, 1),
    groups: createTable(groups.shares, 2 * experts, layers),
    hits: createTable(glow.hits, experts, layers),
    pulses: createTable(glow.pulses, layers, 1),
    slots: createTable(slots.table, 2 + topK, slots.count),
    scores: createTable(slots.scores, slots.width, slots.fans),
    flights: createTable(flights, MOST, 1),
  };
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
