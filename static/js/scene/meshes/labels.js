/**
 * Labels: the number of each layer beside its ring, the word of each token that flies alone, and from above
 * the ids of the experts around their ring. Thinned out where they would stand too close.
 *
 * @import {Token} from "../../types.js"
 * @import {Uniforms} from "../gpu/materials.js"
 * @import {Layout} from "../layout/layout.js"
 * @import {DataTexture, Texture} from "three"
 */

import { shownToken } from "../../words/token_text.js";
import { words } from "../../words/words.js";
import { NARROW } from "../camera/framing.js";
import { createTable } from "../gpu/data_texture.js";
import { createQuads, QUAD } from "../gpu/geometry.js";
import { createMaterial } from "../gpu/materials.js";
import { createAtlas } from "../gpu/text_atlas.js";

const SIZE = 11.5; // CSS pixels
const CLOSEST = { word: 28, number: 15 }; // CSS pixels between the labels of two layers
const AROUND = 32; // experts that are named around a ring
const FLYING = 32; // tokens whose words are shown
const LONGEST = 18; // characters of a token's word
const MANY = 3; // bunches of layers without experts that are named

const VERTEX = /* glsl */ `
uniform sampler2D labels;  /* two texels a label: box in the atlas; layer, expert or -1, kind, slab; then tokens' words */
uniform sampler2D flights, slabs;
uniform vec3 right;        /* of the camera */
uniform vec3 counts;       /* labels of layers and experts, tokens in flight, words of tokens */
uniform float every;
uniform vec2 span;         /* heights between which layers stand open */
flat out vec2 corner0;
out vec2 inBox;
flat out vec4 ink;

/* Layers that are named: every fifth, say, the first, and the last unless it stands too close to another. */
bool named(float layer) {
  if (opened(int(layer)) < 0.5) return false;
  float number = layer + 1.0, over = mod(number, every);
  return over < 0.5 || layer < 0.5 || (number > shape.x - 0.5 && over > 0.5 * every);
}

/* A point in device pixels from the bottom left. */
vec2 seen(vec3 point) {
  vec4 clip = projectionMatrix * viewMatrix * vec4(point, 1.0);
  return (clip.xy / clip.w * 0.5 + 0.5) * screen;
}

/* Each answers where the lower left corner of its box stands. */
vec2 besideRing(int layer, vec2 box) {
  float strength = (0.66 + 0.34 * pulse(layer)) * (1.0 - focus.y) * (1.0 - near.x);
  ink = vec4(mix(TEXT, BRIGHT, 0.8 * pulse(layer)), named(float(layer)) ? strength : 0.0);
  return seen(vec3(0.0, level(layer), 0.0) - right * outer * 1.06) - vec2(12.0 * ratio + box.x, 0.5 * box.y);
}

/* Of layers that lie folded, and of those without experts. */
vec2 besideBunch(vec4 what, vec2 box) {
  float height = what.z > 1.5 ? texelFetch(slabs, ivec2(int(what.w), 0), 0).x : levelAt(what.x);
  ink = vec4(TEXT, 0.7 * (1.0 - focus.y));
  return seen(vec3(0.0, height, 0.0) - right * outer * 1.06) - vec2(12.0 * ratio + box.x, 0.5 * box.y);
}

vec2 aroundRing(int expert, vec2 box) {
  vec2 place = normalize(placeOf(near.x > 0.0 ? 0 : int(focus.x + 0.5), expert)) * outer * 1.06;
  float height = near.x > 0.0 ? level(0) : levelAt(focus.x);
  vec2 edge = seen(vec3(place.x, height, place.y));
  ink = vec4(mix(TEXT, BRIGHT, near.x), max(focus.y * focus.y, smoothstep(0.6, 1.0, near.x)));
  return edge + normalize(edge - seen(vec3(0.0, height, 0.0)) + vec2(1e-4)) * 15.0 * ratio - 0.5 * box;
}

vec2 besideToken(vec4 flight, vec2 box) {
  float within = step(span.x, flight.y) * step(flight.y, span.y); /* among folded layers words would lie on each other */
  float alone = abs(floor(flight.w / 4.0) - near.y) < 0.5 ? 1.0 : 1.0 - smoothstep(0.0, 0.5, near.x);
  ink = vec4(mix(GOLD, BRIGHT, 0.35), max(within, focus.y) * alone);
  return seen(flight.xyz) + vec2(9.0, 0.0) * ratio; /* above the beams */
}

void main() {
  ${QUAD}
  int fixed0 = int(counts.x), flying = quad - fixed0;
  vec4 flight = texelFetch(flights, ivec2(max(flying, 0), 0), 0);
  int row = flying < 0 ? quad : fixed0 + int(flight.w / 4.0);
  if (flying >= int(counts.y) || row >= fixed0 + int(counts.z)) { gl_Position = NOWHERE; return; }
  vec4 box = texelFetch(labels, ivec2(0, row), 0), what = texelFetch(labels, ivec2(1, row), 0);
  vec2 at = flying >= 0 ? besideToken(flight, box.zw)
    : what.z > 0.5 ? besideBunch(what, box.zw)
    : what.y > -0.5 ? aroundRing(int(what.y), box.zw) : besideRing(int(what.x), box.zw);
  inBox = (corner * 0.5 + 0.5) * box.zw;
  corner0 = box.xy + vec2(0.0, box.w);
  vec2 low = floor(at + 0.5); /* whole pixels keep letters crisp */
  gl_Position = ink.a < 0.01 ? NOWHERE : vec4((low + inBox) / screen * 2.0 - 1.0, 0.0, 1.0);
}`;

const FRAGMENT = /* glsl */ `
uniform sampler2D atlas;
flat in vec2 corner0;
in vec2 inBox;
flat in vec4 ink;

void main() {
  vec2 cover = texelFetch(atlas, ivec2(corner0 + vec2(inBox.x, -inBox.y)), 0).ra;
  vec3 own = mix(NIGHT, ink.rgb, cover.x / max(cover.y, 1e-3));
  colour = vec4(own, 1.0) * cover.y * mix(0.6, 1.0, cover.x) * ink.a;
}`;

/**
 * What the labels of a frame depend on.
 * @typedef {object} Sight
 * @property {number[]} right  of the camera
 * @property {number} width    of the free area, in CSS pixels
 * @property {number} ratio    device pixels a CSS pixel
 * @property {string} id       of the trace
 * @property {Token[]} tokens
 * @property {number} flying   tokens in flight that carry their word
 * @property {Layout} layout   that layers go to
 */

/** Every which layer is named when layers stand so many CSS pixels apart. */
export function thinning(/** @type {number} */ room, /** @type {boolean} */ brief) {
  const closest = brief ? CLOSEST.number : CLOSEST.word;
  return [1, 5, 10, 20].find((every) => every * room >= closest) ?? 50;
}

/**
 * What is labelled: layers from 1, as people count, then experts by their ids.
 * @param {{layers: number, experts: number}} shape
 * @param {boolean} brief
 */
export function labelsOf({ layers, experts }, brief) {
  const step = Math.max(1, Math.ceil(experts / AROUND));
  const named = Array.from({ length: Math.ceil(experts / step) }, (_, i) => i * step);
  return [
    ...Array.from({ length: layers }, (_, layer) => ({
      word: brief ? `${layer + 1}` : words.atLayer(layer + 1).toUpperCase(),
      layer,
      expert: -1,
    })),
    ...named.map((expert) => ({ word: `${expert}`, layer: 0, expert })),
  ];
}

/**
 * What is said of layers that lie folded and of those without experts, each bunch once.
 * @param {Pick<Layout, "layers" | "open" | "dense">} layout
 * @param {boolean} brief
 * @returns {{word: string, layer: number, slab: number}[]}  the middle of the bunch; slab -1 where it has experts
 */
export function bunchesOf({ layers, open, dense }, brief) {
  const first = open.indexOf(1);
  const last = open.lastIndexOf(1);
  const folded = [
    [0, first - 1],
    [last + 1, layers - 1],
  ].filter(([low, high]) => high >= low);
  const runs = [...new Set(dense)].map((before) =>
    dense.flatMap((each, slab) => (each === before ? [slab] : [])),
  );
  const named = runs.length > MANY ? [dense.map((_, slab) => slab)] : runs;
  return [
    ...folded.map(([low, high]) => ({
      word: words.layerRange(low + 1, high + 1),
      layer: (low + high) / 2,
      slab: -1,
    })),
    ...named.map((slabs) => ({
      word: brief ? words.denseBrief : words.denseLayers(slabs.length).toUpperCase(),
      layer: 0,
      slab: runs.length > MANY ? slabs.length - 1 : slabs[0],
    })),
  ];
}

/** The heights between which layers stand open: all, where none is folded. @returns {[number, number]} */
function spanOf(/** @type {Layout} */ { layers, levels, open, pitch }) {
  const [first, last] = [open.indexOf(1), open.lastIndexOf(1)];
  const high = last < layers - 1 ? levels[last] + 0.3 * pitch : Infinity;
  return [first > 0 ? levels[first] - 0.7 * pitch : -1e6, Math.min(high, 1e6)];
}

/** A token's word, short enough to stand beside it. @returns {string} */
export function wordOf(/** @type {Token[]} */ tokens, /** @type {number} */ index) {
  const word = shownToken(tokens, index);
  return word.length > LONGEST ? `${word.slice(0, LONGEST - 1)}…` : word;
}

/**
 * @param {Uniforms} uniforms
 * @param {Layout} layout
 * @param {{flights: {texture: DataTexture}, slabs: {texture: DataTexture}}} tables
 */
export function createLabels(uniforms, layout, { flights, slabs }) {
  let fixed = labelsOf(layout, true).length;
  const own = {
    labels: { value: /** @type {DataTexture | null} */ (null) },
    atlas: { value: /** @type {Texture | null} */ (null) },
    flights: { value: flights.texture },
    slabs: { value: slabs.texture },
    right: { value: [1, 0, 0] },
    counts: { value: [fixed, 0, 0] },
    every: { value: 1 },
    span: { value: [0, 0] },
  };
  const object = createQuads(
    fixed + 2 + MANY + FLYING,
    createMaterial(uniforms, { vertex: VERTEX, fragment: FRAGMENT, own, blend: "over" }),
  );
  let made = "";
  let bytes = 0;

  /** @param {boolean} brief @param {number} ratio @param {Token[]} tokens @param {Layout} goal */
  function write(brief, ratio, tokens, goal) {
    const bunches = bunchesOf(goal, brief).map((bunch) => ({
      ...bunch,
      expert: -1,
      kind: bunch.slab < 0 ? 1 : 2,
    }));
    /** @type {{word: string, layer: number, expert: number, kind?: number, slab?: number}[]} */
    const labels = [
      ...labelsOf(layout, brief),
      ...bunches,
      ...tokens.map((_, index) => ({ word: wordOf(tokens, index), layer: 0, expert: -1 })),
    ];
    fixed = labels.length - tokens.length;
    const atlas = createAtlas(
      labels.map(({ word }) => word),
      { size: SIZE, ratio },
    );
    const rows = new Float32Array(8 * labels.length);
    labels.forEach(({ layer, expert, kind = 0, slab = 0 }, i) => {
      const { x, y, width, height } = atlas.boxes[i];
      rows.set([x, y, width, height, layer, expert, kind, slab], 8 * i);
    });
    free();
    own.labels.value = createTable(rows, 2, labels.length).texture;
    own.atlas.value = atlas.texture;
    bytes += atlas.bytes + rows.byteLength;
  }

  function free() {
    own.labels.value?.dispose();
    own.atlas.value?.dispose();
  }

  return {
    object,
    /** Before each frame. @param {Sight} now */
    update({ right, width, ratio, id, tokens, flying, layout: goal }) {
      const brief = width < NARROW;
      const wanted = `${brief} ${ratio} ${tokens.length} ${goal.open.indexOf(1)} ${goal.open.lastIndexOf(1)} ${id}`;
      if (wanted !== made) write(brief, ratio, tokens, goal);
      made = wanted;
      own.right.value = right;
      own.counts.value = [fixed, Math.min(FLYING, flying), tokens.length];
      own.span.value = spanOf(goal);
      own.every.value = thinning(uniforms.room.value, brief);
    },
    spent() {
      const sum = bytes;
      bytes = 0;
      return sum;
    },
    dispose: free,
  };
}
