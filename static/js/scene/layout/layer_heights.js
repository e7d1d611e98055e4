/**
 * Heights of the layers: open ones a pitch apart, folded ones thin and close together. Pure.
 *
 *
 * @typedef {object} Levels
 * @property {Float32Array} levels  [L] height of each router plane
 * @property {Float32Array} open    [L] 1, or the share of its height that a folded layer keeps
 * @property {Float32Array} slabs   [D, 3] layers without experts: height of the middle, thickness, the MoE layer above
 * @property {number} pitch         from one open router plane to the next
 * @property {number} towerHeight   height of a tower of an open layer
 * @property {number} drop          from an open router plane down to the tops of its towers, to which beams run
 * @property {number} entry         from the point where tokens enter up to the first plane, and from the last to the exit
 *
 * @import {Fold} from "../../view/layers.js"
 */

const THIN = 0.16; // largest share of its height that a folded layer keeps
const FOLDED = 0.11; // height of all folded layers together, as a share of the width of a ring: at most
const SLAB = { thick: 0.1, apart: 0.3 }; // of a pitch
const ALONE = 0.1; // least pitch of slabs below and above all rings, as a share of the radius of a ring

/**
 * @param {number} layers
 * @param {{outer: number, towerRadius: number}} ring
 * @param {number[]} dense   [D] how many MoE layers are below each layer without experts, ascending
 * @param {Fold | null} fold
 * @returns {Levels}
 */
export function levelsOf(layers, { outer, towerRadius }, dense, fold) {
  const folded = layers - (fold ? fold.last - fold.first + 1 : layers);
  const pitch = pitchOf(layers - folded, outer);
  const thin = folded ? Math.min(THIN, (2 * FOLDED * outer) / folded / pitch) : 1;
  const open = Float32Array.from({ length: layers }, (_, layer) =>
    fold && (layer < fold.first || layer > fold.last) ? thin : 1,
  );
  const levels = new Float32Array(layers);
  for (let layer = 1; layer < layers; layer++) levels[layer] = levels[layer - 1] + pitch * open[layer];
  const middle = levels[layers - 1] / 2;
  const towerHeight = Math.min(0.44 * pitch, 0.34 + 2.2 * towerRadius);
  const drop = 0.16 * pitch;
  const sizes = { levels: levels.map((level) => level - middle), open, pitch, towerHeight, drop };
  const alone = Math.max(pitch, ALONE * outer);
  const below = dense.filter((before) => before === 0).length;
  const room = below ? (towerHeight + drop) * open[0] + (below + 1) * SLAB.apart * alone : 0;
  const entry = Math.max(pitch, 0.07 * pitch * (layers - folded), room);
  return { ...sizes, entry, slabs: slabsOf(sizes, dense, alone) };
}

/**
 * Returns the distance between planes. It is smaller for tall stacks, which stay within 1.5 times their width.
 */
function pitchOf(/** @type {number} */ layers, /** @type {number} */ outer) {
  const open = 1.42 * Math.sqrt(6 / Math.max(layers, 5));
  return Math.min(open, (3 * outer) / Math.max(1, layers - 1));
}

/**
 * Returns the slabs of dense layers. They share the space between a plane and the feet of the towers above it. Below the
 * first towers and above the last plane their distance is fixed.
 * @param {Omit<Levels, "slabs" | "entry">} sizes
 * @param {number[]} dense
 * @param {number} alone   the pitch of slabs outside the rings
 */
function slabsOf({ levels, open, pitch, towerHeight, drop }, dense, alone) {
  const slabs = new Float32Array(3 * dense.length);
  const count = /** @type {Map<number, number>} */ (new Map());
  for (const before of dense) count.set(before, (count.get(before) ?? 0) + 1);
  const placed = /** @type {Map<number, number>} */ (new Map());
  dense.forEach((before, i) => {
    const nth = placed.get(before) ?? 0;
    placed.set(before, nth + 1);
    const of = count.get(before) ?? 1;
    const layer = Math.min(before, levels.length - 1);
    const share = open[layer];
    const foot = levels[layer] - (towerHeight + drop) * share;
    const apartOf = before === 0 || before === levels.length;
    const free = apartOf ? (of + 1) * SLAB.apart * alone : foot - levels[layer - 1];
    const low = before === 0 ? foot - free : levels[before - 1];
    const apart = free / (of + 1);
    slabs.set(
      [low + apart * (nth + 1), Math.min(SLAB.thick * (apartOf ? alone : pitch * share), 0.5 * apart), layer],
      3 * i,
    );
  });
  return slabs;
}

/** Returns the height of the plate below a layer: half way from the plane below to the feet of its towers. @param {Levels} levels @param {number} layer */
export function plateHeight({ levels, open, pitch, towerHeight, drop }, layer) {
  return levels[layer] - 0.5 * open[layer] * (pitch + towerHeight + drop);
}

/**
 * Interpolates between two levels of the same shape.
 * @template {Levels} L
 * @param {L} from
 * @param {L} to
 * @param {number} share  0 to 1
 * @returns {L}
 */
export function between(from, to, share) {
  const mix = (/** @type {number} */ a, /** @type {number} */ b) => a + (b - a) * share;
  const rows = (/** @type {"levels" | "open" | "slabs"} */ name) =>
    to[name].map((value, i) => mix(from[name][i], value));
  return {
    ...to,
    levels: rows("levels"),
    open: rows("open"),
    slabs: rows("slabs"),
    pitch: mix(from.pitch, to.pitch),
    towerHeight: mix(from.towerHeight, to.towerHeight),
    drop: mix(from.drop, to.drop),
    entry: mix(from.entry, to.entry),
  };
}
