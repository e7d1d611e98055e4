/**
 * Uniforms that all shaders of the scene share, and the materials that use them.
 *
 * Geometry has one number per vertex, `serial`, from which the shader computes layer, expert and corner. Positions and
 * glow come from uniforms and small textures, so a change of shape builds little.
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
 * @property {IUniform<Vector3>} tower     radius, height, drop from the router plane to the top, of an open layer
 * @property {IUniform<number>} core       1 with a tower on the axis
 * @property {IUniform<number>} capacity   expert capacity in tokens, 0 without a limit
 * @property {IUniform<number>} outer
 * @property {IUniform<Vector2>} fog       distance from the camera where things start to recede, and where
 *   they have
 * @property {IUniform<Vector2>} focus     the layer of TOP, and how far the others have faded, 0 to 1
 * @property {IUniform<Vector2>} near      closeness of the directed shot to the first layer, 0 to 1; its token
 * @property {IUniform<Vector2>} screen    device pixels
 * @property {IUniform<number>} ratio     device pixels per CSS pixel
 * @property {IUniform<number>} pixel      size of a CSS pixel in the world, one unit from the camera
 * @property {IUniform<number>} room      CSS pixels from layer to layer: details are omitted if they are close
 * @property {IUniform<number>} together   tokens that fire at once
 * @property {IUniform<number>} routed     tokens that have fired so far
 * @property {IUniform<number>} path       1 while a token's path is lit: the rest is dimmed
 * @property {IUniform<Vector3>} key       direction to the key light
 * @property {IUniform<DataTexture | null>} places  [N]: x, z
 * @property {IUniform<DataTexture | null>} hits    [L, N]: time of the last hit, its mass, hits so far, on
 *   the lit path
 * @property {IUniform<DataTexture | null>} pulses  [L]: time of the last arrival, largest mass of a hit
 * @property {IUniform<DataTexture | null>} levels  [L]: height of the router plane, how far the layer is open, its turn
 * @property {IUniform<DataTexture | null>} marks   [L, N]: time of the last drop, number of drops, device + 1, bias
 * @property {IUniform<DataTexture | null>} heights [L, N]: share of the full height
 * @property {IUniform<number>} behind   1 while a corpus is drawn: the fans are dimmed
 * @property {IUniform<number>} crowd    brightness of tokens in close succession, 1 for few
 * @property {IUniform<number>} grouped   1 if colour shows the token groups of an expert, less as the directed shot comes close
 * @property {IUniform<DataTexture | null>} groups  [L, 2 N]: share of each of six groups, in two texels
 * @property {IUniform<number[]>} inks     the palette
 * @property {IUniform<number>} paper      1 in the light theme, which is drawn as its negative: see palette.js
 * @property {IUniform<number>} negative   1 if the sum of the shaders is subtracted from white
 */

/** Largest amount subtracted from white in any colour. */
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

/** Sets the uniforms of a layout. */
export function shapeUniforms(/** @type {Uniforms} */ uniforms, /** @type {Layout} */ layout) {
  uniforms.shape.value.set(layout.layers, layout.experts);
  uniforms.pitch.value = layout.pitch;
  uniforms.tower.value.set(layout.towerRadius, layout.towerHeight, layout.drop);
  uniforms.outer.value = layout.outer;
  uniforms.core.value = layout.core ? 1 : 0;
}

/**
 * Returns a material of the scene: `solid`, `glow`, which adds light, or `over`, which covers. Glow shines through
 * objects in front of it unless it is `tested` against depth.
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
    premultipliedAlpha: true, // light is added with alpha 0, which a picture without background keeps
    blending: blend === "glow" ? CustomBlending : NormalBlending,
    blendSrc: OneFactor,
    blendDst: OneFactor,
    side: blend === "solid" ? FrontSide : DoubleSide,
    depthWrite: blend === "solid" && tested,
    depthTest: tested,
  });
  // Dark themes add light. On paper light is ink, which covers, so its colour stays where much of it overlaps.
  if (blend === "glow")
    material.onBeforeRender = () => {
      material.blendDst = uniforms.negative.value ? OneMinusSrcAlphaFactor : OneFactor;
    };
  return material;
}

/*
 * In the light theme the sum of a shader is subtracted from white, up to DARKEST: the strongest light is the darkest ink of its hue, not black. Light becomes ink that covers by its strength.
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

/** Sets the uniforms of a theme. @param {Uniforms} uniforms @param {string} [palette] @param {string} [theme] */
export function themeUniforms(uniforms, palette, theme = "dark") {
  uniforms.inks.value = inksOf(palette, theme);
  uniforms.paper.value = uniforms.negative.value = isNegative(theme) ? 1 : 0;
}
