/**
 * The background: dark, slightly lighter around the middle of the free area.
 *
 * @import {Uniforms} from "../gpu/materials.js"
 */

import { createQuads, QUAD } from "../gpu/geometry.js";
import { createMaterial } from "../gpu/materials.js";

const VERTEX = /* glsl */ `
void main() {
  ${QUAD}
  gl_Position = vec4(corner, 0.0, 1.0);
}`;

const FRAGMENT = /* glsl */ `
uniform vec4 middle; /* centre of the free area, half its size: device pixels from the bottom left */

void main() {
  vec2 off = (gl_FragCoord.xy - middle.xy) / max(middle.z, middle.w);
  float away = smoothstep(0.0, 1.35, length(off * vec2(0.9, 1.0)));
  colour = vec4(mix(DUSK, NIGHT, away) + grain(gl_FragCoord.xy), 1.0);
}`;

/** @param {Uniforms} uniforms */
export function createBackdrop(uniforms) {
  const own = { middle: { value: [0, 0, 1, 1] } };
  const material = createMaterial(uniforms, { vertex: VERTEX, fragment: FRAGMENT, own, tested: false });
  return {
    object: createQuads(1, material),
    /** @param {number[]} middle */
    aim(middle) {
      own.middle.value = middle;
    },
  };
}
