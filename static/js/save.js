/**
 * Files to take along: the scene as a picture, the table as CSV, the trace as the server has it.
 *
 * @import {Request, State, View} from "./types.js"
 */

import { toCsv } from "./csv.js";
import { requestOf } from "./properties.js";
import { words } from "./words.js";

/** A name that says what is in the file. @param {View} view @param {string} ending */
export function fileName(view, ending) {
  const what = view.source === "live" && view.prompt ? "prompt" : view.scenario;
  return `moescope-${what}-${view.source}-${view.experts}x${view.k}.${ending}`;
}

/** @param {View} view */
async function fetchTrace(view) {
  const query = new URLSearchParams(Object.entries(requestOf(view)).map(([key, value]) => [key, String(value)]));
  const answer = await fetch(`/api/trace?${query}`);
  if (!answer.ok) throw new Error(await answer.text());
  return answer.blob();
}

/**
 * @param {() => State} state
 * @param {(options: {scale: number, transparent: boolean}) => Promise<Blob> | null} picture
 * @param {(blob: Blob, name: string) => void} hand  gives a file to the person
 * @returns {(kind: "png" | "csv" | "trace") => Promise<void>}  throws Error with a reason for a person
 */
export function createSave(state, picture, hand) {
  return async (kind) => {
    const { view, trace } = state();
    if (!trace || (!trace.complete && kind !== "png")) throw new Error(words.notReady);
    if (kind === "csv") return hand(new Blob([toCsv(trace)], { type: "text/csv;charset=utf-8" }), fileName(view, "csv"));
    if (kind === "trace") return hand(await fetchTrace(view), fileName(view, "safetensors"));
    const shot = await picture({ scale: 2, transparent: false });
    if (!shot) throw new Error(words.noPicture);
    hand(shot, fileName(view, "png"));
  };
}
