/**
 * The labels of a frame, in order of priority and with their strength: the followed token, then layers, then the other
 * tokens by distance from it. Pure.
 *
 * @import {Box} from "../gpu/text_atlas.js"
 * @import {LabelInput} from "../meshes/labels.js"
 * @import {Label} from "./wording.js"
 * @import {Rect, Wanted} from "./places.js"
 */

import { isFolded, isNarrow } from "../camera/framing.js";
import {
  aroundRing,
  besideRing,
  besideCluster,
  besideToken,
  FEW,
  footOf,
  isLabelled,
  NEXT,
  onLowestRing,
  seen,
  spanOf,
  labelInterval,
} from "./wording.js";
import { levelOf } from "../layout/layout.js";
import { plateHeight } from "../layout/layer_heights.js";

/**
 * A label that is drawn if it finds a place.
 * @typedef {Wanted & {row: number, tone: number, strength: number, ink: number}} Choice
 *   row of its word in the atlas; 0 dim to 1 bright; 0 to 1; 0 plain, -1 a token's gold, else a group and 1
 */

/** Strength of the other labels in a crowd, so that the followed token is seen at once. */
const BESIDE_FOLLOWED = 0.6;
const LEAST = 4; // CSS pixels to the edges of the free area
const PARTICLE = 6; // CSS pixels at the usual text size

const smooth = (/** @type {number} */ low, /** @type {number} */ high, /** @type {number} */ x) => {
  const share = Math.min(1, Math.max(0, (x - low) / (high - low)));
  return share * share * (3 - 2 * share);
};

/**
 * @param {readonly Label[]} named   whose words come first in the atlas, before those of the tokens
 * @param {readonly Box[]} boxes     of all words, device pixels
 * @param {LabelInput} now
 * @returns {Choice[]}
 */
export function rankedLabels(named, boxes, now) {
  const tokens = tokensOf(named.length, boxes, now);
  const fixed = named.flatMap((label, row) => fixedOf(label, row, sizeOf(boxes[row], now), now));
  return [...tokens.slice(0, 1), ...fixed, ...tokens.slice(1)];
}

/** Returns where the particles of a few tokens are that fly at once, so that no label lies on one. @param {LabelInput} now @returns {Rect[]} */
export function particlesOf({ flights, count, together, shot }) {
  if (!together || count > FEW) return [];
  const size = PARTICLE * shot.text;
  return Array.from({ length: count }, (_, i) => {
    const [x, y] = seen([...flights.subarray(4 * i, 4 * i + 3)], shot);
    return { x: x - size / 2, y: y - size / 2, width: size, height: size };
  });
}

/** Returns how many lines a label may move: never further than half the way to the next ring, as it would name its token. */
const linesOf = (/** @type {number} */ room, /** @type {number} */ height) =>
  Math.max(1, Math.min(3, Math.round(room / (2 * height)) + 1));

/** Returns the rectangle around others. @param {readonly Rect[]} rects @returns {Rect} */
function around(rects) {
  const x = Math.min(...rects.map((rect) => rect.x));
  const y = Math.min(...rects.map((rect) => rect.y));
  const width = Math.max(...rects.map((rect) => rect.x + rect.width)) - x;
  const height = Math.max(...rects.map((rect) => rect.y + rect.height)) - y;
  return { x, y, width, height };
}

/** @param {Box} box @param {LabelInput} now */
function sizeOf({ width, height }, { canvas }) {
  return { width: width / canvas.ratio, height: height / canvas.ratio };
}

/** @param {number} first @param {readonly Box[]} boxes @param {LabelInput} now @returns {Choice[]} */
function tokensOf(first, boxes, now) {
  const { flights, count, together, followed, shot, hero, groups } = now;
  const [low, high] = spanOf(now.goal);
  const all = Array.from({ length: count }, (_, i) => ({
    at: 4 * i,
    token: Math.floor(flights[4 * i + 3] / 32),
  }));
  const many = together && all.length > FEW;
  const kept = many ? all.filter(({ token }) => token === followed) : all;
  const cluster = together && !many ? around(particlesOf(now)) : null;
  kept.sort((a, b) => Math.abs(a.token - followed) - Math.abs(b.token - followed) || a.token - b.token);
  return kept.slice(0, all.length > FEW ? NEXT : FEW).flatMap(({ at, token }) => {
    const point = flights.subarray(at, at + 3);
    const within = point[1] >= low && point[1] <= high ? 1 : shot.focus;
    const rank = token === followed || all.length <= FEW ? 1 : BESIDE_FOLLOWED;
    const strength = rank * within * (token === hero ? 1 : 1 - smooth(0, 0.5, shot.close));
    if (strength < 0.01 || !boxes[first + token]) return [];
    const size = sizeOf(boxes[first + token], now);
    const places = cluster
      ? besideCluster(
          cluster,
          { rank: all.filter((other) => other.token < token).length, of: count },
          shot,
          size,
        )
      : besideToken([...point], shot, size, together ? 7 : linesOf(now.room, size.height));
    const ink = groups?.[token] ? groups[token] : -1;
    return [{ ...size, places, row: first + token, tone: token === followed ? 0.5 : 0, strength, ink }];
  });
}

/** @param {Label} label @param {number} row @param {{width: number, height: number}} size @param {LabelInput} now @returns {Choice[]} */
function fixedOf(label, row, size, now) {
  const { shot, layout } = now;
  if (!label.word) return [];
  if (label.kind === "expert") return expertOf(label, row, size, now);
  const flat = (1 - shot.focus) * (1 - shot.close);
  if (flat < 0.01) return [];
  if (label.kind === "attention") return attentionOf(row, size, now, flat);
  if (label.kind === "bunch") {
    const height = label.slab < 0 ? levelOf(layout, label.layer) : layout.slabs[3 * label.slab];
    const [[x, y]] = besideRing(layout, height, shot, size);
    const places = [0, -0.5, 0.5, -1, 1].map((lines) => /** @type {const} */ ([x, y + lines * size.height]));
    return [{ ...size, places, row, tone: 0, strength: 0.7 * flat, ink: 0 }];
  }
  const every = labelInterval(now.room / shot.text, isNarrow(shot));
  if (
    layout.open[label.layer] < 0.5 ||
    !isLabelled(label.layer, layout.layers, every, isFolded(layout) ? now.looked : -1)
  )
    return [];
  const pulse = now.pulse(label.layer);
  const places = besideRing(layout, layout.levels[label.layer], shot, size);
  return [{ ...size, places, row, tone: 0.8 * pulse, strength: (0.66 + 0.34 * pulse) * flat, ink: 0 }];
}

/** @param {Label} label @param {number} row @param {{width: number, height: number}} size @param {LabelInput} now @returns {Choice[]} */
function expertOf({ expert }, row, size, { shot, layout }) {
  const strength = Math.max(shot.focus ** 2, smooth(0.6, 1, shot.close));
  if (strength < 0.01) return [];
  const layer = shot.close > 0 ? 0 : Math.round(shot.layer);
  const places = aroundRing(layout, layer, expert, shot, size);
  return [{ ...size, places, row, tone: shot.close, strength, ink: 0 }];
}

/** Labels one plate if rings are well apart: beside the stack, or without room the lowest one, below the stack at its right end. @param {number} row @param {{width: number, height: number}} size @param {LabelInput} now @param {number} flat @returns {Choice[]} */
function attentionOf(row, size, { shot, layout, room }, flat) {
  const narrow = isNarrow(shot);
  const layer = layout.open.indexOf(1) + (narrow ? 0 : 1);
  if (layer >= layout.layers || layout.open[layer] < 0.9) return [];
  const strength = 0.75 * flat * smooth(29, 31, room / shot.text);
  if (strength < 0.01) return [];
  const height = plateHeight(layout, layer);
  const [x] = seen([0, height, 0], shot);
  const [[left, beside]] = besideRing(layout, height, shot, size);
  const edge = [shot.left + shot.width, shot.top + shot.height];
  const below = Math.min(footOf(layout, layer, shot), edge[1] - size.height - LEAST);
  const place = narrow
    ? /** @type {const} */ ([edge[0] - size.width - 2 * LEAST, below])
    : /** @type {const} */ ([2 * x - left - size.width, beside]);
  if (narrow && onLowestRing(place, layout, shot)) return [];
  return [{ ...size, places: [place], row, tone: 0, strength, ink: 0 }];
}
