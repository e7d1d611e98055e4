/**
 * GLSL prelude of all shaders: positions, glow and fog.
 */

import { PALETTE } from "./palette.js";

export const HEAD = /* glsl */ `
precision highp float;
precision highp int;
precision highp sampler2D;
uniform mat4 viewMatrix, projectionMatrix;
uniform vec3 cameraPosition, key;
uniform float time, pitch, outer, ratio, pixel, room, together, routed, path, core, capacity, negative, paper, behind, grouped, crowd;
uniform vec3 tower;
uniform vec2 shape, fog, focus, screen, near;
uniform sampler2D places, hits, pulses, levels, marks, heights, groups;
${PALETTE}

float level(int layer) { return texelFetch(levels, ivec2(layer, 0), 0).x; }

/* Between two layers. */
float levelAt(float layer) { return mix(level(int(layer)), level(int(ceil(layer))), fract(layer)); }

/* 1, or the share of its height that a folded layer keeps. */
float opened(int layer) { return texelFetch(levels, ivec2(layer, 0), 0).y; }

/* Where a tower stands in its plane: rings are turned against each other. */
vec2 placeOf(int layer, int expert) {
  vec2 place = texelFetch(places, ivec2(expert, 0), 0).xy, turn = texelFetch(levels, ivec2(layer, 0), 0).zw;
  return vec2(place.x * turn.y + place.y * turn.x, place.y * turn.y - place.x * turn.x);
}

/* Share of the height of an open tower: less than 1 where a corpus is drawn and its expert receives less than the busiest. */
float tall(int layer, int expert) {
  return expert < int(shape.y) ? texelFetch(heights, ivec2(expert, layer), 0).x : 1.0;
}
float heightOf(int layer, int expert) { return tower.y * opened(layer) * tall(layer, expert); }

/* The middle of the top of a tower: its foot stands where it stands, whatever its height. */
vec3 topOf(int layer, int expert) {
  vec2 place = placeOf(layer, expert);
  vec2 stands = texelFetch(levels, ivec2(layer, 0), 0).xy;
  return vec3(place.x, stands.x - (tower.z + tower.y * (1.0 - tall(layer, expert))) * stands.y, place.y);
}

/* 1 near, less far away. */
float depthFade(vec3 position) {
  float far = clamp((-(viewMatrix * vec4(position, 1.0)).z - fog.x) / (fog.y - fog.x), 0.0, 1.0);
  return mix(1.0, 0.3, far);
}

/* TOP: the layers above the one looked at are gone, those below hardly there. */
/* The directed shot shows the first layer alone while the camera is close, near.x, and the token near.y alone. */
float solo(int layer) { return layer > 0 ? smoothstep(0.0, 0.85, 1.0 - near.x) : 1.0; }
float present(int layer) { return (float(layer) > focus.x + 0.5 ? 1.0 - focus.y : 1.0) * solo(layer); }
float layerFade(int layer) {
  float folded = mix(0.26, 1.0, smoothstep(0.2, 0.9, opened(layer)));
  if (abs(float(layer) - focus.x) < 0.5) folded = mix(folded, 1.0, focus.y);
  return folded * (float(layer) < focus.x - 0.5 ? mix(1.0, 0.1, focus.y) * solo(layer) : present(layer));
}

/* How hot a tower is: x the flash of the last hit, y the rest glow of what was used, z 1 on the lit path. */
vec3 glow(int layer, int expert) {
  vec4 hit = texelFetch(hits, ivec2(expert, layer), 0);
  if (hit.z < 0.5) return vec3(0.0, 0.0, hit.w);
  float since = time - hit.x;
  float mass = 0.35 + 0.65 * sqrt(min(hit.y / max(texelFetch(pulses, ivec2(layer, 0), 0).y, 1.0), 1.0));
  float decay = exp(-2.2 * since) * (1.0 - smoothstep(1.4, 2.0, since));
  float flash = since < 0.0 || since > 2.0 ? 0.0 : mass * decay * crowd;
  float rest = 0.24 + 0.24 * sqrt(min(hit.z / max(routed, 1.0), 1.0));
  float aside = path * (1.0 - hit.w); /* what the lit path leaves out steps back */
  return vec3(flash * (1.0 - 0.5 * aside), rest * (1.0 - 0.55 * aside), hit.w);
}

/* 1 where layers stand well apart, less where a tall stack would add up to a wall of light. */
float airy(float least) { return mix(least, 1.0, smoothstep(5.0, 60.0, room)); }

/* A refused choice: how far along its beam it is, out and back; and the flash where it was turned away. */
const float OUT = 0.3; /* seconds */
float bounce(float since) { return since < 0.0 ? 0.0 : since < OUT ? since / OUT : 1.0 - smoothstep(OUT, 2.4 * OUT, since); }
float refusal(float since) { return since < OUT ? 0.0 : exp(-3.2 * (since - OUT)) * smoothstep(2.0, 1.6, since); }

/* How full a tower is, 0 to 1; -1 where nothing limits it. */
float filled(int layer, int expert) {
  return capacity > 0.0 ? min(texelFetch(hits, ivec2(expert, layer), 0).z / capacity, 1.0) : -1.0;
}

/* How strongly the router plane of a layer pulses. */
float pulse(int layer) {
  float since = time - texelFetch(pulses, ivec2(layer, 0), 0).x;
  return since < 0.0 ? 0.0 : smoothstep(0.0, 0.08, since) * exp(-2.6 * since);
}

/* Colour of heat: dark, ember, hot, white. */
vec3 heat(float g) {
  vec3 low = mix(vec3(0.0), EMBER, smoothstep(0.0, 0.45, g));
  vec3 mid = mix(low, HOT, smoothstep(0.35, 0.75, g));
  vec3 high = mix(mid, AMBER, smoothstep(0.7, 1.0, g));
  return mix(high, WHITE, smoothstep(0.95, 1.35, g));
}

/* The tokens that an expert served, side by side by their groups: the group at a place from 0 to 1; -1 for none. */
float groupAt(int layer, int expert, float place) {
  if (grouped < 0.5) return -1.0;
  vec4 a = texelFetch(groups, ivec2(2 * expert, layer), 0), b = texelFetch(groups, ivec2(2 * expert + 1, layer), 0);
  float shares[6] = float[6](a.x, a.y, a.z, a.w, b.x, b.y);
  float sum = a.x + a.y + a.z + a.w + b.x + b.y, left = place * sum, last = -1.0;
  for (int i = 0; i < 6; i++) {
    if (shares[i] > 0.0) last = float(i);
    left -= shares[i];
    if (left < 0.0 && last >= 0.0) return last;
  }
  return last;
}

/* A little noise, so that dark gradients show no bands. */
float grain(vec2 at) {
  return (fract(52.9829189 * fract(dot(at, vec2(0.06711056, 0.00583715)))) - 0.5) / 255.0;
}
`;

export const RIBBON = /* glsl */ `
/* A point of a strip from a to b that faces the camera, never thinner than least CSS pixels.
   along: 0 at a, 1 at b; side: -1 or 1. Returns the clip position. */
vec4 ribbon(vec3 a, vec3 b, float along, float side, float halfWidth, float least) {
  vec3 at = mix(a, b, along);
  vec3 across = cross(b - a, cameraPosition - at);
  float depth = -(viewMatrix * vec4(at, 1.0)).z;
  float wide = max(halfWidth, 0.5 * least * pixel * depth);
  across = normalize(across + vec3(0.0, 1e-6, 0.0));
  return projectionMatrix * viewMatrix * vec4(at + across * wide * side, 1.0);
}
const vec4 NOWHERE = vec4(2.0, 2.0, 2.0, 1.0); /* outside the clip space: the whole quad costs no pixel */
`;
