/**
 * `window.moescope`: the API for scripts on the page, the console and tests. Tokens and layers start at 0 here.
 *
 * @import {State} from "../types.js"
 * @import {Actions} from "../state/actions.js"
 * @import {Store} from "../state/store.js"
 * @import {Loop} from "./render_loop.js"
 */

import { statusOf } from "../state/state.js";
import { currentView } from "../view/url.js";

/** Returns the state as plain JSON. @param {State} state */
export function describe(state) {
  const { trace, timeline } = state;
  const model = trace?.model;
  return {
    view: currentView(state),
    status: statusOf(state),
    error: state.error,
    connection: state.connection,
    scene: state.scene,
    notices: state.notices.map(({ message }) => message),
    tokens: trace?.tokens.length ?? 0,
    received: trace?.received ?? 0,
    complete: trace?.complete ?? false,
    time: state.time,
    duration: timeline?.duration ?? 0,
    playing: state.playing,
    at: { ...state.at },
    origin: trace ? { ...trace.origin } : null,
    counters: {
      total_p: model?.total_p ?? null,
      active_p: model?.active_p ?? null,
      token: trace?.tokens[state.at.token]?.text ?? null,
      experts_hit: state.hits,
      experts_all: model ? model.layers * model.experts : null,
    },
  };
}

/**
 * @param {object} parts
 * @param {Store<State>} parts.store
 * @param {Actions} parts.actions
 * @param {Loop} parts.loop
 * @param {() => object | null} parts.stats   of the scene
 * @param {() => object[]} parts.labels        that the scene shows
 * @param {() => State | null} parts.other     the second stack, while there is one
 * @param {() => boolean} parts.settled       the screen has reached its final state
 */
export function createPageApi({ store, actions, loop, stats, labels, settled, other }) {
  /** @type {(() => void)[]} */
  let waiting = [];
  return {
    /** Called at the end of every frame. */
    tell() {
      if (!waiting.length || !settled()) return;
      for (const resolve of waiting.splice(0)) resolve();
    },
    api: {
      state() {
        const second = other();
        return { ...describe(store.get()), b: second && describe(second) };
      },
      /** @param {{token?: number, layer?: number}} to */
      seek: (to) => actions.visit(to),
      play: actions.play,
      pause: actions.pause,
      /** @returns {Promise<void>} resolves once the screen has reached its final state */
      idle: () =>
        new Promise((resolve) => {
          waiting.push(resolve);
          loop.wake();
        }),
      hold: () => loop.hold(true),
      /** @param {number} secs */
      step: (secs) => loop.step(secs),
      stats: () => ({ ...stats(), frames: loop.frames() }),
      /** Labels of the scene with their places in CSS pixels of the canvas. */
      labels,
    },
  };
}
