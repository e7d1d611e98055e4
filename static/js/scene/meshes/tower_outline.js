/**
 * The outline of the hovered or selected tower, in front of everything.
 *
 * @import {Uniforms} from "../gpu/materials.js"
 */

import { createMesh } from "../gpu/geometry.js";
import { createMaterial } from "../gpu/materials.js";

const SEGMENTS = 48;
const WIDE = 1.6; // CSS pixels

const VERTEX = /* glsl */ `
uniform vec2 marked; /* layer, expert */
out float side;

/* A point of one of the two circles, clear of the tower. */
vec3 around(vec3 centre, int step, bool high, float radius) {
  float angle = 6.28318531 * float(step) / ${SEGMENTS}.0;
  return centre + vec3(sin(angle) * radius, high ? 0.04 * tower.x : -heightOf(int(marked.x), int(marked.y)), cos(angle) * radius);
}

void main() {
  int vertex = int(serial), circle = vertex / ${2 * SEGMENTS}, step = (vertex % ${2 * SEGMENTS}) / 2;
  side = float(vertex & 1) * 2.0 - 1.0;
  vec3 centre = topOf(int(marked.x), int(marked.y));
  float depth = -(viewMatrix * vec4(centre, 1.0)).z;
  float radius = max(tower.x * 1.28, tower.x + 3.0 * pixel * depth);
  vec3 at = around(centre, step, circle == 1, radius), next = around(centre, step + 1, circle == 1, radius);
  vec4 a = projectionMatrix * viewMatrix * vec4(at, 1.0), b = projectionMatrix * viewMatrix * vec4(next, 1.0);
  vec2 along = (b.xy / b.w - a.xy / a.w) * screen;
  vec2 across = normalize(vec2(-along.y, along.x) + vec2(1e-5, 0.0));
  float wide = ${WIDE} * (circle == 1 ? 1.0 : 0.7) * ratio;
  gl_Position = a + vec4(across * side * wide / screen * a.w, 0.0, 0.0);
}`;

const FRAGMENT = /* glsl */ `
in float side;
void main() {
  float cover = clamp((1.0 - abs(side)) * 2.2, 0.0, 1.0);
  colour = vec4(BRIGHT * cover, cover);
}`;

/** Returns the index of two closed bands of quads. @returns {Uint32Array} */
export function bandIndex() {
  const index = [];
  for (let circle = 0; circle < 2; circle++) {
    for (let i = 0; i < SEGMENTS; i++) {
      const [a, b] = [i, (i + 1) % SEGMENTS].map((step) => 2 * (circle * SEGMENTS + step));
      index.push(a, b, a + 1, a + 1, b, b + 1);
    }
  }
  return Uint32Array.from(index);
}

/** @param {Uniforms} uniforms */
export function createOutline(uniforms) {
  const own = { marked: { value: [0, 0] } };
  const material = createMaterial(uniforms, { vertex: VERTEX, fragment: FRAGMENT, own, blend: "over" });
  const object = createMesh(4 * SEGMENTS, bandIndex(), material);
  return {
    object,
    /** @param {{layer: number, expert: number} | null} tower */
    show(tower) {
      object.visible = tower !== null;
      if (tower) own.marked.value = [tower.layer, tower.expert];
    },
  };
}
