/**
 * Displayed texts of tokens, in the context of their neighbours. Pieces of one character name the character. Two tokens
 * that differ only in their leading space look different.
 *
 * @import {Token} from "../types.js"
 */

import { formatToken } from "./format.js";

const BYTE = /\\x[0-9a-f]{2}/g;
const BYTES = /^(?:\\x[0-9a-f]{2})+$/;

/** @type {WeakMap<readonly Token[], string[]>} */
const made = new WeakMap();

/** Returns the text of one token of a prompt. @param {readonly Token[]} tokens @param {number} index */
export function shownToken(tokens, index) {
  let texts = made.get(tokens);
  if (!texts) made.set(tokens, (texts = textsOf(tokens)));
  return texts[index] ?? "";
}

/** Returns the bytes of a token that is part of a character, "E2 82"; "" for any other. @param {string} text */
export function bytesOf(text) {
  return BYTES.test(text) ? bytesIn(text).map(hex).join(" ") : "";
}

/** Returns the texts of all tokens. @param {readonly Token[]} tokens @returns {string[]} */
export function textsOf(tokens) {
  const bare = tokens.map(({ text }) => text.trim());
  /** @type {Map<string, Set<string>>} */
  const spelled = new Map();
  tokens.forEach(({ text }, i) => spelled.set(bare[i], (spelled.get(bare[i]) ?? new Set()).add(text)));
  const texts = tokens.map(({ text }, i) => {
    const twin = bare[i] !== "" && text.startsWith(" ") && (spelled.get(bare[i])?.size ?? 0) > 1;
    return (twin ? "␣" : "") + formatToken(text);
  });
  for (let i = 0; i < tokens.length; i++) i += namePieces(tokens, texts, i);
  return texts;
}

/**
 * Writes the texts of the pieces of a character that starts at a token.
 * @param {readonly Token[]} tokens @param {string[]} texts @param {number} first
 * @returns {number} how many tokens after the first were named
 */
function namePieces(tokens, texts, first) {
  let escaped = "";
  for (let end = first; end < tokens.length && end < first + 4 && BYTES.test(tokens[end].text); end++) {
    escaped += tokens[end].text;
    const character = decoded(bytesIn(escaped));
    if (!character) continue;
    const count = end - first + 1;
    for (let i = 0; i < count; i++)
      texts[first + i] = count > 1 ? `${character} ${i + 1}/${count}` : character;
    return count - 1;
  }
  return 0;
}

/** @param {number[]} bytes @returns {string} "" if they are not whole characters */
function decoded(bytes) {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(new Uint8Array(bytes));
  } catch {
    return "";
  }
}

/** @param {string} text */
function bytesIn(text) {
  return (text.match(BYTE) ?? []).map((byte) => parseInt(byte.slice(2), 16));
}

/** @param {number} byte */
function hex(byte) {
  return byte.toString(16).toUpperCase().padStart(2, "0");
}
