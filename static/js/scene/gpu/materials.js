/**
 * What all shaders of the scene share: uniforms, and the materials made of them.
 *
 * Geometry carries one number a vertex, `serial`, from which the shader finds layer, expert and corner.
 * Positions and glow come from the shape uniforms and from three small textures, so that a change of shape
 * builds hardly anything.
 *
 * @import {Layout} from "../layout/layout.js"
 * @import {DataTexture, IUniform} from "three"
 */

import {
  CustomBlending,
  DoubleSide,
  FrontSide,
  GLSL3,
  NormalBlending,
  OneFactor,
  OneMinusSrcAlphaFactor,
  RawShaderMaterial,
  Vector2,
  Vector3,
} from "three";
import { HEAD, RIBBON } from "./glsl.js";
import { inksOf, isNegative } from "./palette.js";

/**
 * @typedef {object} Uniforms
 * @property {IUniform<number>} time       seconds on the timeline
 * @property {IUniform<Vector2>} shape     L, N
 * @property {IUniform<number>} pitch
 * @property {IUniform<Vector3>} tower     radius, height, drop from the router plane to the top, where it is open
 * @property {IUniform<number>} core       1 where a tower stands on the axis
 * @property {IUniform<number>} capacity   tokens that an expert takes, 0 where there is no such limit
 * @property {IUniform<number>} outer
 * @property {IUniform<Vector2>} fog       distance from the camera where things start to recede, and where
 *   they have
 * @property {IUniform<Vector2>} focus     layer that TOP looks at, and how much the others are gone, 0 to 1
 * @property {IUniform<Vector2>} near      how close the directed shot is to the first layer, 0 to 1; its token
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
 * @property {IUniform<DataTexture | null>} levels  [L]: height of the router plane, how far the layer is open, its turn
 * @property {IUniform<DataTexture | null>} marks   [L, N]: time of the last refusal, refusals, device + 1, bias
 * @property {IUniform<DataTexture | null>} heights [L, N]: share of its full height
 * @property {IUniform<number>} behind   1 while a corpus is drawn: the fans step back
 * @property {IUniform<number>} crowd    how bright one of many tokens is that follow each other closely, 1 where few do
 * @property {IUniform<number>} grouped   1 where colour says which groups of tokens an expert served, less as the directed shot comes close
 * @property {IUniform<DataTexture | null>} groups  [L, 2 N]: share of each of six groups, in two texels
 * @property {IUniform<number[]>} inks     the palette
 * @property {IUniform<number>} paper      1 in the light theme, which is drawn as its negative: see palette.js
 * @property {IUniform<number>} negative   1 where what the shaders add up is taken from white
 */

/** Most that is taken from white in any colour. */
const DARKEST = "0.96";

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
    near: { value: new Vector2(0, 0) },
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
    levels: { value: null },
    marks: { value: null },
    heights: { value: null },
    behind: { value: 0 },
    crowd: { value: 1 },
    grouped: { value: 0 },
    groups: { value: null },
    core: { value: 0 },
    capacity: { value: 0 },
    inks: { value: inksOf() },
    paper: { value: 0 },
    negative: { value: 0 },
  };
}

/** Set the uniforms that follow from the layout. */
export function shapeUniforms(/** @type {Uniforms} */ uniforms, /** @type {Layout} */ layout) {
  uniforms.shape.value.set(layout.layers, layout.experts);
  uniforms.pitch.value = layout.pitch;
  uniforms.tower.value.set(layout.towerRadius, layout.towerHeight, layout.drop);
  uniforms.outer.value = layout.outer;
  uniforms.core.value = layout.core ? 1 : 0;
}

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
  const material = new RawShaderMaterial({
    glslVersion: GLSL3,
    uniforms: { ...uniforms, ...own },
    vertexShader: `${HEAD}${RIBBON}in float serial;\n${vertex}`,
    fragmentShader: `${HEAD}out vec4 colour;\n${fragment.replace("void main()", "void shade()")}${MAIN[blend]}`,
    transparent: blend !== "solid",
    premultipliedAlpha: true, // light is added with alpha 0, so that a picture without background keeps it
    blending: blend === "glow" ? CustomBlending : NormalBlending,
    blendSrc: OneFactor,
    blendDst: OneFactor,
    side: blend === "solid" ? FrontSide : DoubleSide,
    depthWrite: blend === "solid" && tested,
    depthTest: tested,
  });
  // Light is added in the dark; on paper it is ink, which covers: where much lies on much it stays its own colour.
  if (blend === "glow")
    material.onBeforeRender = () => {
      material.blendDst = uniforms.negative.value ? OneMinusSrcAlphaFactor : OneFactor;
    };
  return material;
}

/*
 * In the light theme what a shader adds up is what is taken from white, but never all of it: the strongest is the darkest
 * ink of its hue, and no black. Light becomes ink that covers by its strength.
 */
const MAIN = {
  solid: `
void main() {
  shade();
  float most = max(colour.r, max(colour.g, colour.b));
  if (negative > 0.5) colour.rgb = 1.0 - colour.rgb * min(1.0, ${DARKEST} / max(most, 1e-3));
}`,
  over: `
void main() {
  shade();
  if (negative > 0.5) colour.rgb = colour.a - colour.rgb;
}`,
  glow: `
void main() {
  shade();
  if (negative < 0.5) return;
  float most = max(colour.r, max(colour.g, colour.b));
  float cover = 1.0 - exp(-1.6 * most);
  colour = most < 0.002 ? vec4(0.0) : vec4(cover * (1.0 - colour.rgb * (${DARKEST} / most)), cover);
}`,
};

/** Set the uniforms of a theme. @param {Uniforms} uniforms @param {string} [palette] @param {string} [theme] */
export function themeUniforms(uniforms, palette, theme = "dark") {
  uniforms.inks.value = inksOf(palette, theme);
  uniforms.paper.value = uniforms.negative.value = isNegative(theme) ? 1 : 0;
}
