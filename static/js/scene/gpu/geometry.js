/**
 * Merged geometry: one buffer of serial numbers and an index. The shader computes the positions.
 *
 * @import {Material} from "three"
 */

import { BufferAttribute, BufferGeometry, Mesh } from "three";

/** Serial numbers are floats in the shader, exact up to this number. */
const MOST = 2 ** 24;

/**
 * Returns a mesh of `vertices` numbered vertices. Throws a RangeError if the numbers would not be exact.
 * @param {number} vertices
 * @param {Uint32Array} index
 * @param {Material} material
 */
export function createMesh(vertices, index, material) {
  if (vertices > MOST)
    throw new RangeError(`mesh: found ${vertices} vertices, expected at most ${MOST}; draw fewer sides`);
  const geometry = new BufferGeometry();
  geometry.setAttribute("serial", new BufferAttribute(serials(vertices), 1));
  geometry.setIndex(new BufferAttribute(index, 1));
  const mesh = new Mesh(geometry, material);
  mesh.frustumCulled = false; // only the shader knows its bounds
  mesh.matrixAutoUpdate = false;
  return mesh;
}

/** Returns 0, 1, 2 ...; a plain loop for speed, because there are up to 250,000 vertices. */
function serials(/** @type {number} */ count) {
  const numbers = new Float32Array(count);
  for (let i = 0; i < count; i++) numbers[i] = i;
  return numbers;
}

/** Returns the same geometry with another material. */
export function createTwin(/** @type {Mesh} */ mesh, /** @type {Material} */ material) {
  const twin = new Mesh(mesh.geometry, material);
  twin.frustumCulled = twin.matrixAutoUpdate = false;
  return twin;
}

/** Returns the index of `count` quads whose corners are numbered 4 i + (0, 1, 2, 3). @returns {Uint32Array} */
export function quadIndex(/** @type {number} */ count) {
  const index = new Uint32Array(6 * count);
  for (let corner = 0, at = 0; at < index.length; corner += 4, at += 6) {
    index[at] = corner;
    index[at + 1] = index[at + 4] = corner + 1;
    index[at + 2] = index[at + 3] = corner + 2;
    index[at + 5] = corner + 3;
  }
  return index;
}

/** Returns a mesh of quads; in the shader `int(serial) / 4` is the quad and QUAD gives its corner. */
export function createQuads(/** @type {number} */ count, /** @type {Material} */ material) {
  return createMesh(4 * count, quadIndex(count), material);
}

/** GLSL: the number of the quad and its corner, from -1 to 1 both ways. */
export const QUAD = /* glsl */ `
  int quad = int(serial) / 4;
  int turn = int(serial) - 4 * quad;
  vec2 corner = vec2(turn & 1, turn >> 1) * 2.0 - 1.0;
`;

/**
 * Returns the index of `count` prisms of `sides` sides. Vertices are numbered ring by ring from the foot. A cap closes
 * the last ring; the foot is open.
 * @param {number} count
 * @param {number} sides
 * @param {number} rings
 * @returns {Uint32Array}
 */
export function prismIndex(count, sides, rings) {
  const one = onePrism(sides, rings);
  const index = new Uint32Array(count * one.length);
  const vertices = sides * rings;
  for (let prism = 0, at = 0; prism < count; prism++) {
    for (let i = 0; i < one.length; i++) index[at++] = one[i] + prism * vertices;
  }
  return index;
}

/** @returns {number[]} */
function onePrism(/** @type {number} */ sides, /** @type {number} */ rings) {
  const one = [];
  for (let ring = 0; ring + 1 < rings; ring++) {
    for (let side = 0; side < sides; side++) {
      const [a, b] = [ring * sides + side, ring * sides + ((side + 1) % sides)];
      one.push(a, b, a + sides, a + sides, b, b + sides);
    }
  }
  const top = (rings - 1) * sides;
  for (let side = 1; side + 1 < sides; side++) one.push(top, top + side, top + side + 1);
  return one;
}
