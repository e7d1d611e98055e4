/**
 * Comparison with dropped files: suggestions for a file, and the differences of two stacks.
 *
 * @import {Boot} from "../../boot_types.js"
 * @import {State} from "../../types.js"
 * @import {Actions} from "../../state/actions.js"
 * @import {Difference} from "./trace_difference.js"
 */

import { captures } from "../../api/captures.js";
import { captureWords } from "../../words/words.js";
import { changes, h } from "../parts/element.js";
import { createFlipLight, markStrip } from "../parts/flips.js";
import { createDifference, fetchDifference } from "./trace_difference.js";

/** Returns the prompt of a file if all of its tokens have a text; else "". @param {State["trace"]} trace */
export function promptOf(trace) {
  if (!trace) return "";
  const tokens = trace.tokens.slice(0, trace.origin.prompt_tokens ?? trace.tokens.length);
  const known = tokens.every(({ text, id }) => text !== "" && text !== `[${id}]`);
  return known ? tokens.map(({ text }) => text).join("") : "";
}

/**
 * @param {Actions} actions
 * @param {Boot} boot
 * @param {{other: () => State | null, play: () => void, found: () => void, lay: () => void}} page   found:
 *   differences have arrived; lay: the panel must be built again
 */
export function createFileComparison(actions, boot, { other, play, found: tell, lay }) {
  const light = createFlipLight(actions);
  const compared = changes();
  const laid = changes();
  /** @type {Node[]} */
  let parts = [];
  /** @type {Difference | null} */
  let found = null;
  let pair = ""; // identity of the compared traces

  function forget() {
    [parts, found] = [[], null];
    light.take(null);
    markStrip(null, null);
  }
  /** @param {State} state @param {string} mine */
  async function compare(state, mine) {
    forget();
    try {
      const answer = await fetchDifference(state, other());
      if (pair !== mine) return;
      found = answer;
      markStrip(found, state.trace);
      light.take(found);
      parts = [createDifference(found, actions, state)];
      tell();
    } catch (error) {
      parts = [h("p", { class: "readout" }, error instanceof Error ? error.message : String(error))];
    }
    lay();
  }
  /** Plays a file in the second stack. */
  function showSecond() {
    const second = captures.second();
    if (second) actions.setView({ b: /** @type {any} */ ({ file: second.trace.trace }) });
  }
  /** @param {string} label @param {() => void} act */
  const offer = (label, act) => h("button", { type: "button", class: "secondary", onclick: act }, label);

  return {
    showSecond,
    /** Returns the parts of the panel on the differences. */
    parts: () => parts,
    /** Returns buttons for comparisons with the file on screen. @param {State} state */
    offers({ view, trace }) {
      const [held, before] = [captures.held(), captures.before()];
      if (!held || view.b) return [];
      const model = boot.models.find(({ name }) => name === held.report.model)?.name;
      const prompt = model ? promptOf(trace) : "";
      return [
        before &&
          offer(captureWords.compareTo(before.report.name), () => {
            captures.playSecond("before");
            showSecond();
          }),
        (view.given.source === "live" || view.given.trace !== undefined) &&
          offer(captureWords.compareToScreen, () => {
            captures.playSecond("held");
            play();
            showSecond();
          }),
        prompt &&
          offer(captureWords.compareToModel(model ?? ""), () =>
            actions.compare({ a: {}, b: { source: "live", model, prompt } }),
          ),
      ].filter((each) => each instanceof Node);
    },
    /** @param {State} state */
    update(state) {
      const { trace, view } = state;
      const [files, beside] = [captures.held() ?? captures.second(), other()?.trace];
      if (view.b === null && captures.second()) captures.clearSecond();
      const complete = trace?.complete === true && (beside?.complete === true || !files);
      const two = view.b !== null && (files || trace?.origin.trace !== undefined) && (complete || pair);
      const keys = [captures.held() ? trace?.id : view.asks, view.b, files && beside?.id];
      pair = two ? JSON.stringify(keys) : "";
      if (compared(pair) && (pair || parts.length)) {
        if (pair) void compare(state, pair);
        else forget();
        lay();
      }
      if (trace?.complete && laid(trace.id)) markStrip(found, trace);
      light.follow(state);
    },
  };
}
