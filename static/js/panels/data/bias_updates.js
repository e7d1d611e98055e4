/**
 * The bias updates of DeepSeek-V3: one update per press, or a run until the load is even. A run counts up the key
 * `updates`, so every step of it has a link.
 *
 * @import {Boot} from "../../boot_types.js"
 * @import {State} from "../../types.js"
 * @import {Actions} from "../../state/actions.js"
 */

import { countedOnPage, isEven, overLayers } from "../../counts/load_measures.js";
import { createLoads } from "../../counts/loads.js";
import { limitsOf } from "../../view/keys.js";
import { routerOf } from "../../view/model.js";
import { words } from "../../words/words.js";
import { attribute, h, setText } from "../parts/element.js";

const { balance: said } = words;
/** Milliseconds per step. Reduced motion shows fewer steps for longer. */
const PACES = { moving: { ms: 130, stride: 1 }, still: { ms: 900, stride: 20 } };

/** @param {{step: () => void, run: () => void, reset: () => void}} on */
function createButtons(on) {
  const attributes = { type: "button", class: "secondary" };
  const step = h("button", { ...attributes, title: said.stepHint, onclick: on.step }, said.stepUpdate);
  const run = h("button", { ...attributes, class: "primary", onclick: on.run }, said.runUpdates);
  const reset = h(
    "button",
    { ...attributes, class: "secondary quiet", onclick: on.reset },
    said.resetUpdates,
  );
  return { step, run, reset, element: h("div", { class: "buttons" }, run, step, reset) };
}

/** Returns whether a trace has the updates of the view. @param {Boot} boot @param {Pick<State, "view" | "trace">} state */
function isAnswered(boot, { view, trace }) {
  const { router, settings } = trace?.model ?? {};
  return router === routerOf(boot, view)?.name && settings?.updates === (view.updates ?? 0);
}

/** @param {Boot} boot @param {Actions} actions */
export function createBias(boot, actions) {
  const [, most] = limitsOf(boot, "updates");
  let updates = 0;
  let still = false;
  let due = 0;
  let seen = "";
  /** @type {ReturnType<typeof createStopRule> | null} while it runs */
  let stopRule = null;
  const {
    step,
    run,
    reset,
    element: buttons,
  } = createButtons({
    step: () => go(updates + 1),
    run: () => (stopRule ? stop() : start()),
    reset: () => go(0),
  });
  const status = h("p", { class: "lab-status", role: "status" });
  const element = h("div", { class: "lab-bias" }, buttons, status);
  const loads = createLoads();

  /** @param {number} count */
  function go(count) {
    stop();
    ask(count);
  }
  /** @param {number} count */
  const ask = (count) => actions.setRequest({ updates: Math.min(most, count) || null });
  function start() {
    stopRule = createStopRule({ most, stride: PACES[still ? "still" : "moving"].stride });
    seen = "";
    setText(run, said.stopUpdates);
    ask(updates >= most ? 0 : updates);
  }
  function stop() {
    clearTimeout(due);
    stopRule = null;
    setText(run, said.runUpdates);
  }

  /** Checks the load of a batch and continues or ends the run. @param {NonNullable<State["trace"]>} trace */
  function look(trace) {
    const counted = countedOnPage(loads.upTo(trace, { fires: () => 0 }, 0), trace.id);
    const violation = overLayers(counted).max_violation;
    const next = stopRule?.next({ updates, violation, even: isEven(counted) });
    if (!next)
      return setText(status, isEven(counted) ? said.evenNow(updates) : said.updatesDone(updates, violation));
    if ("go" in next) {
      setText(status, said.updatesDone(updates, violation));
      due = window.setTimeout(() => ask(next.go), PACES[still ? "still" : "moving"].ms);
    } else finish(next);
  }
  /** @param {Extract<Next, {stop: string}>} next */
  function finish({ stop: why, updates: at, violation }) {
    stop();
    if (at !== updates) ask(at);
    setText(status, why === "even" ? said.evenNow(at) : said.bestNow(at, violation));
    ended = at;
  }
  /** The update at which a run ended; its sentence stays. */
  let ended = -1;

  return {
    element,
    /** @param {State} state */
    update({ view, trace, still: calm, loading }) {
      const biased = routerOf(boot, view)?.biased === true;
      attribute(element, "hidden", !biased);
      if (loading === "failed" || !biased) return void (stopRule && stop());
      [updates, still] = [view.updates ?? 0, calm];
      attribute(step, "disabled", updates >= most);
      attribute(reset, "disabled", updates === 0);
      if (updates !== ended) ended = -1;
      if (!trace?.complete || !isAnswered(boot, { view, trace }) || trace.id === seen) return;
      seen = trace.id;
      if (ended < 0) look(trace);
    },
    dispose: () => stop(),
  };
}

/** Updates without improvement after which a run ends. */
export const PATIENCE = 40;

/**
 * @typedef {{updates: number, violation: number, even: boolean}} Seen
 * @typedef {{go: number} | {stop: "even" | "best", updates: number, violation: number}} Next
 */

/** @param {{most: number, stride: number}} limits  of updates, and updates per step */
export function createStopRule({ most, stride }) {
  /** @type {Seen | null} */
  let best = null;
  return {
    /** Returns the next step of a run. @param {Seen} seen @returns {Next} */
    next(seen) {
      if (!best || seen.violation < best.violation - 1e-9) best = seen;
      if (seen.even) return { stop: "even", updates: seen.updates, violation: seen.violation };
      const enough = seen.updates - best.updates >= PATIENCE || seen.updates >= most;
      if (enough) return { stop: "best", updates: best.updates, violation: best.violation };
      return { go: Math.min(most, seen.updates + stride) };
    },
  };
}
