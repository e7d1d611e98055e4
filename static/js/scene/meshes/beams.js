/**
 * Beams: ribbons from a token to the towers, faint to every expert by gate score, bright to the chosen ones
 * when the event fires.
 *
 * @import {Uniforms} from "../gpu/materials.js"
 * @import {Layout} from "../layout/layout.js"
 * @import {DataTexture} from "three"
 */

import { GROUPS } from "../effects/beam_slots.js";
import { createQuads, createTwin, QUAD } from "../gpu/geometry.js";
import { createMaterial } from "../gpu/materials.js";

/** Share of a beam's light that shines through the towers in front of it. */
const THROUGH = 0.35;

const VERTEX = /* glsl */ `
uniform sampler2D slots, scores;
uniform float share; /* of its light that this pass draws */
uniform vec2 sizes; /* chosen experts a slot, slots with a fan */
uniform float followed; /* token */
out vec2 at;
flat out vec4 state; /* fan, chosen, how far the fan has grown, where a refused choice is on its beam, else 0 */
flat out float nothing; /* 1: to the empty place of a zero expert */
flat out float who;  /* the group of the token, -1 where colour says nothing of groups */

/* The slot of a ribbon, and its lane: the first K are the chosen, the others the fan. */
ivec2 address(int ribbon) {
  int k = int(sizes.x), full = k + int(shape.y), fanned = int(sizes.y) * full;
  if (ribbon < fanned) return ivec2(ribbon / full, ribbon % full);
  return ivec2(int(sizes.y) + (ribbon - fanned) / k, (ribbon - fanned) % k);
}

void main() {
  ${QUAD}
  ivec2 place = address(quad);
  vec4 start = texelFetch(slots, ivec2(0, place.x), 0), when = texelFetch(slots, ivec2(1, place.x), 0);
  if (time < when.y || time > when.w) { gl_Position = NOWHERE; return; }
  int k = int(sizes.x), layer = int(when.x), expert;
  float since = time - when.y, after = time - when.z, lead = when.z - when.y;
  float fade = 1.0 - smoothstep(0.35, 1.0, after / (when.w - when.z));
  float fan = 0.0, chosen = 0.0, dropped = 0.0, thick = 1.0, home = 0.0;
  float whose = texelFetch(slots, ivec2(2, place.x), 0).w, token = floor(whose / ${GROUPS}.0);
  who = -1.0;
  nothing = 0.0;
  if (place.y < k) {
    vec4 choice = texelFetch(slots, ivec2(2 + place.y, place.x), 0);
    expert = int(choice.x);
    who = grouped > 0.5 ? whose - ${GROUPS}.0 * token - 1.0 : -1.0;
    nothing = step(2.5, choice.z);
    dropped = step(1.5, choice.z) - nothing;
    float strong = (0.45 + 0.55 * choice.y) * (0.4 + 0.8 * exp(-3.0 * after));
    thick = mix(0.24, 1.0, choice.y); /* as wide as its weight */
    home = clamp((after / lead - 0.12) / 0.98, 0.0, 1.0); /* its output runs back until the token leaves */
    if (nothing > 0.5) { strong = 0.5; thick = 0.5; home = 0.0; }
    if (dropped > 0.5) strong = 1.0 - smoothstep(2.2 * OUT, 3.0 * OUT, after);
    chosen = choice.z < 0.5 || after < 0.0 ? 0.0 : strong * fade;
  } else {
    expert = place.y - k;
    float score = texelFetch(scores, ivec2(expert / 4, place.x), 0)[expert % 4] / max(start.w, 1e-3);
    fan = (0.16 + 0.84 * score) * (after < 0.0 ? 1.0 : exp(-5.0 * after));
  }
  vec3 a = vec3(start.x, level(layer), start.y), b = topOf(layer, min(expert, int(shape.y) - 1));
  if (nothing > 0.5) b = mix(a, 0.5 * (b + topOf(layer, 0)), 0.8); /* between the last tower and the first */
  float far = layerFade(layer) * mix(0.12, 1.0, smoothstep(0.2, 0.9, max(opened(layer), focus.y))) * mix(0.55, 1.0, depthFade(b)) * share * mix(1.0, 0.35, path);
  at = corner;
  far *= abs(token - followed) < 0.5 ? mix(crowd, 1.0, 0.8) : crowd * crowd; /* in a crowd the followed token stands out */
  fan *= mix(1.0, 0.3, behind) * far * airy(0.24) * pow(start.z, 1.12) * min(1.0, sqrt(96.0 / shape.y)); /* so many add up to white */
  chosen *= far * airy(0.6) * pow(start.z, 0.9);
  state = vec4(fan, chosen, smoothstep(0.0, 0.75, since / lead), dropped > 0.5 ? max(bounce(after), 1e-3) : chosen > 0.0 && home > 0.0 ? -home : 0.0);
  vec2 wide = chosen > 0.0 ? vec2(0.062, mix(2.2, 7.0, airy(0.0))) * thick : vec2(0.016, mix(1.5, 2.8, airy(0.0)));
  vec4 clip = ribbon(a, b, 0.5 + 0.5 * corner.x, corner.y, wide.x * pitch, wide.y);
  gl_Position = state.x + state.y < 0.004 ? NOWHERE : clip;
}`;

const FRAGMENT = /* glsl */ `
in vec2 at;
flat in vec4 state;
flat in float nothing;
flat in float who;

void main() {
  float along = 0.5 + 0.5 * at.x, side = abs(at.y);
  float soft = 1.0 - smoothstep(0.0, 1.0, side);
  float core = 1.0 - smoothstep(0.0, 0.4, side);
  float grown = 1.0 - smoothstep(state.z - 0.12, state.z, along * 0.88);
  vec3 fan = mix(HOT, GOLD, 0.35 + 0.4 * state.x) * state.x * soft * grown * 1.5;
  vec3 chosen = ((who > -0.5 ? mix(HOT, clan(who), 0.8) : HOT) * soft * soft + mix(AMBER, WHITE, 0.4) * core * 1.2 * state.y) * state.y;
  if (nothing > 0.5) chosen *= step(0.45, fract(along * 8.0)) * (1.0 - smoothstep(0.9, 1.0, along)); /* dashed */
  if (state.w < 0.0 && state.w > -1.0) {
    float where = 1.0 + state.w, head = exp(-pow((along - where) * 13.0, 2.0)), passed = smoothstep(where, where + 0.05, along);
    chosen = chosen * mix(1.0, 0.45, passed) + mix(AMBER, WHITE, 0.75) * (1.3 * head * soft) * min(1.0, 1.4 * state.y);
  }
  if (state.w > 0.0) {
    float head = exp(-pow((along - state.w) * 11.0, 2.0)), before = 1.0 - smoothstep(state.w - 0.02, state.w, along);
    chosen = mix(REFUSED, WHITE, 0.5 * core * head) * (0.28 * before * soft + 1.5 * head * soft) * state.y;
  }
  colour = vec4(fan + chosen, 0.0);
}`;

/**
 * @param {Uniforms} uniforms
 * @param {Layout} layout
 * @param {{topK: number, fans: number, count: number}} sizes
 * @param {Record<'slots' | 'scores', {texture: DataTexture}>} tables
 */
export function createBeams(uniforms, layout, { topK, fans, count }, { slots, scores }) {
  const sizes = { value: [topK, fans] };
  const followed = { value: -1 };
  const own = { slots: { value: slots.texture }, scores: { value: scores.texture }, sizes, followed };
  const parts = { vertex: VERTEX, fragment: FRAGMENT, blend: /** @type {const} */ ("glow") };
  const before = createMaterial(uniforms, {
    ...parts,
    own: { ...own, share: { value: 1 - THROUGH } },
    tested: true,
  });
  const through = createMaterial(uniforms, { ...parts, own: { ...own, share: { value: THROUGH } } });
  const full = topK + layout.experts;
  const ribbons = (/** @type {number} */ slots) =>
    Math.min(slots, fans) * full + Math.max(0, slots - fans) * topK;
  const open = createQuads(ribbons(count), before);
  const hidden = createTwin(open, through);
  return {
    objects: [open, hidden],
    /** Draws only the first slots. */
    show(/** @type {number} */ slots, /** @type {number} */ token) {
      followed.value = token;
      open.visible = hidden.visible = slots > 0;
      open.geometry.setDrawRange(0, 6 * ribbons(slots));
    },
  };
}
