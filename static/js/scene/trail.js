/**
 * The trail: a thin line from the axis to every tower that was used, brighter where more tokens went and on the lit path;
 * and the spine along which tokens rise.
 *
 * @import { Layout } from '../layout.js'
 * @import { Uniforms } from './shader.js'
 */
import { createQuads, QUAD } from './mesh.js';
import { createMaterial } from './shader.js';

const VERTEX = /* glsl */ `
uniform vec2 ends; /* heights of entry and exit */
out vec2 at;
flat out vec2 strength; /* of the line, of what is on the lit path */

void spine(vec2 corner) {
  float thin;
  at = corner;
  strength = vec2(0.16 * (1.0 - 0.85 * focus.y), path * (1.0 - focus.y));
  gl_Position = ribbon(vec3(0.0, ends.x, 0.0), vec3(0.0, ends.y, 0.0), 0.5 + 0.5 * corner.x, corner.y, 0.0, 1.6 + path, thin);
}

void main() {
  ${QUAD}
  int layer = quad / int(shape.y), expert = quad - layer * int(shape.y);
  if (float(layer) > shape.x - 0.5) { spine(corner); return; }
  vec3 heat = glow(layer, expert);
  vec3 a = vec3(0.0, level(layer), 0.0), b = foot(layer, expert) + vec3(0.0, 0.5 * tower.y, 0.0);
  float far = depthFade(0.5 * (a + b)) * layerFade(layer);
  float thin;
  at = corner;
  strength = vec2(heat.y, heat.z) * far;
  vec4 place = ribbon(a, b, 0.5 + 0.5 * corner.x, corner.y, 0.0, 2.0 + heat.z, thin);
  gl_Position = strength.x + strength.y < 0.01 ? NOWHERE : place;
}`;

const FRAGMENT = /* glsl */ `
in vec2 at;
flat in vec2 strength;

void main() {
  float soft = 1.0 - at.y * at.y;
  vec3 line = mix(EMBER, HOT, strength.x) * strength.x * 0.9;
  colour = vec4((line + mix(HOT, WHITE, 0.35) * strength.y * 0.8) * soft, 0.0);
}`;

/**
 * @param {Uniforms} uniforms
 * @param {Layout} layout
 * @param {[number, number]} ends  heights of entry and exit
 */
export function createTrail(uniforms, layout, ends) {
  const own = { ends: { value: ends } };
  const material = createMaterial(uniforms, { vertex: VERTEX, fragment: FRAGMENT, own, blend: 'glow' });
  material.side = 2;
  return createQuads(layout.layers * layout.experts + 1, material);
}
