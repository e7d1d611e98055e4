/**
 * Dropped files: sends them to the server, which stores nothing, and keeps the trace of the answer. The message is 4
 * bytes with the length of the header, a JSON header, and the parts in order (app/web/dropped_files.py).
 *
 * @import {Finding} from "../types.js"
 * @import {TraceMessage} from "../trace/wire.js"
 * @import {WholeAnswer} from "./counts.js"
 */

/**
 * @typedef {object} Report   the server's report on dropped files
 * @property {"shown" | "counts" | "refused"} state
 * @property {string} name
 * @property {string | null} format
 * @property {string} [engine]
 * @property {string | null} [model]
 * @property {number | null} [tokens]
 * @property {number | null} [experts]
 * @property {number | null} [k]
 * @property {number[]} [moe_layers]
 * @property {number} [choice]
 * @property {number} [choices]   answers in the file
 * @property {number} [exported]   tokens that an exported page can hold
 * @property {Finding[]} findings
 * @property {number[][]} [counts]   [layers][experts]
 * @property {TraceMessage} [trace]   of a long trace its first part
 * @property {WholeAnswer | null} [whole]   of a long trace: the counts of all tokens
 *
 * @typedef {object} Held
 * @property {Report} report
 * @property {TraceMessage} trace
 * @property {ArrayBuffer} steps
 * @property {Blob} file     the trace as a safetensors file
 * @property {((around: number) => Promise<{trace: TraceMessage, steps: ArrayBuffer}>) | null} part   of a long trace: the
 *   part in which a token lies
 */

import { openTraceFile } from "../trace/trace_file.js";
import { captureWords } from "../words/words.js";

/** As PAGE_BOUNDS in app/formats/bounds.py. Larger files are not sent. */
export const MOST_BYTES = 256 * 2 ** 20;

/** @param {readonly File[]} files @param {object} [said]  facts that a user added */
export function pack(files, said = {}) {
  const listed = files.map((file) => ({ name: nameOf(file), bytes: file.size }));
  const header = new TextEncoder().encode(JSON.stringify({ files: listed, ...said }));
  const size = new Uint8Array(4);
  new DataView(size.buffer).setUint32(0, header.length, true);
  return new Blob([size, header, ...files]);
}

/** Returns the name of a file with the folder in which it was dropped. @param {File} file */
function nameOf(file) {
  return file.webkitRelativePath || file.name;
}

/** The parts stay where the browser keeps them, as a long trace is too large to hold. @param {Blob} data @returns {Promise<{report: Report, parts: Blob[]}>} */
export async function unpack(data) {
  const size = new DataView(await data.slice(0, 4).arrayBuffer()).getUint32(0, true);
  const { parts: sizes, ...report } = JSON.parse(await data.slice(4, 4 + size).text());
  let at = 4 + size;
  const parts = sizes.map((/** @type {number} */ length) => data.slice(at, (at += length)));
  return { report, parts };
}

/** Sends files to the server, which reads them and stores nothing. @param {readonly File[]} files @param {object} [said] */
async function ask(files, said) {
  const answer = await fetch("/api/capture", { method: "POST", body: pack(files, said) });
  if (!answer.ok) throw new Error((await answer.json()).errors?.[0]?.message ?? String(answer.status));
  return unpack(await answer.blob());
}

/** @param {{report: Report, parts: Blob[]}} answer @returns {Promise<Held>} */
async function heldOf({ report, parts: [steps, file] }) {
  const trace = /** @type {TraceMessage} */ (report.trace);
  return { report, trace, steps: await steps.arrayBuffer(), file, part: partsOf(trace, file) };
}

/** Returns what reads another part of a long trace: its rows are sent to the server like any file. @param {TraceMessage} first  the first part @param {Blob} file */
function partsOf(first, file) {
  const whole = first.origin.window;
  if (!whole) return null;
  const rows = openTraceFile(file);
  const size = first.tokens.length;
  return async (/** @type {number} */ around) => {
    const from = Math.floor(Math.min(around, whole.of - 1) / size) * size;
    const part = new File([await rows.part(from, size)], "part.safetensors");
    const { report, parts } = await ask([part]);
    if (!report.trace) throw new Error(report.findings[0]?.message);
    const origin = { ...first.origin, window: { from, of: whole.of } };
    return { trace: { ...report.trace, origin }, steps: await parts[0].arrayBuffer() };
  };
}

/** Files that are asked one by one, at most. */
const MOST_APART = 4;

/**
 * Reads each file alone, with the companion files: what is a capture among several files, two at most.
 * @param {readonly File[]} files @returns {Promise<{found: Held[], ignored: File[]} | null>}
 */
async function askApart(files) {
  const [beside, alone] = [files.filter(isCompanionFile), files.filter((file) => !isCompanionFile(file))];
  if (alone.length < 2 || alone.length > MOST_APART) return null;
  const found = [];
  const ignored = [];
  for (const file of alone) {
    const answer = await ask([file, ...beside]);
    if (answer.report.trace) found.push(await heldOf(answer));
    else ignored.push(file);
  }
  return found.length === 1 || found.length === 2 ? { found, ignored } : null;
}

/** @typedef {{state: "none" | "reading" | "shown" | "counts" | "refused", report: Report | null, problem: string, ignored: string[]}} Dropped   ignored: names of files that are no capture */

/** Keeps the dropped files of a page. */
export function createCaptures() {
  /** @type {Dropped} */
  let now = { state: "none", report: null, problem: "", ignored: [] };
  /** @type {Held | null} */
  let held = null;
  /** @type {Held | null} what was held before: the next file may be compared with it */
  let before = null;
  /** @type {Held | null} played by the second stack */
  let second = null;
  /** @type {readonly File[]} the last files that were dropped: a config that comes later belongs to them */
  let files = [];

  /** @param {object} [said] @returns {Promise<Dropped>} */
  async function read(said) {
    now = { ...now, state: "reading", problem: "" };
    try {
      if (files.reduce((sum, { size }) => sum + size, 0) > MOST_BYTES)
        throw new Error(captureWords.tooLarge(MOST_BYTES / 2 ** 20));
      const found = await ask(files, said);
      const apart = found.report.state === "refused" ? await askApart(files) : null;
      const { report } = apart ? apart.found[0] : found;
      const ignored = [...now.ignored, ...(apart?.ignored ?? []).map(nameOf)];
      now = { state: report.state, report, problem: "", ignored };
      if (apart) [held, second = null] = apart.found;
      else if (report.trace) {
        if (!said && held?.report.name !== report.name) before = held;
        held = await heldOf(found);
      }
    } catch (error) {
      now = {
        ...now,
        state: "refused",
        report: null,
        problem: error instanceof Error ? error.message : String(error),
      };
    }
    return now;
  }
  return {
    get: () => now,
    held: () => held,
    files: () => files,
    second: () => second,
    before: () => before,
    /** Plays a file in the second stack: the one before, or the current one, which leaves the first stack. @param {"before" | "held"} which */
    playSecond(which) {
      second = which === "before" ? before : held;
      if (which === "held") held = null;
      before = null;
    },
    /** Removes the file of the second stack. */
    clearSecond: () => void (second = null),
    /** @param {readonly File[]} dropped @param {readonly File[]} [ignored]  files beside them that are not sent @returns {Promise<Dropped>} */
    take(dropped, ignored = []) {
      now = { ...now, ignored: ignored.map(nameOf) };
      const names = new Set(dropped.map(nameOf));
      files = [
        ...(dropped.every(isCompanionFile) ? files.filter((file) => !names.has(nameOf(file))) : []),
        ...dropped,
      ];
      return read();
    },
    /** Selects another answer of the same files. @param {number} choice */
    choose: (choice) => read({ choice }),
    /** Removes the file. */
    clear() {
      held = before = null;
      files = [];
      now = { state: "none", report: null, problem: "", ignored: [] };
    },
    /** Returns the counts of a file in the operator's folder. @param {string} name */
    async counts(name) {
      const answer = await fetch(`/api/trace-counts?${new URLSearchParams({ trace: name })}`);
      if (answer.ok) now = { state: "counts", report: await answer.json(), problem: "", ignored: [] };
    },
    /** Returns the trace as a page that plays without a server. @returns {Promise<Blob>} */
    async page() {
      if (!held) throw new Error("no file");
      const file = new File([held.file], `${held.report.name}.safetensors`);
      const answer = await fetch("/api/capture-page", { method: "POST", body: pack([file]) });
      if (!answer.ok) throw new Error(await answer.text());
      return answer.blob();
    },
  };
}

/** Returns whether a file accompanies a capture and is not a capture itself. @param {File} file */
export function isCompanionFile({ name }) {
  return /(config|tokenizer)[^/]*\.json$/.test(name);
}

/** The instance of the page. */
export const captures = createCaptures();
