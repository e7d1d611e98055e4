/**
 * Labels beside the objects that they name, and the overview column of a folded stack. Their places are computed on the
 * CPU, because no label may touch another, a control or a panel.
 *
 * @import {Token} from "../../types.js"
 * @import {Shot} from "../camera/camera.js"
 * @import {Uniforms} from "../gpu/materials.js"
 * @import {Box} from "../gpu/text_atlas.js"
 * @import {Label} from "../labels/wording.js"
 * @import {Rect} from "../labels/places.js"
 * @import {Layout} from "../layout/layout.js"
 * @import {DataTexture, Texture} from "three"
 */

import { words } from "../../words/words.js";
import { isNarrow } from "../camera/framing.js";
import { createTable } from "../gpu/data_texture.js";
import { createQuads, QUAD } from "../gpu/geometry.js";
import { createMaterial } from "../gpu/materials.js";
import { createAtlas } from "../gpu/text_atlas.js";
import { particlesOf, rankedLabels } from "../labels/wanted.js";
import { groupLabels, labelsOf, wordOf } from "../labels/wording.js";
import { placeLabels } from "../labels/places.js";
import { barsOf, columnOf, layerIn } from "../labels/stack_column.js";

const SIZE = 11.5; // CSS pixels at the usual text size
const MOST = 96; // labels shown at most
const BARS = 160; // layers of the overview column at most

const VERTEX = /* glsl */ `
uniform sampler2D labels;  /* [words]: box in the atlas, device pixels */
uniform sampler2D standing; /* one row, two texels each: x, y, width, height in CSS pixels; row of the word, tone, strength, ink */
out vec2 inBox;
flat out vec2 corner0;
flat out vec4 ink;
flat out float solid;

void main() {
  ${QUAD}
  vec4 at = texelFetch(standing, ivec2(2 * quad, 0), 0), how = texelFetch(standing, ivec2(2 * quad + 1, 0), 0);
  if (how.z < 0.01) { gl_Position = NOWHERE; return; }
  solid = step(how.x, -0.5);
  vec4 box = texelFetch(labels, ivec2(0, int(max(how.x, 0.0))), 0);
  vec2 size = solid > 0.5 ? at.zw * ratio : box.zw;
  inBox = (corner * 0.5 + 0.5) * size;
  corner0 = box.xy + vec2(0.0, box.w);
  vec3 own = how.w > 0.5 ? mix(clan(how.w - 1.0), BRIGHT, 0.35) : how.w < -0.5 ? mix(GOLD, BRIGHT, 0.35) : TEXT;
  ink = vec4(mix(own, BRIGHT, how.y), how.z);
  vec2 low = floor(vec2(at.x * ratio, screen.y - at.y * ratio - size.y) + 0.5); /* whole pixels keep letters crisp */
  gl_Position = vec4((low + inBox) / screen * 2.0 - 1.0, 0.0, 1.0);
}`;

const FRAGMENT = /* glsl */ `
uniform sampler2D atlas;
flat in vec2 corner0;
in vec2 inBox;
flat in vec4 ink;
flat in float solid;

void main() {
  if (solid > 0.5) { colour = vec4(ink.rgb, 1.0) * ink.a; return; }
  vec2 cover = texelFetch(atlas, ivec2(corner0 + vec2(inBox.x, -inBox.y)), 0).ra;
  vec3 own = mix(NIGHT, ink.rgb, cover.x / max(cover.y, 1e-3));
  colour = vec4(own, 1.0) * cover.y * mix(0.6, 1.0, cover.x) * ink.a;
}`;

/**
 * The values on which the labels of a frame depend.
 * @typedef {object} LabelInput
 * @property {Shot} shot
 * @property {{width: number, height: number, ratio: number}} canvas
 * @property {readonly Rect[]} covered   parts under panels
 * @property {string} id                 of the trace
 * @property {Token[]} tokens
 * @property {Uint8Array | null} groups  [T] groups that colour the words
 * @property {Float32Array} flights      [count, 4]: x, y, z, token and more, as tokens.js writes it
 * @property {number} count
 * @property {boolean} together          all tokens move at once
 * @property {number} followed           the token that is followed, -1 for none
 * @property {number} looked             the layer of the current event
 * @property {Layout} layout             the current layout
 * @property {Layout} goal               the layout at the end of a move
 * @property {number} hero               the token of the directed shot
 * @property {number} room               CSS pixels from layer to layer
 * @property {(layer: number) => number} pulse   0 to 1
 */

/** The words of the labels as textures, drawn again when they change. @param {Layout} layout */
function createWords(layout) {
  const own = {
    labels: { value: /** @type {DataTexture | null} */ (null) },
    atlas: { value: /** @type {Texture | null} */ (null) },
  };
  /** @type {Label[]} */ let named = []; // followed by the words of the tokens
  /** @type {Box[]} */ let boxes = [];
  let drawn = "";
  let bytes = 0;

  function draw(/** @type {LabelInput} */ { canvas, tokens, goal, shot }, /** @type {boolean} */ brief) {
    named = [...labelsOf(layout, brief), ...groupLabels(goal, brief), attention()];
    const all = [...named.map(({ word }) => word), ...tokens.map((_, index) => wordOf(tokens, index))];
    const atlas = createAtlas(all, { size: SIZE * shot.text, ratio: canvas.ratio });
    boxes = atlas.boxes;
    const table = new Float32Array(4 * all.length);
    boxes.forEach(({ x, y, width, height }, i) => table.set([x, y, width, height], 4 * i));
    dispose();
    own.labels.value = createTable(table, 1, all.length).texture;
    own.atlas.value = atlas.texture;
    bytes += atlas.bytes + table.byteLength;
  }
  function dispose() {
    own.labels.value?.dispose();
    own.atlas.value?.dispose();
  }
  return {
    own,
    named: () => named,
    boxes: () => boxes,
    update(/** @type {LabelInput} */ now) {
      const brief = isNarrow(now.shot);
      const { goal, tokens, canvas, id, shot } = now;
      const open = [goal.open.indexOf(1), goal.open.lastIndexOf(1)];
      const wanted = [brief, canvas.ratio, shot.text, tokens.length, ...open, id].join(" ");
      if (wanted !== drawn) draw(now, brief);
      drawn = wanted;
    },
    /** Returns the bytes sent since the last call. */
    spent() {
      const sum = bytes;
      bytes = 0;
      return sum;
    },
    dispose,
  };
}

/** @param {Uniforms} uniforms @param {Layout} layout */
export function createLabels(uniforms, layout) {
  const texts = createWords(layout);
  const standing = createTable(new Float32Array(8 * (MOST + BARS)), 2 * (MOST + BARS), 1);
  const rows = /** @type {Float32Array} */ (standing.array);
  const own = { ...texts.own, standing: { value: standing.texture } };
  const object = createQuads(
    MOST + BARS,
    createMaterial(uniforms, { vertex: VERTEX, fragment: FRAGMENT, own, blend: "over" }),
  );
  /** @type {{word: string, rect: Rect}[]} */ let shown = [];
  let bars = "";
  /** @type {Rect | null} */ let column = null;

  /** Returns the labels that have a place; labels of the previous frame choose first. */
  function stand(/** @type {LabelInput} */ now) {
    const named = texts.named();
    const wanted = rankedLabels(named, texts.boxes(), now);
    column = columnOf(now.goal, now.shot);
    const { width, height } = now.canvas;
    const covered = [...now.covered, ...(column ? [column] : []), ...particlesOf(now)];
    const places = placeLabels(wanted, covered, { x: 0, y: 0, width, height });
    shown = [];
    rows.fill(0, 0, 8 * MOST);
    wanted.forEach(({ row, tone, strength, ink }, i) => {
      const rect = places[i];
      if (!rect || shown.length === MOST) return;
      rows.set([rect.x, rect.y, rect.width, rect.height, row, tone, strength, ink], 8 * shown.length);
      const word = row < named.length ? named[row].word : wordOf(now.tokens, row - named.length);
      shown.push({ word, rect });
    });
    object.geometry.setDrawRange(0, 6 * (MOST + BARS));
    sendLabels();
  }

  let sent = 0; // labels of the previous frame
  function sendLabels() {
    const count = Math.max(sent, shown.length);
    if (count) standing.send(0, 0, 2 * count);
    sent = shown.length;
  }

  function drawColumn(/** @type {LabelInput} */ now) {
    const wanted = column ? [Object.values(column), now.goal.open.indexOf(1), now.looked].join() : "";
    if (wanted === bars) return;
    bars = wanted;
    rows.fill(0, 8 * MOST);
    if (column) rows.set(barsOf(now.goal, column, now.looked).slice(0, 8 * BARS), 8 * MOST);
    standing.resend();
  }

  return {
    object,
    /** Returns the labels of the last frame, CSS pixels. */
    shown: () => shown,
    /** Called before each frame. */
    update(/** @type {LabelInput} */ now) {
      texts.update(now);
      stand(now);
      drawColumn(now);
    },
    /** Returns the layer at a point of the overview column, CSS pixels. @param {number} x @param {number} y */
    layerAt: (x, y) => layerIn(column, layout.layers, x, y),
    spent: () => texts.spent() + standing.spent(),
    dispose() {
      texts.dispose();
      standing.dispose();
    },
  };
}

/** Returns the label of the attention plate between two rings. @returns {Label} */
function attention() {
  const word = words.attentionPlate.toUpperCase();
  return { word, kind: "attention", layer: 0, expert: -1, slab: -1 };
}
