/**
 * The colours of the scene per palette and theme, in sRGB. A test checks them against the common forms of colour
 * blindness.
 *
 * In `dark` and `contrast` unlit objects stay dim, so only the lit path is bright. `light` is inverted: a light ground,
 * and a dark lit path.
 *
 * @typedef {"dark" | "light" | "contrast"} Theme
 * @typedef {"ember" | "cobalt" | "mono"} PaletteName
 *
 * @typedef {object} Colours
 * @property {string} night   the corners of the picture
 * @property {string} dusk    the background behind the stack
 * @property {string} foot    foot of a tower
 * @property {string} brick   top of the side of a tower
 * @property {string} cap     top face of a tower
 * @property {string} edge    rim of a tower
 * @property {string} plate   outline of a ring
 * @property {string} ember   used experts
 * @property {string} hot     currently used experts
 * @property {string} amber   the strongest glow
 * @property {string} white   the core of the strongest glow
 * @property {string} gold    tokens
 * @property {string} text
 * @property {string} bright  emphasised text
 * @property {string} refused a dropped choice
 */

/** @type {readonly Theme[]} */
export const THEMES = ["dark", "light", "contrast"];

/** @type {Record<PaletteName, Record<Theme, Colours>>} */
export const PALETTES = {
  ember: {
    dark: {
      night: "#0b0709",
      dusk: "#190d10",
      foot: "#22090d",
      brick: "#6b1c21",
      cap: "#8a2a30",
      edge: "#b8443f",
      plate: "#8a2a2c",
      ember: "#b5311b",
      hot: "#ff5233",
      amber: "#ffa85c",
      white: "#fff0dc",
      gold: "#ffd9a0",
      text: "#a58f8b",
      bright: "#f3e9e6",
      refused: "#6cc6ff",
    },
    light: {
      night: "#f6efeb",
      dusk: "#fffdfb",
      foot: "#ecd6ce",
      brick: "#cfa59c",
      cap: "#c4958b",
      edge: "#a26f65",
      plate: "#cba49c",
      ember: "#d0664c",
      hot: "#c0260c",
      amber: "#a31a08",
      white: "#7a1004",
      gold: "#8a3a05",
      text: "#6f5954",
      bright: "#2a1613",
      refused: "#0a5fb4",
    },
    contrast: {
      night: "#000000",
      dusk: "#000000",
      foot: "#2b0a0d",
      brick: "#6d1c20",
      cap: "#7d262b",
      edge: "#ff9c92",
      plate: "#d98a84",
      ember: "#ff5a3c",
      hot: "#ffa24a",
      amber: "#ffdb8f",
      white: "#ffffff",
      gold: "#ffffff",
      text: "#ffffff",
      bright: "#ffffff",
      refused: "#66d4ff",
    },
  },
  cobalt: {
    dark: {
      night: "#06080d",
      dusk: "#0c121f",
      foot: "#0a1330",
      brick: "#1d3672",
      cap: "#2a4a8e",
      edge: "#5a80cf",
      plate: "#36589f",
      ember: "#a4691c",
      hot: "#ffab2b",
      amber: "#ffd06a",
      white: "#fff6dd",
      gold: "#fff0c4",
      text: "#8f9bb3",
      bright: "#e9eefa",
      refused: "#d66bff",
    },
    light: {
      night: "#edf1f8",
      dusk: "#fcfdff",
      foot: "#d3def0",
      brick: "#9fb3da",
      cap: "#8ba3d2",
      edge: "#6480b8",
      plate: "#9db1d8",
      ember: "#b98338",
      hot: "#9a5500",
      amber: "#763d00",
      white: "#3d1f00",
      gold: "#6b3d00",
      text: "#55617a",
      bright: "#101a2e",
      refused: "#7a18c8",
    },
    contrast: {
      night: "#000000",
      dusk: "#000000",
      foot: "#0b1a42",
      brick: "#1f3f8a",
      cap: "#2a4f9e",
      edge: "#9fc0ff",
      plate: "#86a8ee",
      ember: "#e09a2a",
      hot: "#ffc04a",
      amber: "#ffe39a",
      white: "#ffffff",
      gold: "#ffffff",
      text: "#ffffff",
      bright: "#ffffff",
      refused: "#dd8cff",
    },
  },
  mono: {
    dark: {
      night: "#08080a",
      dusk: "#121215",
      foot: "#141417",
      brick: "#393940",
      cap: "#4a4a52",
      edge: "#777781",
      plate: "#55555e",
      ember: "#85858c",
      hot: "#d2d2d8",
      amber: "#ececf0",
      white: "#ffffff",
      gold: "#ffffff",
      text: "#9c9ca4",
      bright: "#f2f2f5",
      refused: "#7fb2ff",
    },
    light: {
      night: "#f1f1f2",
      dusk: "#fefefe",
      foot: "#dcdcdf",
      brick: "#b2b2b9",
      cap: "#a3a3aa",
      edge: "#7e7e86",
      plate: "#b0b0b6",
      ember: "#85858b",
      hot: "#3f3f45",
      amber: "#26262b",
      white: "#000000",
      gold: "#1c1c20",
      text: "#5e5e66",
      bright: "#131316",
      refused: "#1a58c2",
    },
    contrast: {
      night: "#000000",
      dusk: "#000000",
      foot: "#1b1b1e",
      brick: "#404046",
      cap: "#4b4b52",
      edge: "#c4c4cc",
      plate: "#a4a4ad",
      ember: "#a2a2aa",
      hot: "#e6e6ec",
      amber: "#f4f4f8",
      white: "#ffffff",
      gold: "#ffffff",
      text: "#ffffff",
      bright: "#ffffff",
      refused: "#8fc0ff",
    },
  },
};

/**
 * Hues of devices, distinguishable with colour blindness (Okabe and Ito 2008, without the two hues of the lit path). The
 * ninth device repeats the first hue at half strength: see `deviceColour`.
 * @type {Record<Theme, readonly string[]>}
 */
export const DEVICES = {
  dark: ["#74d3fa", "#e8d44d", "#129b76", "#f0a5cf", "#1f4fc4", "#f4efe6", "#a06be0", "#5f7427"],
  light: ["#39b2ea", "#b39100", "#00735a", "#cf7fae", "#15389c", "#4a4642", "#9a66d8", "#4d5f10"],
  contrast: ["#7fe0ff", "#f0e442", "#22b78c", "#ffb3dc", "#2f62e6", "#ffffff", "#b98cff", "#84a032"],
};

/**
 * Colours of token groups, in addition to their patterns. They differ from the colours of heat, and are distinguishable
 * with colour blindness. The style sheet has the same tints.
 * @type {Record<Theme, readonly string[]>}
 */
export const GROUPS = {
  dark: ["#8ccaf6", "#0fa596", "#f2e84a", "#b56cf7", "#d2f6f8", "#62709c"],
  light: ["#1e43c3", "#0a8a7c", "#756400", "#6a1a9c", "#2b2a3c", "#7480c4"],
  contrast: ["#95d0f6", "#22b892", "#e8ff3a", "#b870ff", "#ffffff", "#6b7a9c"],
};

/** The palettes by name. */
export const PALETTE_NAMES = /** @type {PaletteName[]} */ (Object.keys(PALETTES));

/** Returns the colours of a palette in a theme; an unknown name selects the first. @param {string} [palette] @param {string} [theme] */
export function coloursOf(palette = "ember", theme = "dark") {
  const named = PALETTES[/** @type {PaletteName} */ (palette)] ?? PALETTES.ember;
  return named[/** @type {Theme} */ (theme)] ?? named.dark;
}

/**
 * Returns the colours that a user must distinguish.
 * @param {string} [palette]
 * @param {string} [theme]
 * @returns {{background: string, unchosen: string, used: string, chosen: string, beam: string, token: string, refused: string}}
 */
export function rolesOf(palette, theme) {
  const { night, brick, ember, hot, amber, gold, refused } = coloursOf(palette, theme);
  return { background: night, unchosen: brick, used: ember, chosen: amber, beam: hot, token: gold, refused };
}

/** Returns the colour of a device. After eight the hues repeat at half strength. @param {string} theme @param {number} device */
export function deviceColour(theme, device) {
  const hues = DEVICES[/** @type {Theme} */ (theme)] ?? DEVICES.dark;
  const faint = Math.floor(device / hues.length) % 2 === 1;
  return mixed(hues[device % hues.length], coloursOf("mono", theme).night, faint ? 0.5 : 0);
}

/** @param {string} a @param {string} b @param {number} share  of b */
function mixed(a, b, share) {
  const part = (/** @type {number} */ at) => {
    const [from, to] = [a, b].map((hex) => parseInt(hex.slice(at, at + 2), 16));
    return Math.round(from + (to - from) * share)
      .toString(16)
      .padStart(2, "0");
  };
  return `#${part(1)}${part(3)}${part(5)}`;
}
