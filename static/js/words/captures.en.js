/**
 * Text on captures in English.
 */

import { formatExactly, formatShare, listed } from "./format.js";

export const capturesEn = {
  title: "Files",
  open: "Files",
  about:
    "Routing that an engine, a hook or a person kept: vLLM, SGLang, Megatron, transformers, llama.cpp, tables. Drop files anywhere on the page, a config.json and a tokenizer.json with them.",
  choose: "Choose files",
  reading: "Reading…",
  sound: "Nothing speaks against this file.",
  findings: "Findings",
  /** What the code of a finding means, where the message of the server is in another language. */
  meaning: (/** @type {string} */ _code) => "",
  levels: /** @type {Record<string, string>} */ ({ error: "ERROR", warning: "WARNING", info: "NOTE" }),
  place: (/** @type {number | null} */ layer, /** @type {number | null} */ token) => {
    const parts = [layer === null ? "" : `layer ${layer}`, token === null ? "" : `token ${token}`].filter(
      Boolean,
    );
    return parts.length ? `${parts.join(", ")} (counted from 0)` : "";
  },
  what: (
    /** @type {string} */ format,
    /** @type {number | null | undefined} */ tokens,
    /** @type {number} */ layers,
    /** @type {number | null | undefined} */ experts,
    /** @type {number | null | undefined} */ k,
  ) =>
    `${format}: ${tokens == null ? "" : `${formatExactly(tokens)} tokens, `}${layers} layers, ${experts ?? "?"} experts, k ${k ?? "?"}`,
  beginning: (/** @type {number} */ shown, /** @type {number} */ tokens) =>
    `An HTML file holds the first ${formatExactly(shown)} of ${formatExactly(tokens)} tokens; the saved trace has all. moescope open FILE gives a link to any token.`,
  part: (/** @type {number} */ first, /** @type {number} */ last, /** @type {number} */ tokens) =>
    `A long trace: the scene shows tokens ${formatExactly(first)} to ${formatExactly(last)} of ${formatExactly(tokens)}. EXPERTS_HIT, loads and the heat map count all of them.`,
  partSoFar: "These tokens, so far",
  allTokens: (/** @type {number} */ tokens) => `All ${formatExactly(tokens)} tokens`,
  hitInAll: (/** @type {number} */ tokens) => `in all ${formatExactly(tokens)} tokens`,
  hitInAllTitle:
    "Different experts used by all tokens of the trace, over all layers, out of how many there are",
  kept: "The file is kept in this browser alone. A link shows it only where it lies in the folder TRACES of the server.",
  link: "Link to this file",
  saveTrace: "Save the trace",
  savePage: "Save as one HTML file",
  putAway: "Put the file away",
  answer: (/** @type {number} */ at, /** @type {number} */ all) => `Answer ${at} of ${all}`,
  addConfig: "Drop the config.json of the model on the page as well.",
  ignored: (/** @type {readonly string[]} */ names) =>
    `Not read, as neither a capture nor the model’s config: ${listed(names, (more) => `and ${more} more`)}.`,
  refused: (/** @type {string} */ reason) => `Not read: ${reason}`,
  tooLarge: (/** @type {number} */ mib) => `Not sent: together over ${mib} MiB. Use moescope open FILE.`,
  counts: "Counts without tokens",
  countsNote:
    "How often each expert was chosen. Such a file says nothing of single tokens, so that no beams are drawn.",
  countOf: (
    /** @type {number} */ layer,
    /** @type {number} */ expert,
    /** @type {number} */ count,
    /** @type {number} */ share,
  ) => `Layer ${layer}, expert ${expert}: ${formatExactly(count)} (${formatShare(share)} of the layer)`,
  countHint: "Point at a cell.",
  layerLoad: (/** @type {number} */ layer, /** @type {number} */ most) =>
    `Layer ${layer}: the fullest expert has ${most.toFixed(2)} times the mean`,
  library: "Traces on this server",
  noFolder: "This server serves no folder of traces: start it with TRACES=folder.",
  search: "Search names, models, texts, formats, findings",
  matching: (/** @type {number} */ count, /** @type {number} */ unread) =>
    `${formatExactly(count)} files${unread ? `, ${formatExactly(unread)} not yet read` : ""}`,
  more: "More",
  same: (/** @type {string[]} */ names) => `same routing as ${names.join(", ")}`,
  compareWith: "Compare",
  sizeUnknown: "sizes unknown",
  sizeUnknownTitle:
    "The file does not say how large an expert is. Drop the config.json of the model as well.",
  compareTo: (/** @type {string} */ name) => `Compare with ${name}`,
  compareToScreen: "Compare with what was on screen",
  compareToModel: (/** @type {string} */ name) => `Compare with ${name}, computed now`,
  difference: "Where they differ",
  flipShare: (/** @type {number} */ tokens, /** @type {number} */ choices) =>
    `${formatShare(tokens)} of tokens differ somewhere, ${formatShare(choices)} of all choices of a layer.`,
  parted: (/** @type {number} */ token) =>
    `Their tokens part at token ${token}; figures are of those before.`,
  first: (/** @type {number} */ token, /** @type {number} */ layer) =>
    `First flip: token ${token}, layer ${layer}.`,
  margins: (/** @type {number} */ share) => `${formatShare(share)} of flips had a margin below 0.01.`,
  none: "No flip: every token has the same experts.",
  byLayer: /** @type {string[]} */ (["Layer", "Flipped", "Overlap", "First", "JS, bits"]),
};
