/**
 * Layers without experts: one feed-forward network that every token passes, drawn as a plain disc.
 *
 * @import {Uniforms} from "../gpu/materials.js"
 * @import {Layout} from "../layout/layout.js"
 * @import {DataTexture} from "three"
 */

import { createMesh, prismIndex } from "../gpu/geometry.js";
import { createMaterial } from "../gpu/materials.js";
import { turned } from "../layout/layout.js";

const SIDES = 72;
const RINGS = 2;

const VERTEX = /* glsl */ `
uniform sampler2D slabs; /* height of the middle, thickness, the MoE layer above */
uniform vec2 radii;      /* of those below and above all rings, of those between */
out vec3 local;
flat out vec3 state;     /* fade, pulse, thickness in radii */

void main() {
  int id = int(serial) / ${SIDES * RINGS}, vertex = int(serial) - id * ${SIDES * RINGS};
  vec4 slab = texelFetch(slabs, ivec2(id, 0), 0);
  int layer = int(slab.z), side = vertex % ${SIDES};
  bool top = vertex >= ${SIDES};
  float radius = slab.w > 0.5 ? radii.y : radii.x, angle = 6.28318531 * float(side) / ${SIDES}.0;
  local = vec3(sin(angle), top ? 1.0 : 0.0, cos(angle));
  state = vec3(layerFade(layer) * (1.0 - focus.y), pulse(layer), slab.y / radius);
  vec3 world = vec3(local.x * radius, slab.x + (local.y - 0.5) * slab.y, local.z * radius);
  gl_Position = state.x < 0.01 ? NOWHERE : projectionMatrix * viewMatrix * vec4(world, 1.0);
}`;

const FRAGMENT = /* glsl */ `
in vec3 local;
flat in vec3 state;

void main() {
  float r = length(local.xz);
  bool cap = local.y > 0.999;
  vec3 n = cap ? vec3(0.0, 1.0, 0.0) : vec3(local.x, 0.0, local.z) / max(r, 1e-3);
  float diffuse = 0.5 + 0.5 * dot(n, key);
  diffuse = mix(diffuse, 1.0 - diffuse, paper);
  vec3 body = cap ? mix(FOOT, BRICK, 0.15 + 0.5 * r * r) * (0.5 + 0.5 * diffuse) : BRICK * (0.35 + 0.7 * diffuse);
  if (cap) body += EDGE * 0.3 * smoothstep(0.975, 0.99, r);
  else body += EDGE * 0.3 * smoothstep(0.7, 1.0, local.y);
  body += mix(EMBER, HOT, 0.5) * state.y * (cap ? 0.5 * exp(-5.0 * r * r) + 0.1 : 0.3);
  colour = vec4(mix(mix(NIGHT, DUSK, 0.5), body, state.x) + grain(gl_FragCoord.xy), 1.0);
}`;

/**
 * @param {Uniforms} uniforms
 * @param {Layout} layout
 * @param {{texture: DataTexture}} slabs
 */
export function createSlabs(uniforms, { dense, outer, inner }, { texture }) {
  const own = { slabs: { value: texture }, radii: { value: [0.94 * outer, 0.72 * inner] } };
  const material = createMaterial(uniforms, { vertex: VERTEX, fragment: FRAGMENT, own });
  return createMesh(dense.length * SIDES * RINGS, prismIndex(dense.length, SIDES, RINGS), material);
}

/** Writes the table of slabs, [D, 4]: `layout.slabs`, and 1 for a slab between two rings. */
export function writeSlabs(/** @type {Float32Array} */ rows, /** @type {Layout} */ { slabs, dense, layers }) {
  dense.forEach((before, i) => {
    rows.set(slabs.subarray(3 * i, 3 * i + 3), 4 * i);
    rows[4 * i + 3] = before > 0 && before < layers ? 1 : 0;
  });
}

/**
 * Writes the table of levels, [L, 4]: height of each router plane, how far the layer is open, sine and cosine of its
 * rotation.
 */
export function writeLevels(/** @type {Float32Array} */ rows, /** @type {Layout} */ { levels, open }) {
  for (let layer = 0; layer < levels.length; layer++)
    rows.set([levels[layer], open[layer], ...turned(layer, 0, 1)], 4 * layer);
}
