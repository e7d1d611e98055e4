/**
 * The bytes and texts that the tests of both languages read.
 */

import { readFileSync } from "node:fs";

/** @param {string} name @returns {any} */
export function golden(name) {
  return JSON.parse(readFileSync(new URL(`../golden/${name}.json`, import.meta.url), "utf8"));
}

/** @param {string} hex  with spaces @returns {ArrayBuffer} */
export function bytes(hex) {
  const digits = hex.replaceAll(" ", "");
  return Uint8Array.from({ length: digits.length / 2 }, (_, i) =>
    parseInt(digits.slice(2 * i, 2 * i + 2), 16),
  ).buffer;
}
