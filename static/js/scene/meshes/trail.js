/**
 * The trail: a thin line from the axis to every tower that was used, brighter where more tokens went and on
 * the lit path; and the spine along which tokens rise.
 *
 * @import {Uniforms} from "../gpu/materials.js"
 * @import {Layout} from "../layout/layout.js"
 */

import { createQuads, createTwin, QUAD } from "../gpu/geometry.js";
import { createMaterial } from "../gpu/materials.js";
import { heightOf } from "../layout/layout.js";

const VERTEX = /* glsl */ `
uniform vec2 ends;  /* heights of entry and exit */
uniform vec2 share; /* of the trail and of the lit path that this pass draws */
out vec2 at;
flat out float isSpine;
flat out vec2 strength; /* of the line, of what is on the lit path */

void spine(vec2 corner) {
  at = corner;
  isSpine = 1.0;
  strength = vec2(0.2, path) * (1.0 - focus.y) * share;
  vec3 a = vec3(0.0, ends.x, 0.0), b = vec3(0.0, ends.y, 0.0);
  gl_Position = ribbon(a, b, 0.5 + 0.5 * corner.x, corner.y, 0.0, 1.6 + path);
}

void main() {
  ${QUAD}
  int layer = quad / int(shape.y), expert = quad - layer * int(shape.y);
  if (float(layer) > shape.x - 0.5) { spine(corner); return; }
  vec3 heat = glow(layer, expert);
  if (heat.y + heat.z < 0.01) { gl_Position = NOWHERE; return; }
  vec3 a = vec3(0.0, level(layer), 0.0), b = topOf(layer, expert);
  float far = depthFade(0.5 * (a + b)) * layerFade(layer) * (1.0 - 0.85 * near.x);
  at = corner;
  isSpine = 0.0;
  strength = vec2(heat.y * airy(0.3), heat.z) * far * share;
  vec4 place = ribbon(a, b, 0.5 + 0.5 * corner.x, corner.y, 0.0, 2.0 + heat.z);
  gl_Position = strength.x + strength.y < 0.01 ? NOWHERE : place;
}`;

const FRAGMENT = /* glsl */ `
in vec2 at;
flat in float isSpine;
flat in vec2 strength;

void main() {
  float soft = (1.0 - at.y * at.y) * mix(1.0, smoothstep(1.0, 0.7, abs(at.x)), isSpine);
  vec3 line = mix(EMBER, HOT, strength.x) * strength.x * 1.7;
  colour = vec4((line + mix(HOT, AMBER, 0.5) * strength.y * 0.8) * soft, 0.0);
}`;

/**
 * @param {Uniforms} uniforms
 * @param {Layout} layout
 */
export function createTrail(uniforms, layout) {
  const ends = { value: [heightOf(layout, -1), heightOf(layout, layout.layers)] };
  const parts = { vertex: VERTEX, fragment: FRAGMENT, blend: /** @type {const} */ ("glow") };
  const before = createMaterial(uniforms, {
    ...parts,
    own: { ends, share: { value: [1, 0.5] } },
    tested: true,
  });
  const through = createMaterial(uniforms, { ...parts, own: { ends, share: { value: [0, 0.5] } } });
  const open = createQuads(layout.layers * layout.experts + 1, before);
  const hidden = createTwin(open, through);
  return {
    objects: [open, hidden],
    /** Where tokens enter and leave: heights. */
    reach(/** @type {number[]} */ next) {
      ends.value = next;
    },
    /** Lines of the lit path shine through the towers before them. */
    highlight(/** @type {boolean} */ lit) {
      hidden.visible = lit;
    },
    /** Where a corpus is drawn its flows take the place of the trail; a lit path still shines through. */
    show(/** @type {boolean} */ shown) {
      open.visible = shown;
    },
  };
}
