/**
 * Icons of buttons, on a grid of 16.
 */

import { h } from "./element.js";

const PATHS = {
  play: "M4.5 2.6v10.8L13.2 8z",
  pause: "M4 2.8h2.8v10.4H4zM9.2 2.8H12v10.4H9.2z",
  restart: "M8 3.1a5.2 5.2 0 11-5 3.7h1.6A3.7 3.7 0 108 4.6v2.2L4.4 3.8 8 .9z",
  layerOn: "M8 2.4l4.6 5H9.4v3.2H6.6V7.4H3.4zM3.4 12.2h9.2v1.5H3.4z",
  layerBack: "M8 13.6l4.6-5H9.4V5.4H6.6v3.2H3.4zM3.4 2.3h9.2v1.5H3.4z",
  tokenOn: "M3 3.4v9.2L9.4 8zM10.6 3.4h1.8v9.2h-1.8z",
  tokenBack: "M13 3.4v9.2L6.6 8zM3.6 3.4h1.8v9.2H3.6z",
  close: "M3.6 4.6l1-1L8 7l3.4-3.4 1 1L9 8l3.4 3.4-1 1L8 9l-3.4 3.4-1-1L7 8z",
  controls:
    "M2.5 4.2h6.2a2 2 0 013.8 0h1v1.4h-1a2 2 0 01-3.8 0H2.5zM2.5 10.4h1a2 2 0 013.8 0h6.2v1.4H7.3a2 2 0 01-3.8 0h-1z",
  story: "M2.5 2.8h11v8.4H7.2L4.4 13.6v-2.4H2.5zM4 4.3v5.4h8V4.3z",
  explore:
    "M8 1.9a6.1 6.1 0 110 12.2A6.1 6.1 0 018 1.9zm0 1.5a4.6 4.6 0 100 9.2 4.6 4.6 0 000-9.2zm2.6 2L9.2 9.2l-3.8 1.4 1.4-3.8z",
  down: "M3.4 5.6l1-1L8 8.2l3.6-3.6 1 1L8 10.2z",
  menu: "M2.5 3.6h11V5h-11zM2.5 7.3h11v1.4h-11zM2.5 11h11v1.4h-11z",
  data: "M2.5 9h2.6v4.5H2.5zM6.7 2.5h2.6v11H6.7zM10.9 6h2.6v7.5h-2.6z",
  share: "M8 1.8l3.4 3.4-1 1L8.7 4.5v5.7H7.3V4.5L5.6 6.2l-1-1zM3 8.2h1.5v4.5h7V8.2H13v6H3z",
  minus: "M3.4 7.3h9.2v1.4H3.4z",
  plus: "M7.3 3.4h1.4v3.9h3.9v1.4H8.7v3.9H7.3V8.7H3.4V7.3h3.9z",
  compare: "M2.5 3h4.6v10H2.5zM8.9 3h4.6v10H8.9z",
  display: "M8 1.9a6.1 6.1 0 110 12.2A6.1 6.1 0 018 1.9zm0 1.5v9.2a4.6 4.6 0 000-9.2z",
  tours: "M2.8 2.2h1.4v11.6H2.8zM5 2.6h8.2l-2.2 3 2.2 3H5z",
  out: "M8.5 2.5h5v5h-1.5V5.1L7.6 9.4l-1-1L10.9 4H8.5zM2.5 4.2h3.6v1.5H4v6.3h6.3V9.9h1.5v3.6H2.5z",
};

/** @typedef {keyof typeof PATHS} IconName */

const SVG = "http://www.w3.org/2000/svg";

/**
 * Returns an icon that takes the colour of the text. It has no accessible name, because its button has one.
 * @param {IconName} name
 * @returns {SVGSVGElement}
 */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  for (const [key, value] of Object.entries({
    viewBox: "0 0 16 16",
    width: 16,
    height: 16,
    "aria-hidden": "true",
  })) {
    svg.setAttribute(key, String(value));
  }
  svg.append(document.createElementNS(SVG, "path"));
  redraw(svg, name);
  return svg;
}

/** Returns the logo: the file of the favicon. */
export function logo() {
  const image = document.createElement("img");
  const { href } = /** @type {HTMLLinkElement} */ (document.querySelector('link[rel="icon"]'));
  return Object.assign(image, { src: href, alt: "", width: 20, height: 20 });
}

/** @param {SVGSVGElement} svg @param {IconName} name */
export function redraw(svg, name) {
  const path = /** @type {SVGPathElement} */ (svg.firstElementChild);
  if (path.getAttribute("d") !== PATHS[name]) path.setAttribute("d", PATHS[name]);
}

/** @param {IconName} picture @param {string} name @param {() => void} act @param {string} [kind] */
export function iconButton(picture, name, act, kind = "") {
  return h(
    "button",
    { type: "button", class: `icon-button ${kind}`, "aria-label": name, title: name, onclick: act },
    icon(picture),
  );
}
