/**
 * The texts and places of labels: the number of each layer beside its ring, folded and dense layers, the text of tokens,
 * and from above the ids of the experts around their ring. Pure.
 *
 * @import {Token} from "../../types.js"
 * @import {Shot} from "../camera/camera.js"
 * @import {Layout} from "../layout/layout.js"
 */

import { shownToken } from "../../words/token_text.js";
import { words } from "../../words/words.js";
import { axes, project } from "../camera/framing.js";
import { levelOf, turned } from "../layout/layout.js";

/** Up to this many tokens in flight all have a label. Of more: the followed one and its neighbours. */
export const FEW = 12;
export const NEXT = 5;
const CLOSEST = { word: 28, number: 15 }; // CSS pixels between the labels of two layers
const AROUND = 32; // experts labelled around a ring
const LONGEST = 18; // characters of a token's label
const MANY = 3; // groups of dense layers that are labelled
const BESIDE = 12; // CSS pixels at the usual text size, from a ring to its number
const CLEAR = 9; // CSS pixels from a particle to its word
const ROUND = 15; // CSS pixels from a ring to the ids around it

/**
 * A label before it has a place.
 * @typedef {object} Label
 * @property {string} word
 * @property {"layer" | "bunch" | "expert" | "attention"} kind
 * @property {number} layer     of a group: its middle
 * @property {number} expert    -1 for none
 * @property {number} slab      -1 for none
 */

/** Returns n if every n-th layer has a label at this distance of layers in CSS pixels. */
export function labelInterval(/** @type {number} */ room, /** @type {boolean} */ brief) {
  const closest = brief ? CLOSEST.number : CLOSEST.word;
  return [1, 2, 5, 10, 20].find((every) => every * room >= closest) ?? 50;
}

/** Returns whether a layer has a label: every n-th (of two the first, so that 1 is among them), the first, and the last unless it is too close to another. In a folded stack those around the current layer count. @param {number} layer @param {number} layers @param {number} every @param {number} [looked] the current layer of a folded stack */
export function isLabelled(layer, layers, every, looked = -1) {
  if (looked >= 0 && every > 1) return (layer - looked) % every === 0;
  const over = (layer + (every === 2 ? 0 : 1)) % every;
  return over === 0 || layer === 0 || (layer === layers - 1 && over > every / 2);
}

/**
 * Returns the labels of layers, counted from 1, then of experts by id.
 * @param {{layers: number, experts: number}} shape
 * @param {boolean} brief
 * @returns {Label[]}
 */
export function labelsOf({ layers, experts }, brief) {
  const step = Math.max(1, Math.ceil(experts / AROUND));
  const named = Array.from({ length: Math.ceil(experts / step) }, (_, i) => i * step);
  return [
    ...Array.from({ length: layers }, (_, layer) => ({
      word: brief ? `${layer + 1}` : words.atLayer(layer + 1).toUpperCase(),
      kind: /** @type {const} */ ("layer"),
      layer,
      expert: -1,
      slab: -1,
    })),
    ...named.map((expert) => ({
      word: `${expert}`,
      kind: /** @type {const} */ ("expert"),
      layer: 0,
      expert,
      slab: -1,
    })),
  ];
}

/**
 * Returns the labels of folded and dense layers, one per group.
 * @param {Pick<Layout, "layers" | "open" | "dense">} layout
 * @param {boolean} brief
 * @returns {Label[]}
 */
export function groupLabels({ layers, open, dense }, brief) {
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
  const bunch = { kind: /** @type {const} */ ("bunch"), expert: -1 };
  return [
    ...folded.map(([low, high]) => ({
      ...bunch,
      word: words.layerRange(low + 1, high + 1),
      layer: (low + high) / 2,
      slab: -1,
    })),
    ...named.map((slabs) => ({
      ...bunch,
      word: brief ? words.denseBrief : words.denseLayers(slabs.length).toUpperCase(),
      layer: 0,
      slab: runs.length > MANY ? slabs.length - 1 : slabs[0],
    })),
  ];
}

/** Returns the text of a token, shortened. @returns {string} */
export function wordOf(/** @type {Token[]} */ tokens, /** @type {number} */ index) {
  const word = shownToken(tokens, index);
  return word.length > LONGEST ? `${word.slice(0, LONGEST - 1)}…` : word;
}

/** Returns the heights between which layers are open; all if none is folded. @returns {[number, number]} */
export function spanOf(/** @type {Layout} */ { layers, levels, open, pitch }) {
  const [first, last] = [open.indexOf(1), open.lastIndexOf(1)];
  const high = last < layers - 1 ? levels[last] + 0.3 * pitch : Infinity;
  return [first > 0 ? levels[first] - 0.7 * pitch : -1e6, Math.min(high, 1e6)];
}

/** Projects a point to CSS pixels of the canvas. @param {number[]} point @param {Shot} shot @returns {[number, number]} */
export function seen(point, shot) {
  const [x, y] = project(point, shot);
  const half = shot.height / 2;
  return [shot.left + shot.width / 2 + x * half, shot.top + half - y * half];
}

/** Returns the places left of a ring. @param {Layout} layout @param {number} height @param {Shot} shot @param {{width: number, height: number}} box @returns {[number, number][]} */
export function besideRing({ outer }, height, shot, { width, height: high }) {
  const { right } = axes(shot);
  const off = -1.06 * outer;
  const [x, y] = seen([off * right[0], height + off * right[1], off * right[2]], shot);
  return [[x - BESIDE * shot.text - width, y - high / 2]];
}

/** Returns where the towers of a layer end below: CSS pixels of the canvas. @param {Layout} layout @param {number} layer @param {Shot} shot */
export function footOf(layout, layer, shot) {
  return frontAt(layout, feetOf(layout, layer), shot)[1];
}

/** @param {Layout} layout @param {number} layer */
function feetOf(layout, layer) {
  return levelOf(layout, layer) - layout.drop - layout.towerHeight;
}

/** Returns the point of a ring that is closest to the camera: CSS pixels of the canvas. @param {Layout} layout @param {number} height @param {Shot} shot */
function frontAt({ outer }, height, shot) {
  const { back } = axes(shot);
  const front = outer / (Math.hypot(back[0], back[2]) || 1);
  return seen([back[0] * front, height, back[2] * front], shot);
}

/** Returns whether a point lies on the lowest ring: a layer's, or that of dense layers below it. @param {readonly [number, number]} point CSS pixels of the canvas @param {Layout} layout @param {Shot} shot */
export function onLowestRing([x, y], layout, shot) {
  const { right } = axes(shot);
  const { outer, slabs } = layout;
  const heights = slabs.filter((_, at) => at % 3 === 0);
  const level = Math.min(feetOf(layout, 0), ...heights);
  const middle = seen([0, level, 0], shot);
  const wide = seen([outer * right[0], level, outer * right[2]], shot)[0] - middle[0];
  const high = frontAt(layout, level, shot)[1] - middle[1];
  return ((x - middle[0]) / wide) ** 2 + ((y - middle[1]) / high) ** 2 < 1;
}

/** Returns the places of the id of an expert outside its ring. @param {Layout} layout @param {number} layer @param {number} expert @param {Shot} shot @param {{width: number, height: number}} box @returns {[number, number][]} */
export function aroundRing(layout, layer, expert, shot, { width, height }) {
  const [x, z] = turned(layer, layout.x[expert], layout.z[expert]);
  const out = (1.06 * layout.outer) / Math.hypot(x, z);
  const level = levelOf(layout, layer);
  const edge = seen([x * out, level, z * out], shot);
  const middle = seen([0, level, 0], shot);
  const away = Math.hypot(edge[0] - middle[0], edge[1] - middle[1]) || 1;
  const at = edge.map((each, i) => each + ((each - middle[i]) / away) * ROUND * shot.text);
  return [[at[0] - width / 2, at[1] - height / 2]];
}

/**
 * Returns the places of a token's text: right or left of the particle, slightly above or below; further away for close
 * tokens.
 * @param {readonly number[]} point
 * @param {Shot} shot
 * @param {{width: number, height: number}} box
 * @param {number} lines   lines up and down that it may move
 * @returns {[number, number][]}
 */
export function besideToken(point, shot, { width, height }, lines) {
  const [x, y] = seen([...point], shot);
  const columns = [x + CLEAR * shot.text, x - CLEAR * shot.text - width];
  const places = /** @type {[number, number][]} */ ([
    [columns[0], y - height],
    [columns[1], y - height],
    [columns[0], y],
    [columns[1], y],
  ]);
  for (let line = 2; line <= lines; line++) {
    for (const column of columns) {
      const out = column > x ? 2 * line : -2 * line;
      places.push([column + out, y - line * height], [column + out, y + (line - 1) * height]);
    }
  }
  return places;
}

/**
 * Returns the places of the text of one of a few tokens that fly together: two columns beside all particles, the first
 * half of the prompt on the left. Its own line comes first, then the free lines above and below.
 * @param {import("./places.js").Rect} cluster  around all particles, CSS pixels
 * @param {{rank: number, of: number}} order     in the prompt, from 0
 * @param {Shot} shot
 * @param {{width: number, height: number}} box
 * @returns {[number, number][]}
 */
export function besideCluster(cluster, { rank, of }, shot, { width, height }) {
  const lines = Math.ceil(of / 2);
  const gap = CLEAR * shot.text;
  const columns = [cluster.x - gap - width, cluster.x + cluster.width + gap];
  const own = rank < lines ? 0 : 1;
  const top = cluster.y + (cluster.height - lines * height) / 2;
  const place = (/** @type {number} */ column, /** @type {number} */ line) =>
    /** @type {[number, number]} */ ([columns[column], top + line * height]);
  const spare = [lines, -1, lines + 1, -2].flatMap((line) => [place(own, line), place(1 - own, line)]);
  return [place(own, rank - own * lines), ...spare];
}
