/**
 * What all shaders of the scene share: uniforms, where things stand, how they glow and recede; and the
 * materials made of it.
 *
 * Geometry carries one number a vertex, `serial`, from which the shader finds layer, expert and corner.
 * Positions and glow come from the shape uniforms and from three small textures, so that a change of shape
 * builds hardly anything.
 *
 * @import { Layout } from '../layout.js'
 * @import { IUniform, DataTexture } from 'three'
 */
import {
  AdditiveBlending,
  DoubleSide,
  FrontSide,
  GLSL3,
  NormalBlending,
  RawShaderMaterial,
  Vector2,
  Vector3,
} from "three";
import { PALETTE } from "./palette.js";

/**
 * @typedef {object} Uniforms
 * @property {IUniform<number>} time       seconds on the timeline
 * @property {IUniform<Vector2>} shape     L, N
 * @property {IUniform<number>} pitch
 * @property {IUniform<Vector3>} tower     radius, height, drop from the router plane to the top
 * @property {IUniform<number>} outer
 * @property {IUniform<Vector2>} fog       distance from the camera where things start to recede, and where
 *   they have
 * @property {IUniform<Vector2>} focus     layer that TOP looks at, and how much the others are gone, 0 to 1
 * @property {IUniform<Vector2>} screen    device pixels
 * @property {IUniform<number>} ratio     device pixels a CSS pixel
 * @property {IUniform<number>} pixel      size of a CSS pixel in the world, one unit from the camera
 * @property {IUniform<number>} room      CSS pixels from layer to layer: what is too much when they are close
 * @property {IUniform<number>} together   tokens that fire at once
 * @property {IUniform<number>} routed     tokens that have fired so far
 * @property {IUniform<number>} path       1 while a token's path is lit: the rest steps back
 * @property {IUniform<Vector3>} key       direction to the key light
 * @property {IUniform<DataTexture | null>} places  [N]: x, z
 * @property {IUniform<DataTexture | null>} hits    [L, N]: time of the last hit, its mass, hits so far, on
 *   the lit path
 * @property {IUniform<DataTexture | null>} pulses  [L]: time of the last arrival, largest mass of a hit
 */

/** @returns {Uniforms} */
export function createUniforms() {
  return {
    time: { value: 0 },
    shape: { value: new Vector2(1, 1) },
    pitch: { value: 1 },
    tower: { value: new Vector3(1, 1, 0) },
    outer: { value: 1 },
    fog: { value: new Vector2(0, 1) },
    focus: { value: new Vector2(0, 0) },
    screen: { value: new Vector2(1, 1) },
    ratio: { value: 1 },
    pixel: { value: 0.001 },
    room: { value: 100 },
    together: { value: 1 },
    routed: { value: 0 },
    path: { value: 0 },
    key: { value: new Vector3(0, 1, 0) },
    places: { value: null },
    hits: { value: null },
    pulses: { value: null },
  };
}

/** Set the uniforms that follow from the layout. */
export function shapeUniforms(/** @type {Uniforms} */ uniforms, /** @type {Layout} */ layout) {
  uniforms.shape.value.set(layout.layers, layout.experts);
  uniforms.pitch.value = layout.pitch;
  uniforms.tower.value.set(layout.towerRadius, layout.towerHeight, layout.drop);
  uniforms.outer.value = layout.outer;
}

const HEAD = /* glsl */ `
precision highp float;
precision highp int;
precision highp sampler2D;
uniform mat4 viewMatrix, projectionMatrix;
uniform vec3 cameraPosition, key;
uniform float time, pitch, outer, ratio, pixel, room, together, routed, path;
uniform vec3 tower;
uniform vec2 shape, fog, focus, screen;
uniform sampler2D places, hits, pulses;
${PALETTE}

float level(int layer) { return (float(layer) - 0.5 * (shape.x - 1.0)) * pitch; }

/* The middle of the top of a tower. */
vec3 topOf(int layer, int expert) {
  vec2 place = texelFetch(places, ivec2(expert, 0), 0).xy;
  return vec3(place.x, level(layer) - tower.z, place.y);
}

/* 1 near, less far away. */
float depthFade(vec3 position) {
  float far = clamp((-(viewMatrix * vec4(position, 1.0)).z - fog.x) / (fog.y - fog.x), 0.0, 1.0);
  return mix(1.0, 0.3, far);
}

/* TOP: the layers above the one looked at are gone, those below hardly there. */
float present(int layer) { return float(layer) > focus.x + 0.5 ? 1.0 - focus.y : 1.0; }
float layerFade(int layer) {
  return float(layer) < focus.x - 0.5 ? mix(1.0, 0.1, focus.y) : present(layer);
}

/* How hot a tower is: x the flash of the last hit, y the rest glow of what was used, z 1 on the lit path. */
vec3 glow(int layer, int expert) {
  vec4 hit = texelFetch(hits, ivec2(expert, layer), 0);
  if (hit.z < 0.5) return vec3(0.0, 0.0, hit.w);
  float since = time - hit.x;
  float mass = 0.35 + 0.65 * sqrt(min(hit.y / max(texelFetch(pulses, ivec2(layer, 0), 0).y, 1.0), 1.0));
  float decay = exp(-2.2 * since) * (1.0 - smoothstep(1.4, 2.0, since));
  float flash = since < 0.0 || since > 2.0 ? 0.0 : mass * decay;
  float rest = 0.24 + 0.24 * sqrt(min(hit.z / max(routed, 1.0), 1.0));
  float aside = path * (1.0 - hit.w); /* what the lit path leaves out steps back */
  return vec3(flash * (1.0 - 0.5 * aside), rest * (1.0 - 0.55 * aside), hit.w);
}

/* 1 where layers stand well apart, less where a tall stack would add up to a wall of light. */
float airy(float least) { return mix(least, 1.0, smoothstep(5.0, 60.0, room)); }

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

/* A little noise, so that dark gradients show no bands. */
float grain(vec2 at) {
  return (fract(52.9829189 * fract(dot(at, vec2(0.06711056, 0.00583715)))) - 0.5) / 255.0;
}
`;

const RIBBON = /* glsl */ `
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

/**
 * A material of the scene: `solid`, or `glow`, which adds its light to what is there, or `over`, which lies
 * on it. Glow shines through what stands before it unless it is `tested` against depth.
 * @param {Uniforms} uniforms
 * @param {{vertex: string, fragment: string, own?: Record<string, IUniform>, blend?: 'solid' | 'glow' |
 *   'over',
 *   tested?: boolean}} parts
 */
export function createMaterial(
  uniforms,
  { vertex, fragment, own = {}, blend = "solid", tested = blend === "solid" },
) {
  return new RawShaderMaterial({
    glslVersion: GLSL3,
    uniforms: { ...uniforms, ...own },
    vertexShader: `${HEAD}${RIBBON}in float serial;\n${vertex}`,
    fragmentShader: `${HEAD}out vec4 colour;\n${fragment}`,
    transparent: blend !== "solid",
    premultipliedAlpha: true, // light is added with alpha 0, so that a picture without background keeps it
    blending: blend === "glow" ? AdditiveBlending : NormalBlending,
    side: blend === "solid" ? FrontSide : DoubleSide,
    depthWrite: blend === "solid" && tested,
    depthTest: tested,
  });
}
