/**
 * Numbers and token texts as a person reads them, in the language of the page. What programs read is not made here.
 */

import { language } from "./language.js";

const SEPARATORS = Object.fromEntries(
  new Intl.NumberFormat(language).formatToParts(12345.6).map(({ type, value }) => [type, value]),
);

/** French counts on in milliards: its billion is a thousand of them, and its reader might take it for one. */
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
 * With so many decimals, or with those that it has: 1.5 -> "1.5".
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
 * Memory in decimal units, as device makers count: 2400000 -> "2.40 MB".
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
 * Returns a share as percent with so many decimals; one that rounds to nothing without being nothing is told as less than one.
 * @param {number} share
 * @param {number} [decimals]
 */
export function formatPercent(share, decimals = 0) {
  const least = decimals ? 0.05 : 0.5;
  if (share > 0 && share * 100 < least) return `<${formatDecimal(decimals ? 0.1 : 1)}${PERCENT}`;
  return formatDecimal(share * 100, decimals) + PERCENT;
}

/**
 * With its sign, which for a minus is that of arithmetic: 0.02 -> "+0.020".
 * @param {number} value
 * @param {number} decimals
 */
export function formatSigned(value, decimals) {
  return `${value < 0 ? "−" : value > 0 ? "+" : ""}${formatDecimal(Math.abs(value), decimals)}`;
}

/**
 * Returns a combine weight with two digits; one that rounds to nothing is told as less than a hundredth.
 * @param {number} weight from 0 to 1
 */
export function formatWeight(weight) {
  return weight > 0 && weight < 0.005 ? `<${formatDecimal(0.01)}` : formatDecimal(weight, 2);
}

/**
 * Seconds as minutes and seconds: 75.4 -> "1:15".
 * @param {number} seconds
 */
export function formatTime(seconds) {
  const whole = Math.max(0, Math.floor(seconds + 1e-6));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

/** @type {Record<string, string>} */
const VISIBLE = { "\n": "⏎", "\r": "␍", "\t": "⇥", "\u00a0": "⍽" };

/**
 * Returns a token on one line, with white space that a person can see: "\n" -> "⏎", "  " -> "␣␣". One leading space, with which
 * most tokens of a byte-level tokenizer begin, is left to the caller (`opensWithSpace`).
 * @param {string} text
 */
export function formatToken(text) {
  const shown = text
    .replace(/(?:\\x[0-9a-f]{2})+/g, marked)
    .replace(/[\n\r\t\u00a0]/g, (character) => VISIBLE[character]);
  if (shown.trim() === "") return shown.replace(/ /g, "␣");
  return shown.replace(/^ /, "").replace(/ {2,}/g, (run) => "␣".repeat(run.length));
}

/** Bytes that are part of a character, "\\xe2\\x82" -> "‹E2 82›". @param {string} bytes */
function marked(bytes) {
  return `‹${bytes.slice(2).toUpperCase().split("\\X").join(" ")}›`;
}

/** @param {string} text */
export function opensWithSpace(text) {
  return /^ \S/.test(text);
}
