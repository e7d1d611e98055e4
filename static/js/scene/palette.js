/**
 * The colours of the scene, in the values that the screen shows (sRGB); shaders neither light nor blend in
 * linear space. Unlit things stay below a quarter of full brightness, so that the lit path is the only bright
 * thing.
 */
export const COLOURS = {
  night: "#0b0709", // the corners of the picture
  dusk: "#190d10", // behind the stack
  foot: "#22090d", // a tower at its foot
  brick: "#6b1c21", // a tower at its top
  cap: "#8a2a30",
  edge: "#b8443f", // rim of a tower against the dark
  plate: "#8a2a2c", // outline of a ring
  ember: "#b5311b", // what was used
  hot: "#ff5233", // what is used now
  amber: "#ffa85c",
  white: "#fff0dc", // the core of what is hottest
  gold: "#ffd9a0", // tokens
  text: "#a58f8b",
  bright: "#f3e9e6",
};

/** A colour as a GLSL expression. */
export function glsl(/** @type {string} */ hex) {
  const parts = [1, 3, 5].map((at) => (parseInt(hex.slice(at, at + 2), 16) / 255).toFixed(4));
  return `vec3(${parts.join(", ")})`;
}

/** The palette as GLSL constants: `const vec3 HOT = ...;` */
export const PALETTE = Object.entries(COLOURS)
  .map(([name, hex]) => `const vec3 ${name.toUpperCase()} = ${glsl(hex)};`)
  .join("\n");
