/**
 * The towers: every expert of every layer as a cylinder in one merged mesh; how hot each is comes from the
 * hit texture.
 *
 * @import { Layout } from '../layout.js'
 * @import { Uniforms } from './shader.js'
 */
import { createMesh, prismIndex } from "./mesh.js";
import { createMaterial } from "./shader.js";

/** Vertices that all towers together may have, and sides of one. */
const BUDGET = 150_000;
const FEWEST = 5;
const MOST = 36;
const ROUND = 90; // sides a unit of radius that look round
const BEVELLED = 3000; // with more towers than this the edge of the cap is not rounded

/**
 * Sides and rings of vertices of one tower when there are so many of this radius.
 * @param {number} count
 * @param {number} radius
 */
export function towerDetail(count, radius) {
  const rings = count <= BEVELLED ? 3 : 2;
  const sides = Math.min(MOST, Math.ceil(ROUND * radius), Math.floor(BUDGET / count / rings));
  return { rings, sides: Math.max(FEWEST, sides) };
}

const VERTEX = /* glsl */ `
uniform vec2 detail; /* sides, rings */
out vec3 local; /* on the unit circle, and from 0 at the foot to 1 at the top */
flat out vec4 heatOf; /* flash, rest, on the lit path, pulse of the layer */
flat out vec2 fades;
flat out vec2 outward;
flat out vec3 towards; /* the camera */

void main() {
  int sides = int(detail.x), each = sides * int(detail.y);
  int id = int(serial) / each, vertex = int(serial) - id * each;
  int ring = vertex / sides, side = vertex - ring * sides;
  int layer = id / int(shape.y), expert = id - layer * int(shape.y);
  float angle = 6.28318531 * float(side) / float(sides);
  float last = detail.y - 1.0, bevel = min(0.12 * tower.x, 0.2 * tower.y) * step(1.5, last);
  bool top = float(ring) > last - 0.5;
  float y = ring == 0 ? 0.0 : top ? tower.y : tower.y - bevel;
  float radius = top ? tower.x - bevel : tower.x;
  vec3 centre = topOf(layer, expert) - vec3(0.0, tower.y, 0.0);
  float here = present(layer);
  local = vec3(sin(angle) * radius / tower.x, y / tower.y, cos(angle) * radius / tower.x);
  vec3 world = centre + vec3(sin(angle) * radius * here, y, cos(angle) * radius * here);
  heatOf = vec4(glow(layer, expert), pulse(layer));
  fades = vec2(depthFade(centre), layerFade(layer));
  outward = normalize(centre.xz);
  towards = normalize(cameraPosition - centre);
  gl_Position = here < 0.01 ? NOWHERE : projectionMatrix * viewMatrix * vec4(world, 1.0);
}`;

const FRAGMENT = /* glsl */ `
uniform vec2 detail;
in vec3 local;
flat in vec4 heatOf;
flat in vec2 fades, outward;
flat in vec3 towards;

/* Towards the outside of the tower's surface. */
vec3 normal(float bevel, bool cap) {
  vec3 side = normalize(vec3(local.x, 0.0, local.z));
  if (cap) return vec3(0.0, 1.0, 0.0);
  return local.y > 1.0 - bevel ? normalize(side + vec3(0.0, 1.0, 0.0)) : side;
}

void main() {
  float bevel = detail.y > 2.5 ? min(0.12 * tower.x, 0.2 * tower.y) / tower.y : 0.0;
  bool cap = local.y > 0.9995;
  vec3 n = normal(bevel, cap);
  float facing = max(dot(n, towards), 0.0), away = 1.0 - facing, rim = away * away * away;
  float diffuse = 0.5 + 0.5 * dot(n, key);
  float radius = length(local.xz);
  vec3 body = mix(FOOT, BRICK, local.y * local.y) * (0.45 + 0.75 * diffuse);
  if (cap) body = CAP * mix(0.5, 0.95, smoothstep(0.2, 1.0, radius));
  else body += EDGE * (0.42 * rim * (0.3 + 0.7 * local.y) + (local.y > 1.0 - bevel ? 0.16 : 0.0));
  body += EMBER * 0.55 * heatOf.w * max(dot(n.xz, -outward), 0.0) * (0.4 + 0.6 * local.y);
  float flash = max(heatOf.x * 1.35, 0.68 * heatOf.z), hot = max(flash, heatOf.y);
  float deep = mix(0.15, 0.7, smoothstep(0.2, 1.0, flash)); /* how far down the side the heat reaches */
  float flank = mix(deep, 0.95, local.y * sqrt(local.y)) * (0.75 + 0.25 * facing);
  float profile = cap ? 1.1 - 0.25 * radius : flank;
  if (hot > 0.0) {
    vec3 own = heat(hot * profile) * mix(0.7 + 0.3 * diffuse, 1.0, smoothstep(0.5, 1.0, flash));
    body = max(body, own) + 0.18 * min(body, own);
  }
  float lit = smoothstep(0.1, 0.6, hot);
  float fade = mix(fades.x, 1.0, 0.6 * lit) * fades.y;
  colour = vec4(mix(mix(NIGHT, DUSK, 0.5), body, fade) + grain(gl_FragCoord.xy), 1.0);
}`;

/**
 * @param {Uniforms} uniforms
 * @param {Layout} layout
 */
export function createTowers(uniforms, layout) {
  const count = layout.layers * layout.experts;
  const { sides, rings } = towerDetail(count, layout.towerRadius);
  const own = { detail: { value: [sides, rings] } };
  const material = createMaterial(uniforms, { vertex: VERTEX, fragment: FRAGMENT, own });
  return createMesh(count * sides * rings, prismIndex(count, sides, rings), material);
}
