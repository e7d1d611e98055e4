/**
 * The trail: a thin line from the axis to every used tower, brighter for more tokens and on the lit path, and the axis
 * along which tokens rise. If colour shows groups, each group that a tower served has a lane of the line in its colour
 * and pattern.
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
const float DASH = 11.0; /* CSS pixels from a dash to the next, at the middle of the stack */
out vec2 at;
flat out float isSpine;
out float run;          /* dashes from the axis */
flat out vec2 strength; /* of the line, of what is on the lit path */
flat out vec4 lanes;    /* groups side by side, -1 for none */

/* The first four groups that a tower served. @returns how many */
float lanesOf(int layer, int expert) {
  lanes = vec4(-1.0);
  float count = 0.0;
  if (grouped < 0.5) return count;
  vec4 a = texelFetch(groups, ivec2(2 * expert, layer), 0), b = texelFetch(groups, ivec2(2 * expert + 1, layer), 0);
  float shares[6] = float[6](a.x, a.y, a.z, a.w, b.x, b.y);
  for (int i = 0; i < 6; i++) {
    if (shares[i] <= 0.0 || count > 3.5) continue;
    lanes[int(count)] = float(i);
    count += 1.0;
  }
  return count;
}

void spine(vec2 corner) {
  at = corner;
  isSpine = 1.0;
  lanes = vec4(-1.0);
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
  if (abs(float(layer) - focus.x) > 0.5) far *= 1.0 - focus.y; /* from above, lines of other rings would be a star */
  at = corner;
  isSpine = 0.0;
  strength = vec2(heat.y * airy(0.3), heat.z) * far * share;
  float count = lanesOf(layer, expert);
  run = (0.5 + 0.5 * corner.x) * length(b - a) / (DASH * max(pixel * 0.5 * (fog.x + fog.y), 1e-4));
  vec4 place = ribbon(a, b, 0.5 + 0.5 * corner.x, corner.y, 0.0, max(2.0 + heat.z, mix(1.3, 2.2, airy(0.0)) * (count + 0.4)));
  gl_Position = strength.x + strength.y < 0.01 ? NOWHERE : place;
}`;

const FRAGMENT = /* glsl */ `
in vec2 at;
in float run;
flat in float isSpine;
flat in vec2 strength;
flat in vec4 lanes;

/* Solid, dashed, dotted, double, thick, dash and dot: as the underlines of the strip. */
float patterned(float group, float along, float side) {
  float step1 = fract(along);
  if (group < 0.5) return 1.0 - side * side;
  if (group < 1.5) return (1.0 - side * side) * smoothstep(0.64, 0.58, step1);
  if (group < 2.5) return (1.0 - side * side) * smoothstep(0.55, 0.45, fract(2.6 * along));
  if (group < 3.5) return smoothstep(0.15, 0.5, side) * smoothstep(1.0, 0.8, side);
  if (group < 4.5) return 1.0;
  return (1.0 - side * side) * (step1 < 0.5 || (step1 > 0.68 && step1 < 0.82) ? 1.0 : 0.0);
}

/* The lane of a group that a place across the line lies in. */
vec3 lane() {
  float count = 1.0 + step(-0.5, lanes.y) + step(-0.5, lanes.z) + step(-0.5, lanes.w);
  float across = (0.5 + 0.5 * at.y) * count, which = min(floor(across), count - 1.0);
  float side = abs(2.0 * (across - which) - 1.0);
  float group = lanes[int(which)];
  return clan(group) * patterned(group, run, side) * min(1.0, 2.6 * strength.x);
}

void main() {
  float soft = (1.0 - at.y * at.y) * mix(1.0, smoothstep(1.0, 0.7, abs(at.x)), isSpine);
  vec3 line = mix(EMBER, HOT, strength.x) * strength.x * 1.7;
  vec3 lit = mix(HOT, AMBER, 0.5) * strength.y * 0.8 * soft;
  colour = vec4(lanes.x > -0.5 ? lane() + lit : line * soft + lit, 0.0);
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
    /** Sets the heights at which tokens enter and leave. */
    reach(/** @type {number[]} */ next) {
      ends.value = next;
    },
    /** Lets the lines of the lit path shine through the towers in front of them. */
    highlight(/** @type {boolean} */ lit) {
      hidden.visible = lit;
    },
    /** Hides the trail while the flows of a corpus are drawn. A lit path stays visible. */
    show(/** @type {boolean} */ shown) {
      open.visible = shown;
    },
  };
}
