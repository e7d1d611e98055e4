/**
 * Labels: the number of each layer beside its ring, and from above the ids of the experts around it. Thinned out where they would
 * stand too close.
 *
 * @import { Layout } from '../layout.js'
 * @import { Uniforms } from './shader.js'
 */
import { createAtlas } from './atlas.js';
import { NARROW } from './framing.js';
import { createQuads, QUAD } from './mesh.js';
import { createMaterial } from './shader.js';
import { createTable } from './table.js';

const SIZE = 11; // CSS pixels
const CLOSEST = 22; // CSS pixels between the labels of two layers
const AROUND = 32; // experts that are named around a ring

const VERTEX = /* glsl */ `
uniform sampler2D labels; /* two texels a label: box in the atlas; layer, expert or -1 */
uniform vec3 right;       /* of the camera */
uniform float every;
flat out vec2 corner0;
out vec2 inBox;
flat out vec4 ink;

/* Layers that are named: every fifth, say, the first, and the last unless it stands too close to one before. */
bool named(float layer) {
  float number = layer + 1.0, over = mod(number, every);
  return over < 0.5 || layer < 0.5 || (number > shape.x - 0.5 && over > 0.5 * every);
}

void main() {
  ${QUAD}
  vec4 box = texelFetch(labels, ivec2(0, quad), 0), what = texelFetch(labels, ivec2(1, quad), 0);
  bool expert = what.y > -0.5;
  vec3 anchor = vec3(0.0, level(int(what.x)), 0.0) - right * outer * 1.06;
  vec2 nudge = vec2(-14.0 * ratio - box.z, -0.5 * box.w), towards = vec2(0.0);
  float strength = named(what.x) ? (0.6 + 0.3 * pulse(int(what.x))) * (1.0 - focus.y) : 0.0;
  if (expert) {
    vec2 place = texelFetch(places, ivec2(int(what.y), 0), 0).xy;
    anchor = vec3(0.0, focus.x * pitch - 0.5 * (shape.x - 1.0) * pitch, 0.0) + normalize(vec3(place.x, 0.0, place.y)) * outer * 1.06;
    nudge = -0.5 * box.zw;
    vec4 axis = projectionMatrix * viewMatrix * vec4(0.0, anchor.y, 0.0, 1.0), edge = projectionMatrix * viewMatrix * vec4(anchor, 1.0);
    towards = normalize((edge.xy / edge.w - axis.xy / axis.w) * screen + vec2(1e-4)) * 15.0 * ratio;
    strength = focus.y * focus.y;
  }
  vec4 clip = projectionMatrix * viewMatrix * vec4(anchor, 1.0);
  vec2 at = (clip.xy / clip.w * 0.5 + 0.5) * screen + towards;
  vec2 low = floor(at + nudge + 0.5); /* whole pixels keep letters crisp */
  inBox = (corner * 0.5 + 0.5) * box.zw;
  corner0 = box.xy + vec2(0.0, box.w);
  ink = vec4(mix(TEXT, BRIGHT, expert ? 0.2 : 0.8 * pulse(int(what.x))), strength);
  gl_Position = strength < 0.01 ? NOWHERE : vec4((low + inBox) / screen * 2.0 - 1.0, 0.0, 1.0);
}`;

const FRAGMENT = /* glsl */ `
uniform sampler2D atlas;
flat in vec2 corner0;
in vec2 inBox;
flat in vec4 ink;

void main() {
  float cover = texelFetch(atlas, ivec2(corner0 + vec2(inBox.x, -inBox.y)), 0).a * ink.a;
  colour = vec4(ink.rgb * cover, cover);
}`;

/** Every which layer is named when layers stand so many CSS pixels apart. */
export function thinning(/** @type {number} */ room) {
  return [1, 5, 10, 20].find((every) => every * room >= CLOSEST) ?? 50;
}

/**
 * What is labelled: layers from 1, as people count, then experts by their ids.
 * @param {{layers: number, experts: number}} shape
 * @param {boolean} brief
 */
export function wordsOf({ layers, experts }, brief) {
  const step = Math.max(1, Math.ceil(experts / AROUND));
  const named = Array.from({ length: Math.ceil(experts / step) }, (_, i) => i * step);
  return [
    ...Array.from({ length: layers }, (_, layer) => ({ word: brief ? `${layer + 1}` : `LAYER ${layer + 1}`, layer, expert: -1 })),
    ...named.map((expert) => ({ word: `${expert}`, layer: 0, expert })),
  ];
}

/**
 * @param {Uniforms} uniforms
 * @param {Layout} layout
 */
export function createLabels(uniforms, layout) {
  const count = wordsOf(layout, true).length;
  const rows = new Float32Array(8 * count);
  const table = createTable(rows, 2, count);
  const own = {
    labels: { value: table.texture }, atlas: { value: /** @type {import('three').Texture | null} */ (null) },
    right: { value: [1, 0, 0] }, every: { value: 1 },
  };
  const object = createQuads(count, createMaterial(uniforms, { vertex: VERTEX, fragment: FRAGMENT, own, blend: 'over' }));
  let made = '';
  let bytes = 0;

  function draw(/** @type {boolean} */ brief, /** @type {number} */ ratio) {
    const words = wordsOf(layout, brief);
    const atlas = createAtlas(words.map(({ word }) => word), { size: SIZE, ratio });
    words.forEach(({ layer, expert }, i) => {
      const { x, y, width, height } = atlas.boxes[i];
      rows.set([x, y, width, height, layer, expert, 0, 0], 8 * i);
    });
    table.resend();
    own.atlas.value?.dispose();
    own.atlas.value = atlas.texture;
    bytes += atlas.bytes;
  }

  return {
    object, table,
    /** Before each frame: the camera's right, the width of the free area in CSS pixels, device pixels a CSS pixel. */
    update(/** @type {number[]} */ right, /** @type {number} */ width, /** @type {number} */ ratio) {
      const now = `${width < NARROW} ${ratio}`;
      if (now !== made) draw(width < NARROW, ratio);
      made = now;
      own.right.value = right;
      own.every.value = thinning(uniforms.room.value);
    },
    spent() {
      const sum = bytes;
      bytes = 0;
      return sum;
    },
    dispose() { own.atlas.value?.dispose(); },
  };
}
