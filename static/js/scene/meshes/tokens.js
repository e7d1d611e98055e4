/**
 * Tokens: glowing particles with a short vertical streak. The halos of towers are in the same mesh.
 *
 * @import {Frame} from "../../types.js"
 * @import {Uniforms} from "../gpu/materials.js"
 * @import {Layout} from "../layout/layout.js"
 * @import {DataTexture} from "three"
 */

import { groupNumbers } from "../../trace/token_groups.js";
import { discOf, placeAround } from "../effects/beam_slots.js";
import { createQuads, QUAD } from "../gpu/geometry.js";
import { createMaterial } from "../gpu/materials.js";
import { heightOf } from "../layout/layout.js";
import { HALO_FRAGMENT, HALO_VERTEX } from "./halos.js";

/** Largest number of tokens in flight that are drawn. */
export const MOST = 256;

const VERTEX = /* glsl */ `
uniform sampler2D flights; /* x, y, z, 32 token + 4 group + speed */
uniform vec2 size; /* of a particle: world, least CSS pixels */
uniform float followed; /* token */
uniform float flying; /* particles that are drawn */
out vec2 at;
flat out float streak;
flat out float strength;
flat out vec3 own; /* its colour */
flat out float isHalo;
${HALO_VERTEX}

void main() {
  ${QUAD}
  isHalo = step(float(${MOST}) - 0.5, float(quad));
  streak = 1.0;
  own = GOLD;
  who = -1.0;
  if (quad >= ${MOST}) { halo(quad - ${MOST}, corner); return; }
  if (float(quad) > flying - 0.5) { gl_Position = NOWHERE; return; }
  vec4 flight = texelFetch(flights, ivec2(quad, 0), 0);
  vec4 view = viewMatrix * vec4(flight.xyz, 1.0);
  float radius = max(size.x, size.y * pixel * -view.z);
  streak = 1.0 + 1.3 * (flight.w - 4.0 * floor(flight.w / 4.0));
  at = corner * vec2(1.0, streak);
  strength = mix(1.0, 0.55, smoothstep(1.0, 64.0, together)) * min(1.0, sqrt(64.0 / together));
  float id = floor(flight.w / 4.0), token = floor(id / 8.0), group = id - 8.0 * token;
  own = group > 0.5 ? mix(GOLD, clan(group - 1.0), 0.75 * grouped) : GOLD;
  if (abs(token - followed) > 0.5) strength *= crowd;
  if (abs(token - near.y) > 0.5) strength *= 1.0 - smoothstep(0.2, 0.8, near.x);
  float upright = length(viewMatrix[1].xy);
  vec2 offset = vec2(corner.x, corner.y * mix(1.0, streak, upright)) * radius;
  gl_Position = projectionMatrix * (view + vec4(offset, 0.0, 0.0));
}`;

const FRAGMENT = /* glsl */ `
in vec2 at;
flat in float streak;
flat in float strength;
flat in vec3 own;
flat in float isHalo;
${HALO_FRAGMENT}

void main() {
  if (isHalo > 0.5) { colour = vec4(halo(), 0.0); return; }
  vec2 p = vec2(at.x, at.y / streak);
  float r = length(p), fall = max(1.0 - r, 0.0);
  float halo = fall * fall * fall;
  float core = 1.0 - smoothstep(0.07, 0.17, length(vec2(at.x, at.y / mix(1.0, streak, 0.35))));
  float line = exp(-260.0 * at.x * at.x) * fall * fall * (0.3 + 0.25 * (streak - 1.0));
  colour = vec4((own * (mix(0.65, 0.3, paper) * halo + line) + WHITE * core) * strength, 0.0);
}`;

/**
 * @param {Uniforms} uniforms
 * @param {Layout} layout
 * @param {DataTexture} flights
 */
export function createTokens(uniforms, layout, flights) {
  const own = {
    flights: { value: flights },
    size: { value: [1, 1] },
    followed: { value: -1 },
    flying: { value: 0 },
  };
  const object = createQuads(
    MOST + layout.layers * layout.experts,
    createMaterial(uniforms, { vertex: VERTEX, fragment: FRAGMENT, own, blend: "glow" }),
  );
  return {
    object,
    /** Draws the first tokens; in ALL AT ONCE many tokens are small. */
    show(/** @type {number} */ count, /** @type {number} */ together, /** @type {number} */ followed) {
      own.followed.value = followed;
      own.flying.value = count;
      own.size.value = particle(layout, together);
    },
  };
}

/** Returns the radius of a particle with its glow: in world units, and at least in CSS pixels. @returns {[number, number]} */
function particle(/** @type {Layout} */ layout, /** @type {number} */ together) {
  const alone = 0.42 * layout.pitch;
  if (together < 2) return [alone, 10];
  return [
    Math.min(alone, (1.9 * discOf(layout, together)) / Math.sqrt(together)),
    10 / Math.sqrt(1 + together / 12),
  ];
}

/**
 * Writes the places of the tokens in flight. With reduced motion they stand at planes.
 * @param {Float32Array} rows  [MOST, 4]: x, y, z, 32 token + 4 group + speed
 * @param {Layout} layout
 * @param {Frame} frame
 * @returns {number} number of tokens
 */
export function placeTokens(
  rows,
  layout,
  { trace, timeline, time, still, layer: looked, camera, path, current },
) {
  const followed = path ?? current;
  const together = timeline.mode === "all";
  const groups = groupNumbers(trace.tokens);
  const every = together ? Math.ceil(timeline.tokens / (MOST - 1)) : 1; // draws every n-th of too many tokens
  let count = 0;
  for (const { token, height, layer, at } of timeline.flights(time)) {
    if (token % every && token !== followed) continue;
    if (count === MOST || (token >= trace.received && layer >= 0)) continue;
    if (camera === "top" && Math.abs(height - looked) > 0.5) continue;
    const passed = still ? Math.max(0, layer) : height;
    const moving = still || (layer >= 0 && at < timeline.beat) ? 0 : 1;
    const [x, z] = placeAround(layout, together, token, timeline.tokens);
    const speed = moving * Math.abs(Math.sin(Math.PI * (height - Math.floor(height))));
    rows.set([x, heightOf(layout, passed), z, 32 * token + 4 * (groups?.[token] ?? 0) + speed], 4 * count++);
  }
  return count;
}
