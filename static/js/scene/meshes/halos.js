/**
 * Halos: a soft light around each hot tower. Those of dark towers are not drawn. They belong to the mesh of the tokens
 * (tokens.js), so both are one draw call.
 */

/** GLSL: `halo(quad, corner)` places the quad of a tower and sets `at`, `strength` and `who`. */
export const HALO_VERTEX = /* glsl */ `
flat out float who; /* a group that it served, -1 where colour says nothing of groups */

void halo(int quad, vec2 corner) {
  int layer = quad / int(shape.y), expert = quad - layer * int(shape.y);
  vec3 heat = glow(layer, expert);
  if (heat.x + heat.y + heat.z < 0.01) { gl_Position = NOWHERE; return; }
  float hot = max(max(heat.x, 0.25 * heat.y), 0.5 * heat.z);
  who = heat.x > 0.3 || heat.z > 0.5 ? -1.0 : groupAt(layer, expert, 0.5);
  vec3 centre = topOf(layer, expert) - vec3(0.0, 0.2 * tower.y * opened(layer), 0.0);
  vec4 view = viewMatrix * vec4(centre, 1.0);
  float size = max(4.2 * tower.x, 10.0 * pixel * -view.z) * (0.75 + 0.5 * hot);
  at = corner;
  strength = hot * mix(1.0, 0.45, paper) * layerFade(layer) * mix(0.6, 1.0, depthFade(centre));
  gl_Position = strength < 0.02 ? NOWHERE : projectionMatrix * (view + vec4(corner * size, 0.0, 0.0));
}`;

/** GLSL: the light at a place of a halo. */
export const HALO_FRAGMENT = /* glsl */ `
flat in float who;

vec3 halo() {
  float r = length(at);
  float fall = max(1.0 - r, 0.0);
  float square = fall * fall;
  vec3 light = mix(EMBER, HOT, strength);
  if (who > -0.5) light = mix(clan(who), light, smoothstep(0.12, 0.3, strength));
  return light * strength * square * (0.75 + 0.5 * square);
}`;
