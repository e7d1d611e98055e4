/**
 * The caption of every saved picture and video: the origin of the routing, and the model. Reason: without the page an
 * illustration must not pass for a measurement.
 *
 * @import {State} from "../types.js"
 */

import { corpusShown, recordedWords } from "../state/corpus.js";
import { formatCount, formatExactly, formatToken } from "../words/format.js";
import { alterWords, words } from "../words/words.js";

/** CSS pixels. */
const MARGIN = 16;
const PAD = { x: 14, y: 11 };
const LINE = 20;
const FAMILY = 'system-ui, -apple-system, "Segoe UI", Roboto, sans-serif';
const BADGE = `600 11.5px ${FAMILY}`;
const HEAD = `600 14px ${FAMILY}`;
const REST = `400 12px ${FAMILY}`;
const BADGES = { AUTHORED: "--authored", LIVE: "--live", RECORDED: "--warm" };

/**
 * @typedef {object} Caption
 * @property {string} badge   as the trace has it
 * @property {boolean} altered   the routers are altered
 * @property {string} title
 * @property {string[]} lines
 */

/**
 * Returns the text of the caption. A video also has the current event.
 * @param {State} state
 * @param {string} title
 * @param {boolean} [moment]
 * @returns {Caption | null} null before the trace has arrived
 */
export function captionOf(state, title, moment = false) {
  const { trace, at, hits } = state;
  if (!trace) return null;
  const { layers, experts, top_k: k, total_p: total, active_p: active } = trace.model;
  const shape = words.plateShape(layers, experts, k);
  const figures = `${words.total_p} ${formatCount(total)} · ${words.active_p} ${formatCount(active)} · ${words.experts_hit} ${formatExactly(hits)} / ${formatExactly(layers * experts)}`;
  const token = trace.tokens[at.token];
  const now = moment
    ? [token ? words.plateMoment(formatToken(token.text), at.layer + 1) : words.atStart]
    : [];
  const corpus = corpusShown(state);
  const behind = corpus ? [recordedWords(corpus)] : [];
  const { badge, alter = "" } = trace.origin;
  return { badge, altered: alter !== "", title, lines: [shape, figures, ...behind, ...now] };
}

/** Returns a colour of the page's theme. @param {string} name */
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/**
 * Draws a caption in the lower left corner of an area.
 * @param {CanvasRenderingContext2D} context
 * @param {{left: number, top: number, width: number, height: number}} area  pixels of the canvas
 * @param {number} scale   pixels of the canvas to one of CSS
 * @param {Caption} caption
 */
export function drawCaption(context, area, scale, { badge, altered, title, lines }) {
  context.save();
  context.translate(area.left, area.top);
  context.scale(scale, scale);
  const room = area.width / scale - 2 * MARGIN - 2 * PAD.x;
  const name = [words.badgeWords[badge] ?? badge, altered && alterWords.alteredWord]
    .filter(Boolean)
    .join(" · ");
  const [badgeWidth] = widths(context, BADGE, [name]);
  const aside = badgeWidth + 12;
  const [head] = fitted(context, HEAD, [title], room - aside);
  const rest = fitted(context, REST, lines, room);
  const width =
    Math.max(aside + widths(context, HEAD, [head])[0], ...widths(context, REST, rest)) + 2 * PAD.x;
  const height = (1 + rest.length) * LINE + 2 * PAD.y;
  context.translate(MARGIN, area.height / scale - MARGIN - height);
  drawGround(context, width, height);
  const middle = PAD.y + LINE / 2;
  write(context, BADGE, BADGES[/** @type {keyof typeof BADGES} */ (badge)] ?? "--text", name, PAD.x, middle);
  write(context, HEAD, "--text", head, PAD.x + aside, middle);
  rest.forEach((line, i) => write(context, REST, "--dim", line, PAD.x, middle + (i + 1) * LINE));
  context.restore();
}

/** @param {CanvasRenderingContext2D} context @param {number} width @param {number} height */
function drawGround(context, width, height) {
  context.fillStyle = colour("--raised");
  context.globalAlpha = 0.92;
  context.beginPath();
  context.roundRect(0, 0, width, height, 6);
  context.fill();
  context.globalAlpha = 1;
}

/** @param {CanvasRenderingContext2D} context @param {string} font @param {string} name @param {string} text @param {number} x @param {number} y */
function write(context, font, name, text, x, y) {
  context.font = font;
  context.textBaseline = "middle";
  context.fillStyle = colour(name);
  context.fillText(text, x, y);
}

/** @param {CanvasRenderingContext2D} context @param {string} font @param {readonly string[]} texts */
function widths(context, font, texts) {
  context.font = font;
  return texts.map((text) => context.measureText(text).width);
}

/** Shortens each text to the width. @param {CanvasRenderingContext2D} context @param {string} font @param {readonly string[]} texts @param {number} room */
function fitted(context, font, texts, room) {
  context.font = font;
  const fits = (/** @type {string} */ text) => context.measureText(text).width <= room;
  return texts.map((text) => {
    let end = text.length;
    while (end > 1 && !fits(end < text.length ? `${text.slice(0, end)}…` : text)) end--;
    return end < text.length ? `${text.slice(0, end)}…` : text;
  });
}
