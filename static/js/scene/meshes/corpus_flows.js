/**
 * Flows of a corpus: beams from the towers of a ring to those of the next, as wide as their number of tokens. The flows
 * of a selected tower are emphasised.
 *
 * @import {Uniforms} from "../gpu/materials.js"
 * @import {DataTexture} from "three"
 */

import { createQuads, QUAD } from "../gpu/geometry.js";
import { createMaterial } from "../gpu/materials.js";
import { MOST_FLOWS } from "../effects/corpus_tables.js";

const VERTEX = /* glsl */ `
uniform sampler2D flows; /* layer, from, to, strength */
uniform vec2 picked;     /* layer and expert of the selected tower; layer -1 for none */
out vec2 at;
flat out vec2 strength;  /* of the beam, and whether it is one of the selected tower */

void main() {
  ${QUAD}
  vec4 flow = texelFetch(flows, ivec2(quad, 0), 0);
  int layer = int(flow.x), from = int(flow.y), to = int(flow.z);
  vec3 a = topOf(layer, from), b = topOf(layer + 1, to) - vec3(0.0, heightOf(layer + 1, to), 0.0);
  bool below = abs(picked.x - flow.x) + abs(picked.y - flow.y) < 0.5;
  bool above = abs(picked.x - flow.x - 1.0) + abs(picked.y - flow.z) < 0.5;
  float own = below || above ? 1.0 : 0.0, some = picked.x > -0.5 ? 1.0 : 0.0;
  float fade = min(layerFade(layer), layerFade(layer + 1)) * min(opened(layer), opened(layer + 1));
  float light = mix(flow.w * flow.w, 0.1 * flow.w * flow.w, some * (1.0 - own));
  light = mix(light, 0.35 + 0.65 * flow.w, own);
  at = corner;
  strength = vec2(light * fade * depthFade(0.5 * (a + b)) * airy(0.4), own);
  vec4 clip = ribbon(a, b, 0.5 + 0.5 * corner.x, corner.y, (0.006 + 0.03 * flow.w) * pitch, 1.0 + 3.0 * flow.w);
  gl_Position = strength.x < 0.01 ? NOWHERE : clip;
}`;

const FRAGMENT = /* glsl */ `
in vec2 at;
flat in vec2 strength;

void main() {
  float soft = 1.0 - at.y * at.y;
  vec3 ink = mix(hue(0.0), GOLD, strength.y);
  colour = vec4(ink * strength.x * soft * 1.2 * (0.75 + 0.25 * at.x), 0.0);
}`;

/**
 * @param {Uniforms} uniforms
 * @param {{texture: DataTexture}} flows
 */
export function createFlows(uniforms, { texture }) {
  const own = { flows: { value: texture }, picked: { value: [-1, -1] } };
  const parts = { vertex: VERTEX, fragment: FRAGMENT, blend: /** @type {const} */ ("glow") };
  const object = createQuads(MOST_FLOWS, createMaterial(uniforms, { ...parts, own, tested: true }));
  object.visible = false;
  return {
    object,
    /** Draws only the first flows. @param {number} count @param {{layer: number, expert: number} | null} tower */
    show(count, tower) {
      object.visible = count > 0;
      object.geometry.setDrawRange(0, 6 * count);
      own.picked.value = tower ? [tower.layer, tower.expert] : [-1, -1];
    },
  };
}
