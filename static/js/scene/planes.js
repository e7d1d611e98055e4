/**
 * Router planes: a thin disc at each layer, hardly there until a token arrives and a wave of light runs over it. Its outline
 * is what makes towers that stand apart read as a ring.
 *
 * @import { Layout } from '../layout.js'
 * @import { Uniforms } from './shader.js'
 */
import { createQuads, QUAD } from './mesh.js';
import { createMaterial } from './shader.js';

const VERTEX = /* glsl */ `
out vec2 at;
flat out vec3 state; /* fade, pulse, seconds since the pulse */

void main() {
  ${QUAD}
  vec3 centre = vec3(0.0, level(quad), 0.0);
  float reach = outer * 1.12;
  vec3 world = centre + vec3(corner.x, 0.0, corner.y) * reach;
  at = corner * 1.12;
  state = vec3(layerFade(quad), pulse(quad), time - texelFetch(pulses, ivec2(quad, 0), 0).x);
  gl_Position = state.x < 0.01 ? NOWHERE : projectionMatrix * viewMatrix * vec4(world, 1.0);
}`;

const FRAGMENT = /* glsl */ `
in vec2 at;
flat in vec3 state;

/* A line of about one pixel at radius r0. */
float outline(float r, float r0, float wide) { return max(1.0 - abs(r - r0) / (wide * max(fwidth(r), 0.002)), 0.0); }

void main() {
  float r = length(at);
  if (r > 1.07) discard;
  float edge = outline(r, 1.05, 1.0);
  float rest = (0.5 * edge + 0.03 * r * r) * airy(0.03);
  float front = 1.06 * (1.0 - exp(-4.5 * state.z));
  float wave = exp(-60.0 * (r - front) * (r - front));
  float core = exp(-9.0 * r * r);
  vec3 lit = mix(EMBER, HOT, 0.5) * state.y * (0.22 * wave + 0.3 * core + 0.5 * edge) * airy(0.3);
  colour = vec4((PLATE * rest + lit) * state.x + grain(gl_FragCoord.xy), 0.0);
}`;

/**
 * @param {Uniforms} uniforms
 * @param {Layout} layout
 */
export function createPlanes(uniforms, layout) {
  const material = createMaterial(uniforms, { vertex: VERTEX, fragment: FRAGMENT, blend: 'glow', tested: true });
  return createQuads(layout.layers, material);
}
