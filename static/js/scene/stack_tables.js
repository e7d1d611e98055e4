/**
 * The routing so far as arrays and textures: effects write the arrays as events fire, and the changed texels go to the GPU.
 *
 * @import {Frame} from "../types.js"
 * @import {Uniforms} from "./gpu/materials.js"
 * @import {Layout} from "./layout/layout.js"
 */

import { createCursor } from "../playback/events.js";
import { createSlots } from "./effects/beam_slots.js";
import { createCorpusTables, MOST_FLOWS } from "./effects/corpus_tables.js";
import { createGlow } from "./effects/tower_glow.js";
import { createGroups } from "./effects/tower_groups.js";
import { createMarks } from "./effects/tower_marks.js";
import { createTable } from "./gpu/data_texture.js";
import { writeLevels, writeSlabs } from "./meshes/dense_layers.js";
import { MOST } from "./meshes/tokens.js";

/** @typedef {ReturnType<typeof createStackTables>} StackTables */

/** @param {Layout} layout @param {number} topK */
export function createStackTables(layout, topK) {
  const { layers, experts } = layout;
  const glow = createGlow(layers, experts);
  const marks = createMarks(layers, experts);
  const groups = createGroups(layers, experts);
  const slots = createSlots(layout, topK);
  const corpus = createCorpusTables(layers, experts);
  /** [MOST, 4] tokens in flight. */
  const flights = new Float32Array(4 * MOST);
  const textures = createTextures(layout, { glow, marks, groups, slots, corpus }, flights, topK);
  const all = Object.values(textures);

  /** The frame that the cursor calls back for. @type {Frame | null} */
  let frame = null;
  const cursor = createCursor({
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

  return {
    glow,
    slots,
    corpus,
    flights,
    textures,

    /** Writes the events of a frame into the arrays. @param {Frame} next */
    advance(next) {
      frame = next;
      marks.setDevices(frame.devices ?? null);
      marks.setBias(frame.trace.bias);
      cursor.advance(frame.trace, frame.timeline, frame.time);
      slots.expire(frame.time);
    },

    /** Sends the changed texels with the next frame. */
    send() {
      glow.dirty.drain(textures.hits.send);
      glow.pulsing.drain(textures.pulses.send);
      marks.dirty.drain(textures.marks.send);
      groups.dirty.drain(textures.groups.send);
      slots.dirty.drain((slot) => {
        textures.slots.send(slot, 0, 2 + topK);
        if (slot < slots.fans) textures.scores.send(slot, 0, slots.width);
      });
    },

    /** Writes the heights of the layers and of the slabs between them. @param {Layout} moved */
    setLevels(moved) {
      writeLevels(/** @type {Float32Array} */ (textures.levels.array), moved);
      writeSlabs(/** @type {Float32Array} */ (textures.slabs.array), moved);
      textures.levels.resend();
      textures.slabs.resend();
    },

    /** @param {Frame["corpus"]} next @returns {number} flows to draw */
    setCorpus(next) {
      const count = corpus.set(next ?? null);
      textures.heights.resend();
      textures.flows.resend();
      return count;
    },

    /** Bytes sent since the last call. */
    spent: () => all.reduce((sum, texture) => sum + texture.spent(), 0),
    dispose() {
      for (const texture of all) texture.dispose();
    },
  };
}

/** Sets the textures that the materials of all meshes share. @param {Uniforms} uniforms @param {StackTables["textures"]} textures */
export function bindTextures(uniforms, { places, hits, pulses, levels, marks, heights, groups }) {
  uniforms.places.value = places.texture;
  uniforms.hits.value = hits.texture;
  uniforms.pulses.value = pulses.texture;
  uniforms.levels.value = levels.texture;
  uniforms.marks.value = marks.texture;
  uniforms.heights.value = heights.texture;
  uniforms.groups.value = groups.texture;
}

/**
 * @param {Layout} layout
 * @param {object} effects
 * @param {ReturnType<typeof createGlow>} effects.glow
 * @param {ReturnType<typeof createMarks>} effects.marks
 * @param {ReturnType<typeof createGroups>} effects.groups
 * @param {ReturnType<typeof createSlots>} effects.slots
 * @param {ReturnType<typeof createCorpusTables>} effects.corpus
 * @param {Float32Array<ArrayBuffer>} flights
 * @param {number} topK
 */
function createTextures(layout, { glow, marks, groups, slots, corpus }, flights, topK) {
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
    heights: createTable(corpus.heights, experts, layers),
    flows: createTable(corpus.flows, MOST_FLOWS, 1),
    groups: createTable(groups.shares, 2 * experts, layers),
    hits: createTable(glow.hits, experts, layers),
    pulses: createTable(glow.pulses, layers, 1),
    slots: createTable(slots.table, 2 + topK, slots.count),
    scores: createTable(slots.scores, slots.width, slots.fans),
    flights: createTable(flights, MOST, 1),
  };
}
