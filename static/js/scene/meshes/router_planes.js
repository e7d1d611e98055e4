/**
 * Router planes: a thin disc at each layer. A wave of light runs over it when a token arrives. Its outline makes separate
 * towers read as a ring. Below each layer lies a pale plate for attention, which every token passes before the router.
 *
 * @import {Uniforms} from "../gpu/materials.js"
 * @import {Layout} from "../layout/layout.js"
 */

import { createMesh } from "../gpu/geometry.js";
import { createMaterial } from "../gpu/materials.js";

const SEGMENTS = 96; // of the outline
const BAND = 2 * SEGMENTS; // vertices of an outline
const EACH = BAND + 8; // and the corners of the disc and of the plate below it
// Largest radius of a plate, as a share of the inner radius of the ring and of the distance of layers.
const PLATE_WIDE = { ring: 0.5, pitch: 1.1 };

const VERTEX = /* glsl */ `
uniform float plates;   /* their radius */
out vec2 at;            /* on the disc, in radii of the ring */
flat out vec3 state;    /* fade, pulse, seconds since the pulse */
out float side;         /* across the outline; 2 on the disc, 3 on the plate */

/* A point of the outline: a band of constant width on the screen. */
vec4 outline(int layer, int vertex, float radius) {
  float angle = 6.28318531 * float(vertex / 2) / ${SEGMENTS}.0;
  side = float(vertex & 1) * 2.0 - 1.0;
  vec3 here = vec3(sin(angle), 0.0, cos(angle)) * radius + vec3(0.0, level(layer), 0.0);
  vec3 next = here + vec3(cos(angle), 0.0, -sin(angle)) * 0.05 * radius;
  vec4 a = projectionMatrix * viewMatrix * vec4(here, 1.0);
  vec4 b = projectionMatrix * viewMatrix * vec4(next, 1.0);
  vec2 along = (b.xy / b.w - a.xy / a.w) * screen;
  vec2 across = normalize(vec2(-along.y, along.x) + vec2(1e-5, 0.0));
  at = here.xz / radius;
  return a + vec4(across * side * 1.8 * ratio / screen * a.w, 0.0, 0.0);
}

/* The plate, where layers stand well apart and are seen from the side. */
void plate(int layer, int corner) {
  float strength = opened(layer) * smoothstep(12.0, 34.0, room) * (1.0 - focus.y) * (1.0 - near.x);
  at = vec2(corner & 1, corner >> 1) * 2.0 - 1.0;
  side = 3.0;
  state = vec3(layerFade(layer) * strength, 0.0, 0.0);
  float height = level(layer) - 0.5 * opened(layer) * (pitch + tower.y + tower.z);
  gl_Position = projectionMatrix * viewMatrix * vec4(at.x * plates, height, at.y * plates, 1.0);
}

void main() {
  int layer = int(serial) / ${EACH}, vertex = int(serial) - layer * ${EACH};
  float radius = outer * 1.05;
  if (vertex >= ${BAND + 4}) {
    plate(layer, vertex - ${BAND + 4});
    if (state.x < 0.01) gl_Position = NOWHERE;
    return;
  }
  state = vec3(layerFade(layer), pulse(layer), time - texelFetch(pulses, ivec2(layer, 0), 0).x);
  if (vertex < ${BAND}) {
    gl_Position = outline(layer, vertex, radius);
    state.x *= mix(0.55, 1.0, depthFade(vec3(at.x, 0.0, at.y) * radius + vec3(0.0, level(layer), 0.0)));
  } else {
    int corner = vertex - ${BAND};
    at = vec2(corner & 1, corner >> 1) * 2.0 - 1.0;
    side = 2.0;
    gl_Position = projectionMatrix * viewMatrix * vec4(at.x * radius, level(layer), at.y * radius, 1.0);
    if (state.y < 0.01 || room < 14.0) gl_Position = NOWHERE; /* seen from the side it would only cost */
  }
  if (state.x < 0.01) gl_Position = NOWHERE;
}`;

const FRAGMENT = /* glsl */ `
in vec2 at;
in float side;
flat in vec3 state;

void main() {
  vec3 lit = mix(EMBER, HOT, 0.5) * state.y;
  if (side < 1.5) {
    vec3 line = PLATE * 0.66 * airy(0.05) + lit * 0.5 * airy(0.3);
    colour = vec4(line * (1.0 - side * side) * state.x, 0.0);
    return;
  }
  float square = dot(at, at);
  if (square > 1.0) discard;
  if (side > 2.5) {
    float rim = smoothstep(0.9, 0.97, square) * smoothstep(1.0, 0.985, square);
    colour = vec4(mix(TEXT, BRIGHT, 0.3) * mix(1.0, 0.6, paper) * (0.1 + 0.28 * rim) * state.x, 0.0);
    return;
  }
  float off = sqrt(square) - 1.0 + exp(-4.5 * state.z);
  lit *= (0.24 * exp(-60.0 * off * off) + 0.3 * exp(-9.0 * square)) * airy(0.3);
  colour = vec4(lit * state.x + grain(gl_FragCoord.xy), 0.0);
}`;

/** Returns the index of a closed band and a quad for each layer. @returns {Uint32Array} */
export function planeIndex(/** @type {number} */ layers) {
  const one = /** @type {number[]} */ ([]);
  for (let i = 0; i < SEGMENTS; i++) {
    const [a, b] = [2 * i, 2 * ((i + 1) % SEGMENTS)];
    one.push(a, b, a + 1, a + 1, b, b + 1);
  }
  for (const quad of [BAND, BAND + 4]) one.push(quad, quad + 1, quad + 2, quad + 2, quad + 1, quad + 3);
  return Uint32Array.from(
    { length: layers * one.length },
    (_, i) => one[i % one.length] + Math.floor(i / one.length) * EACH,
  );
}

/**
 * @param {Uniforms} uniforms
 * @param {Layout} layout
 */
export function createPlanes(uniforms, layout) {
  const material = createMaterial(uniforms, {
    vertex: VERTEX,
    fragment: FRAGMENT,
    own: { plates: { value: Math.min(PLATE_WIDE.ring * layout.inner, PLATE_WIDE.pitch * layout.pitch) } },
    blend: "glow",
    tested: true,
  });
  return createMesh(EACH * layout.layers, planeIndex(layout.layers), material);
}
