/**
 * The stack: all objects of one shape, and the textures that they are drawn from.
 *
 * @import { Frame } from '../types.js'
 * @import { Shot } from './camera.js'
 * @import { Uniforms } from './shader.js'
 */
import { Scene } from 'three';
import { createLayout, heightOf } from '../layout.js';
import { createBackdrop } from './backdrop.js';
import { createBeams } from './beams.js';
import { axes, FOV } from './framing.js';
import { createFront } from './front.js';
import { createGlow, pathOf } from './glow.js';
import { createHalos } from './halos.js';
import { createPlanes } from './planes.js';
import { shapeUniforms } from './shader.js';
import { createSlots } from './slots.js';
import { createTable } from './table.js';
import { createTokens, MOST, placeTokens } from './tokens.js';
import { createTowers } from './towers.js';
import { createTrail } from './trail.js';

/** The key light comes from the upper left, a little from the front: right, up, towards the camera. */
const KEY = [-0.55, 0.62, 0.56];

/**
 * @param {Uniforms} uniforms
 * @param {number} layers
 * @param {number} experts
 * @param {number} topK
 */
export function createStack(uniforms, layers, experts, topK) {
  const layout = createLayout({ layers, experts });
  const glow = createGlow(layers, experts);
  const slots = createSlots(layout, topK);
  const rows = new Float32Array(4 * MOST);
  const tables = {
    places: createTable(Float32Array.from({ length: 4 * experts }, (_, i) => [layout.x, layout.z][i % 4]?.[i >> 2] ?? 0), experts, 1),
    hits: createTable(glow.hits, experts, layers),
    pulses: createTable(glow.pulses, layers, 1),
    slots: createTable(slots.table, 2, slots.count),
    scores: createTable(slots.scores, slots.width, slots.fans),
    choices: createTable(slots.choices, topK, slots.count),
    flights: createTable(rows, MOST, 1),
  };
  shapeUniforms(uniforms, layout);
  uniforms.places.value = tables.places.texture;
  uniforms.hits.value = tables.hits.texture;
  uniforms.pulses.value = tables.pulses.texture;

  const backdrop = createBackdrop(uniforms);
  const beams = createBeams(uniforms, layout, { topK, fans: slots.fans, count: slots.count }, {
    slots: tables.slots.texture, scores: tables.scores.texture, choices: tables.choices.texture,
  });
  const tokens = createTokens(uniforms, tables.flights.texture);
  const objects = [
    backdrop.object, createTowers(uniforms, layout), createPlanes(uniforms, layout),
    createTrail(uniforms, layout, [heightOf(layout, -1), heightOf(layout, layers)]),
    beams.object, createHalos(uniforms, layout), tokens.object,
  ];
  const scene = new Scene();
  scene.matrixWorldAutoUpdate = false;
  scene.add(...objects);

  /** @type {Frame | null} */ let frame = null; // the one that the front calls back for
  let path = /** @type {number | null} */ (null);
  const front = createFront({
    reset() { glow.reset(); slots.reset(); },
    arrive(token, layer) {
      if (!frame) return;
      glow.pulse(frame.timeline, token, layer);
      tables.pulses.send(0, layer, 1);
      slots.arrive(frame.trace, frame.timeline, frame.time, token, layer);
    },
    fire(token, layer) { if (frame) glow.fire(frame.trace, frame.timeline, token, layer); },
  });

  let middle = [0, 0, 1, 1]; // of the free area, and half its size
  /** For a picture with so many more pixels than the canvas. */
  function aimBackdrop(/** @type {number} */ scale) {
    backdrop.own.middle.value = middle.map((v) => v * scale);
  }

  function send() {
    glow.dirty.drain((row, from, count) => tables.hits.send(row, from, count));
    slots.dirty.drain((slot) => {
      tables.slots.send(slot, 0, 2);
      tables.choices.send(slot, 0, topK);
      if (slot < slots.fans) tables.scores.send(slot, 0, slots.width);
    });
  }

  return {
    layout, scene, aimBackdrop, backdrop: backdrop.object,
    update(/** @type {Frame} */ next, /** @type {Shot} */ shot, /** @type {{width: number, height: number, ratio: number}} */ size) {
      frame = next;
      front.advance(frame.trace, frame.timeline, frame.time);
      slots.expire(frame.time);
      if (frame.path !== path) glow.setPath(pathOf(frame.trace, path = frame.path));
      send();
      const count = placeTokens(rows, layout, frame);
      if (count) tables.flights.send(0, 0, count);
      tokens.show(count);
      beams.show(slots.used());
      const all = frame.timeline.mode === 'all';
      uniforms.time.value = frame.time;
      uniforms.together.value = all ? Math.max(1, frame.timeline.tokens) : 1;
      uniforms.routed.value = glow.routed();
      uniforms.path.value = frame.path === null ? 0 : 1;
      shotUniforms(uniforms, shot, size);
      const { left, top, width, height } = shot;
      middle = [left + width / 2, size.height - top - height / 2, width / 2, height / 2].map((v) => v * size.ratio);
      aimBackdrop(1);
    },
    resend() { for (const table of Object.values(tables)) table.resend(); },
    spent: () => Object.values(tables).reduce((sum, table) => sum + table.spent(), 0),
    dispose() {
      for (const table of Object.values(tables)) table.dispose();
      for (const object of objects) { object.geometry.dispose(); /** @type {import('three').Material} */ (object.material).dispose(); }
    },
  };

  function shotUniforms(/** @type {Uniforms} */ u, /** @type {Shot} */ shot, /** @type {{width: number, height: number, ratio: number}} */ size) {
    const { right, up, back } = axes(shot);
    const [r, t, b] = KEY;
    u.key.value.set(r * right[0] + t * up[0] + b * back[0], r * right[1] + t * up[1] + b * back[1], r * right[2] + t * up[2] + b * back[2]);
    u.fog.value.set(shot.distance - layout.outer, shot.distance + layout.outer * 1.15);
    u.focus.value.set(shot.layer, shot.focus);
    u.screen.value.set(size.width * size.ratio, size.height * size.ratio);
    u.pixel.value = (2 * Math.tan(FOV / 2)) / shot.height;
  }
}
