/**
 * The trace as a slider: one tick per event, a taller one per token, and the part that has arrived.
 *
 * @import {State, Trace} from "../../types.js"
 * @import {Schedule} from "../../playback/timeline.js"
 * @import {Actions} from "../../state/actions.js"
 */

import { reach } from "../../playback/timeline.js";
import { firstOf, numberOf, partOf, totalOf } from "../../trace/window.js";
import { formatExactly, formatTime } from "../../words/format.js";
import { words } from "../../words/words.js";
import { attribute, changes, h, setStyle, setText } from "../parts/element.js";

/** Steps of the slider, fine enough for a wide screen. */
const STEPS = 2000;
/** Least distance of ticks in pixels. Closer ones would look like a grey band. */
const CLOSEST = 3;

/** Keys of the slider step from event to event; the browser handles Home and End. @type {Record<string, (actions: Actions) => void>} */
const KEYS = {
  ArrowRight: (actions) => actions.stepLayer(1),
  ArrowUp: (actions) => actions.stepLayer(1),
  ArrowLeft: (actions) => actions.stepLayer(-1),
  ArrowDown: (actions) => actions.stepLayer(-1),
  PageUp: (actions) => actions.stepToken(1),
  PageDown: (actions) => actions.stepToken(-1),
};

/** Returns the position of the slider as a sentence. @param {State} state */
export function positionInWords({ trace, at, view }) {
  if (!trace || at.token < 0) return words.atStart;
  if (view.mode === "all") return words.positionAll(at.layer + 1, trace.model.layers);
  const { text } = trace.tokens[at.token];
  return words.position(text, numberOf(trace, at.token), totalOf(trace), at.layer + 1);
}

/** @param {number} token  of the whole, from 0 @param {number} all */
function placeInWords(token, all) {
  return `${formatExactly(Math.min(token + 1, all))} / ${formatExactly(all)}`;
}

/** @param {HTMLElement} host @param {Actions} actions */
export function createScrubber(host, actions) {
  const ticks = h("canvas", { class: "ticks", "aria-hidden": "true" });
  const range = h("input", {
    type: "range",
    min: 0,
    max: STEPS,
    step: 1,
    value: 0,
    class: "range",
    "aria-label": words.scrub,
  });
  const track = h("div", { class: "track" }, ticks, range);
  const clock = h("span", { class: "clock" });
  host.append(track, clock);
  let duration = 0;
  /** @type {number | null} tokens of the whole, of a long trace */
  let whole = null;
  let held = false;
  range.addEventListener("keydown", (event) => {
    const step = KEYS[event.key];
    if (!step) return;
    event.preventDefault();
    step(actions);
  });
  range.addEventListener("input", () => {
    if (whole === null) return actions.seekTime((range.valueAsNumber / STEPS) * duration);
    held = true; // the part of a long trace is requested when the handle is released
    setText(clock, placeInWords(range.valueAsNumber, whole));
  });
  range.addEventListener("change", () => {
    if (held) actions.visit({ token: Math.min(range.valueAsNumber, (whole ?? 1) - 1) });
    held = false;
  });
  /** @type {Schedule | null} */
  let drawn = null;
  const resized = new ResizeObserver(() => drawn && drawTicks(ticks, drawn));
  resized.observe(track);
  const changed = changes();
  /** Updates the slider for a long trace: it spans the whole, of which the page holds a part. @param {State} state @param {Trace} trace @param {number} share @param {number} all */
  function updateWhole(state, trace, share, all) {
    const count = trace.tokens.length;
    const token = firstOf(trace) + (state.at.token < 0 ? 0 : state.at.token);
    setStyle(track, "--done", ((firstOf(trace) + share * count) / all).toFixed(5));
    setStyle(track, "--arrived", 1);
    attribute(range, "aria-valuetext", positionInWords(state));
    if (held) return;
    range.value = String(token);
    setText(clock, placeInWords(token, all));
  }
  return {
    /** @param {State} state */
    update(state) {
      const { timeline, time, trace, at } = state;
      if (!changed(timeline, time, trace?.received, at) || !timeline) return;
      duration = timeline.duration;
      whole = partOf(trace)?.of ?? null;
      if (timeline !== drawn) drawTicks(ticks, (drawn = timeline));
      const share = duration ? time / duration : 0;
      attribute(range, "max", whole ?? STEPS);
      attribute(track, "data-part", whole !== null);
      if (trace && whole !== null) return updateWhole(state, trace, share, whole);
      setStyle(track, "--done", share.toFixed(4));
      setStyle(
        track,
        "--arrived",
        duration ? (reach(timeline, trace?.received ?? 0) / duration).toFixed(3) : 0,
      );
      range.value = String(Math.round(share * STEPS));
      attribute(range, "aria-valuetext", positionInWords(state));
      setText(clock, `${formatTime(time)} / ${formatTime(duration)}`);
    },
    dispose() {
      resized.disconnect();
      host.replaceChildren();
    },
  };
}

/** @param {HTMLCanvasElement} canvas @param {Schedule} timeline */
function drawTicks(canvas, timeline) {
  const ratio = Math.min(2, window.devicePixelRatio || 1);
  const { clientWidth: width, clientHeight: height } = canvas;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const context = canvas.getContext("2d");
  if (!context || !width || !timeline.duration) return;
  context.scale(ratio, ratio);
  context.fillStyle = getComputedStyle(canvas).color;
  for (const { time, tall } of ticksOf(timeline, width)) {
    const long = tall ? height : height / 2;
    context.globalAlpha = tall ? 0.9 : 0.4;
    context.fillRect(Math.round((time / timeline.duration) * width) - 0.5, (height - long) / 2, 1, long);
  }
}

/**
 * Returns the events drawn as ticks at this width: all, the first of each token, or none.
 * @param {Schedule} timeline
 * @param {number} width
 */
export function ticksOf(timeline, width) {
  const { tokens, layers, mode, fires } = timeline;
  const rows = mode === "all" ? Math.min(1, tokens) : tokens;
  const layersShown =
    rows * layers * CLOSEST <= width ? layers : rows * CLOSEST <= width ? Math.min(1, layers) : 0;
  const all = [];
  for (let token = 0; token < rows; token++) {
    for (let layer = 0; layer < layersShown; layer++) {
      all.push({ time: fires(token, layer), tall: layer === 0 && layersShown > 1 && mode !== "all" });
    }
  }
  return all;
}
