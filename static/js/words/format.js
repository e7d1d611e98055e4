/**
 * Formats numbers and token texts for display, in the language of the page.
 */

import { language } from "./language.js";

const SEPARATORS = Object.fromEntries(
  new Intl.NumberFormat(language).formatToParts(12345.6).map(({ type, value }) => [type, value]),
);

/** French has milliards: its billion is a thousand milliards, so a French reader may misread an English billion. */
const UNITS = /** @type {Record<string, readonly (readonly [number, string])[]>} */ ({
  en: [
    [1e12, "T"],
    [1e9, "B"],
    [1e6, "M"],
    [1e3, "k"],
  ],
  fr: [
    [1e9, "\u202fMd"],
    [1e6, "\u202fM"],
    [1e3, "\u202fk"],
  ],
})[language];

const PERCENT = { en: "\u2009%", fr: "\u202f%" }[language];
const BYTES = /** @type {const} */ ({ en: "B", fr: "o" })[language];

/**
 * Returns a count of parameters in three digits: 1179648 -> "1.18M", 294912 -> "295k", 999 -> "999".
 * @param {number} count
 */
export function formatCount(count) {
  for (const [size, unit] of UNITS) {
    if (count >= size * 0.9995) return threeDigits(count / size) + unit;
  }
  return String(count);
}

/** @param {number} value from 1 on */
function threeDigits(value) {
  const decimals = value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return decimals ? formatDecimal(value, decimals) : formatExactly(Math.round(value));
}

/**
 * Formats a number with fixed decimals, or with those that it has: 1.5 -> "1.5".
 * @param {number} value
 * @param {number} [decimals]
 */
export function formatDecimal(value, decimals) {
  return (decimals === undefined ? String(value) : value.toFixed(decimals)).replace(".", SEPARATORS.decimal);
}

/**
 * Returns every digit, in groups of three: 1179648 -> "1,179,648".
 * @param {number} count
 */
export function formatExactly(count) {
  return String(count).replace(/\B(?=(\d{3})+$)/g, SEPARATORS.group);
}

/**
 * Formats memory in decimal units, as device makers count: 2400000 -> "2.40 MB".
 * @param {number} bytes
 */
export function formatBytes(bytes) {
  for (const [size, unit] of /** @type {const} */ ([
    [1e12, "T"],
    [1e9, "G"],
    [1e6, "M"],
    [1e3, "k"],
  ])) {
    if (bytes >= size * 0.9995) return `${threeDigits(bytes / size)} ${unit}${BYTES}`;
  }
  return `${bytes} ${BYTES}`;
}

/**
 * Returns a share as whole percent, or with one digit below ten: 0.25 -> "25 %", 0.031 -> "3.1 %".
 * @param {number} share from 0 to 1
 */
export function formatShare(share) {
  const percent = share * 100;
  return `${formatDecimal(percent, percent >= 9.95 || percent === 0 ? 0 : 1)}${PERCENT}`;
}

/**
 * Returns a share as percent with fixed decimals. A positive one that rounds to 0 is shown as less than the last digit.
 * @param {number} share
 * @param {number} [decimals]
 */
export function formatPercent(share, decimals = 0) {
  const least = decimals ? 0.05 : 0.5;
  if (share > 0 && share * 100 < least) return `<${formatDecimal(decimals ? 0.1 : 1)}${PERCENT}`;
  return formatDecimal(share * 100, decimals) + PERCENT;
}

/**
 * Formats a number with its sign; a minus is the typographic one: 0.02 -> "+0.020".
 * @param {number} value
 * @param {number} decimals
 */
export function formatSigned(value, decimals) {
  return `${value < 0 ? "−" : value > 0 ? "+" : ""}${formatDecimal(Math.abs(value), decimals)}`;
}

/**
 * Returns a combine weight with two digits; a positive one that rounds to 0 is shown as less than 0.01.
 * @param {number} weight from 0 to 1
 */
export function formatWeight(weight) {
  return weight > 0 && weight < 0.005 ? `<${formatDecimal(0.01)}` : formatDecimal(weight, 2);
}

/**
 * Returns weights in whole hundredths that add up to their rounded sum: [0.665, 0.335] -> [67, 33], and not [67, 34]. The
 * largest remainders are rounded up (Hamilton's method).
 * @param {number[]} weights
 */
export function inHundredths(weights) {
  const exact = weights.map((weight) => 100 * weight);
  const whole = exact.map(Math.floor);
  const missing = Math.round(exact.reduce(plus, 0)) - whole.reduce(plus, 0);
  const order = exact.map((_, at) => at).sort((a, b) => exact[b] - whole[b] - (exact[a] - whole[a]));
  for (const at of order.slice(0, missing)) whole[at]++;
  return whole;
}

/** @param {number} sum @param {number} term */
const plus = (sum, term) => sum + term;

/**
 * Formats the weights of one sum: as formatWeight, rounded so that the shown figures add up.
 * @param {number[]} weights
 */
export function formatWeights(weights) {
  const rounded = inHundredths(weights);
  return weights.map((weight, at) => formatWeight(weight < 0.005 ? weight : rounded[at] / 100));
}

/**
 * Formats seconds as minutes and seconds: 75.4 -> "1:15".
 * @param {number} seconds
 */
export function formatTime(seconds) {
  const whole = Math.max(0, Math.floor(seconds + 1e-6));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

/** @type {Record<string, string>} */
const VISIBLE = { "\n": "⏎", "\r": "␍", "\t": "⇥", "\u00a0": "⍽" };

/**
 * Returns a token on one line, with visible white space: "\n" -> "⏎", "  " -> "␣␣". The caller handles one leading space,
 * with which most tokens of a byte-level tokenizer start (`opensWithSpace`).
 * @param {string} text
 */
export function formatToken(text) {
  const shown = text
    .replace(/(?:\\x[0-9a-f]{2})+/g, marked)
    .replace(/[\n\r\t\u00a0]/g, (character) => VISIBLE[character]);
  if (shown.trim() === "") return shown.replace(/ /g, "␣");
  return shown.replace(/^ /, "").replace(/ {2,}/g, (run) => "␣".repeat(run.length));
}

/** Marks bytes that are part of a character: "\\xe2\\x82" -> "‹E2 82›". @param {string} bytes */
function marked(bytes) {
  return `‹${bytes.slice(2).toUpperCase().split("\\X").join(" ")}›`;
}

/** @param {string} text */
export function opensWithSpace(text) {
  return /^ \S/.test(text);
}

/** Returns the first names of a list and how many follow. @param {readonly string[]} names @param {(more: number) => string} more */
export function listed(names, more) {
  const shown = names.slice(0, 3).join(", ");
  return names.length > 3 ? `${shown} ${more(names.length - 3)}` : shown;
}
