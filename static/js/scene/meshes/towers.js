/**
 * The towers: every expert of every layer as a cylinder in one merged mesh. The hit texture holds their glow. If colour
 * shows groups, the caps show the groups that they served side by side.
 *
 * @import {Uniforms} from "../gpu/materials.js"
 * @import {Layout} from "../layout/layout.js"
 */

import { createMesh, prismIndex } from "../gpu/geometry.js";
import { createMaterial } from "../gpu/materials.js";

/** Limits: vertices of all towers, and sides of one. */
const BUDGET = 150_000;
const FEWEST = 5;
const MOST = 36;
const ROUND = 90; // sides per unit of radius that look round
const BEVELLED = 3000; // with more towers than this the edge of the cap is not rounded

/**
 * Returns sides and rings of vertices of a tower, for a number of towers of this radius.
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
flat out vec4 marked; /* how full, flash of a refusal, device + 1, bias */
flat out vec2 fades;
flat out float wide; /* radius on the screen, CSS pixels */
flat out ivec2 tower0; /* layer, expert */
flat out vec2 across; /* to the right of the camera, on the floor */
flat out vec2 outward;
flat out vec3 towards; /* the camera */

void main() {
  int sides = int(detail.x), each = sides * int(detail.y);
  int id = int(serial) / each, vertex = int(serial) - id * each;
  int story = vertex / sides, side = vertex - story * sides;
  int ringed = int(shape.y + core), layer = id / ringed, expert = id - layer * ringed;
  bool axis = expert == int(shape.y); /* what all tokens use */
  float angle = 6.28318531 * float(side) / float(sides);
  float high = heightOf(layer, expert), thick = tower.x * (axis ? 1.5 : 1.0);
  float last = detail.y - 1.0, bevel = min(0.12 * thick, 0.2 * high) * step(1.5, last);
  bool top = float(story) > last - 0.5;
  float y = story == 0 ? 0.0 : top ? high : high - bevel;
  float radius = top ? thick - bevel : thick;
  vec3 centre = topOf(layer, expert) - vec3(0.0, high, 0.0);
  float here = present(layer);
  local = vec3(sin(angle) * radius / thick, y / high, cos(angle) * radius / thick);
  vec3 world = centre + vec3(sin(angle) * radius * here, y, cos(angle) * radius * here);
  vec4 mark = texelFetch(marks, ivec2(expert, layer), 0);
  heatOf = vec4(axis ? vec3(0.8 * pulse(layer), 0.42, path) : glow(layer, expert), pulse(layer));
  if (opened(layer) < 0.5) mark.zw = vec2(0.0); /* folded: bands would be noise */
  wide = tower.x / (pixel * max(-(viewMatrix * vec4(centre, 1.0)).z, 1e-3));
  tower0 = ivec2(layer, axis ? -1 : expert);
  across = normalize(vec2(viewMatrix[0].x, viewMatrix[2].x));
  marked = axis ? vec4(-1.0, 0.0, 0.0, 0.0) : vec4(filled(layer, expert), refusal(time - mark.x), mark.zw);
  fades = vec2(depthFade(centre), layerFade(layer));
  outward = normalize(centre.xz + vec2(0.0, 1e-5));
  towards = normalize(cameraPosition - centre);
  gl_Position = here < 0.01 ? NOWHERE : projectionMatrix * viewMatrix * vec4(world, 1.0);
}`;

const FRAGMENT = /* glsl */ `
uniform vec2 detail;
in vec3 local;
flat in vec4 heatOf, marked;
flat in vec2 fades, outward, across;
flat in float wide;
flat in ivec2 tower0;
flat in vec3 towards;

/* Towards the outside of the tower's surface. */
vec3 normal(float bevel, bool cap) {
  vec3 side = normalize(vec3(local.x, 0.0, local.z));
  if (cap) return vec3(0.0, 1.0, 0.0);
  return local.y > 1.0 - bevel ? normalize(side + vec3(0.0, 1.0, 0.0)) : side;
}

/* Where an expert takes so many tokens: those that it has taken, as a level; a lid of light when it is full. */
vec3 contents(vec3 body, bool cap, float radius, float facing) {
  float share = marked.x, full = step(0.999, share), edge = 0.05;
  vec3 liquid = mix(EMBER, HOT, 0.45) * (0.5 + 0.5 * facing), line = mix(AMBER, WHITE, 0.3 * full);
  if (cap) {
    float inside = share > 0.0 ? 1.0 - smoothstep(sqrt(share) * 0.8 - 0.08, sqrt(share) * 0.8, radius) : 0.0;
    return mix(mix(body, liquid, 0.85 * inside), line, full * smoothstep(0.66, 0.74, radius));
  }
  float under = share > 0.0 ? 1.0 - smoothstep(share - 0.02, share, local.y) : 0.0;
  float rim = share > 0.0 ? 1.0 - smoothstep(0.0, edge, abs(local.y - min(share, 1.0 - 0.6 * edge))) : 0.0;
  return mix(mix(body, liquid * mix(0.7, 1.0, local.y), under), line, 0.9 * rim);
}

/* A token that is turned away; whose device this is; what the router adds to it. */
vec3 signs(vec3 body, bool cap, float radius, float facing, float hot) {
  float shade = 0.45 + 0.55 * facing;
  if (marked.z > 0.5) {
    float small = 0.6 * (1.0 - smoothstep(0.1, 0.4, hot)); /* a cap too small for a ring has the colour until it is lit */
    float band = cap ? mix(small, smoothstep(0.72, 0.78, radius), step(4.0, wide)) : 1.0 - smoothstep(0.13, 0.15, local.y);
    body = mix(body, hue(marked.z - 1.0) * (cap ? 0.85 : shade), band);
  }
  if (!cap && marked.w != 0.0) {
    float low = 0.19, high = low + 0.3 * abs(marked.w);
    float band = smoothstep(low - 0.01, low, local.y) * (1.0 - smoothstep(high, high + 0.01, local.y));
    body = mix(body, (marked.w > 0.0 ? GOLD : REFUSED) * shade, 0.8 * band);
  }
  return mix(body, REFUSED, marked.y * (cap ? 0.9 : 0.25 + 0.65 * local.y));
}

/* Solid, striped, dotted, double, barred, hatched: what stands for the underlines of the strip on a cap. */
float patterned(float group, vec2 at) {
  if (group < 0.5 || wide < 6.0) return 1.0;
  if (group < 1.5) return step(0.36, fract(2.6 * at.y + 0.2));
  if (group < 2.5) return step(length(fract(2.4 * at + 0.5) - 0.5), 0.34);
  if (group < 3.5) return step(0.36, fract(2.6 * at.x + 0.2));
  if (group < 4.5) return step(0.22, abs(fract(1.8 * at.x + 0.5) - 0.5)) + step(0.22, abs(fract(1.8 * at.y + 0.5) - 0.5)) > 0.5 ? 1.0 : 0.0;
  return step(0.4, fract(1.9 * (at.x + at.y)));
}

/* The groups that a tower served, as bands from left to right, as wide as their shares, on its cap and on the collar below. */
vec3 served(vec3 body, bool cap, float facing, float flash) {
  float collar = smoothstep(0.8, 0.82, local.y);
  if (tower0.y < 0 || grouped < 0.5 || (!cap && collar <= 0.0)) return body;
  vec2 at = vec2(dot(local.xz, across), dot(local.xz, vec2(-across.y, across.x)));
  float u = clamp(at.x, -1.0, 1.0);
  float group = groupAt(tower0.x, tower0.y, 0.5 + (asin(u) + u * sqrt(1.0 - u * u)) / 3.14159265);
  if (group < -0.5) return body;
  float plain = cap ? mix(0.3, 1.0, patterned(group, at)) : 1.0, strong = smoothstep(0.05, 0.36, heatOf.y);
  vec3 own = clan(group) * plain * (cap ? 0.92 : 0.4 + 0.45 * facing) * mix(0.35, 1.0, strong);
  return mix(body, own, (cap ? 1.0 : collar) * grouped * (1.0 - smoothstep(0.12, 0.6, flash)));
}

void main() {
  float bevel = detail.y > 2.5 ? min(0.12 * tower.x, 0.2 * tower.y) / tower.y : 0.0;
  bool cap = local.y > 0.9995;
  vec3 n = normal(bevel, cap);
  float facing = max(dot(n, towards), 0.0), away = 1.0 - facing, rim = away * away * away;
  float diffuse = 0.5 + 0.5 * dot(n, key);
  diffuse = mix(diffuse, 1.0 - diffuse, paper); /* what is lit takes least from paper */
  float radius = length(local.xz);
  vec3 body = mix(FOOT, BRICK, local.y * local.y) * (0.45 + 0.75 * diffuse);
  if (cap) body = CAP * mix(0.5, 0.95, smoothstep(0.2, 1.0, radius));
  else body += EDGE * (0.42 * rim * (0.3 + 0.7 * local.y) + (local.y > 1.0 - bevel ? 0.16 : 0.0));
  body += EMBER * 0.55 * heatOf.w * max(dot(n.xz, -outward), 0.0) * (0.4 + 0.6 * local.y);
  float flash = max(heatOf.x * 1.35, 0.68 * heatOf.z), hot = max(flash, heatOf.y * mix(1.0, 0.7, grouped));
  float deep = mix(0.15, 0.7, smoothstep(0.2, 1.0, flash)); /* how far down the side the heat reaches */
  float flank = mix(deep, 0.95, local.y * sqrt(local.y)) * (0.75 + 0.25 * facing);
  float profile = cap ? 1.1 - 0.25 * radius : flank;
  if (marked.x >= 0.0) { hot = flash; body = contents(body, cap, radius, facing); }
  if (hot > 0.0) {
    vec3 own = heat(hot * profile) * mix(0.7 + 0.3 * diffuse, 1.0, smoothstep(0.5, 1.0, flash));
    body = max(body, own) + 0.18 * min(body, own);
  }
  body = signs(served(body, cap, facing, flash), cap, radius, facing, hot);
  float lit = max(smoothstep(0.1, 0.6, hot), marked.y);
  float fade = mix(fades.x, 1.0, 0.6 * lit) * fades.y;
  colour = vec4(mix(mix(NIGHT, DUSK, 0.5), body, fade) + grain(gl_FragCoord.xy), 1.0);
}`;

/**
 * @param {Uniforms} uniforms
 * @param {Layout} layout
 */
export function createTowers(uniforms, layout) {
  const count = layout.layers * (layout.experts + (layout.core ? 1 : 0));
  const { sides, rings } = towerDetail(count, layout.towerRadius);
  const own = { detail: { value: [sides, rings] } };
  const material = createMaterial(uniforms, { vertex: VERTEX, fragment: FRAGMENT, own });
  return createMesh(count * sides * rings, prismIndex(count, sides, rings), material);
}
