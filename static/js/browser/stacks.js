/**
 * The stacks on screen: the first, and a second one during a comparison. Each has its own canvas and scene; one clock and
 * one camera drive both.
 *
 * @import {Boot} from "../boot_types.js"
 * @import {Frame, State} from "../types.js"
 * @import {Connection, Listener} from "../state/loading.js"
 * @import {Store} from "../state/store.js"
 */

import { placeExperts } from "../counts/device_traffic.js";
import { corpusShown } from "../state/corpus.js";
import { createSecondStack } from "../state/second_stack.js";
import { sameTokens } from "../trace/trace.js";
import { floorOf, foldOf, foldOn } from "../view/layers.js";
import { createViewport } from "./scene_host.js";

/** Returns the token whose path is lit. @param {State} state */
function pathIn({ hover, view }) {
  return hover && "token" in hover ? hover.token : view.path;
}

/** Returns the frame of a state. @param {State} state @param {number} wall  seconds of the camera's clock @returns {Frame} */
function frameOf(state, wall) {
  const { trace, timeline, time, view, hover, still, shot } = state;
  const tower = hover && "expert" in hover ? hover : view.tower;
  return {
    trace: /** @type {NonNullable<typeof trace>} */ (trace),
    timeline: /** @type {NonNullable<typeof timeline>} */ (timeline),
    time,
    wall,
    camera: view.camera,
    layer: floorOf(state),
    fold: foldOf(state),
    path: pathIn(state),
    current: state.at.token,
    looked: state.at.layer,
    tower,
    still,
    shot,
    theme: state.theme,
    palette: view.palette,
    corpus: corpusShown(state),
    colour: view.colour,
    devices: trace && placeExperts(trace.model.experts, view.devices),
  };
}

/** Returns the frame of the second stack. It follows the first except in its request. @param {State} other @param {State} first @param {number} wall @returns {Frame} */
function frameBeside(other, first, wall) {
  const { still, theme } = first;
  const path = sameTokens(first.trace, other.trace) ? pathIn(first) : null;
  return { ...frameOf(other, wall), still, theme, path };
}

/**
 * @param {object} parts
 * @param {Store<State>} parts.store
 * @param {Boot} parts.boot
 * @param {(listener: Listener) => Connection} parts.connect  opens the connection of the second stack
 * @param {() => void} parts.wake
 */
export function createStacks({ store, boot, connect, wake }) {
  const [place, placeBeside] = ["stage", "stage-b"].map((id) => document.getElementById(id));
  /** @type {ReturnType<typeof openSecond> | null} */
  let second = null;
  const unfold = (/** @type {number} */ layer) => {
    const { trace, view } = store.get();
    if (trace) store.set({ view: { ...view, fold: foldOn(layer, trace.model.layers) } });
  };
  const viewport = createViewport(
    /** @type {HTMLElement} */ (place),
    {
      point: (hover) => store.set({ hover }),
      choose: (tower) => store.set({ view: { ...store.get().view, tower } }),
      unfold,
      become: (scene) => store.set({ scene }),
      wake,
      turned: (...by) => second?.viewport.turn(...by),
    },
    boot,
  );

  function openSecond() {
    const side = createSecondStack(store, connect, wake, boot);
    const beside = createViewport(
      /** @type {HTMLElement} */ (placeBeside),
      {
        point: (hover) => side.store.set({ hover }),
        choose: () => {},
        unfold,
        become: (scene) => side.store.set({ scene }),
        wake,
        turned: (...by) => viewport.turn(...by),
      },
      boot,
    );
    if (viewport.opened()) void beside.open();
    return { side, store: side.store, viewport: beside };
  }
  const other = () => second?.store.get() ?? null;

  return {
    viewport,
    /** Returns the state of the second stack; null without one. */
    other,
    all: () => [{ store, viewport }, ...(second ? [second] : [])],
    /** Opens or closes the second stack, as the view requires. @returns {boolean} whether a stack was opened or closed */
    arrange() {
      const two = store.get().view.b !== null && placeBeside !== null;
      document.documentElement.toggleAttribute("data-compare", two);
      if (two === (second !== null)) return false;
      if (second) {
        second.viewport.close();
        second.side.close();
      }
      second = two ? openSecond() : null;
      return true;
    },
    /** Moves the second stack to the time of the first. */
    sync: () => second?.side.syncToFirst(),
    /** @param {number} wall @returns {boolean[]} which stacks were drawn */
    draw(wall) {
      const state = store.get();
      const drawn = [state.trace && state.timeline ? viewport.draw(frameOf(state, wall)) : false];
      const beside = other();
      if (second && beside?.trace && beside.timeline)
        drawn.push(second.viewport.draw(frameBeside(beside, state, wall)));
      return drawn;
    },
    moving: () => viewport.moving() || (second?.viewport.moving() ?? false),
    /** Returns whether the second stack has reached its final state. */
    settled: () => second?.side.settled() ?? true,
    async open() {
      await viewport.open();
      await second?.viewport.open();
    },
    close() {
      viewport.close();
      second?.viewport.close();
      second?.side.disconnect();
    },
    /** Opens lost scenes again. */
    reopen() {
      for (const each of [viewport, ...(second ? [second.viewport] : [])]) each.reopen();
    },
    observe() {
      viewport.observe();
      second?.viewport.observe();
    },
    /** @param {boolean} doubtful  the network changed meanwhile */
    reconnect: (doubtful) => second?.side.reconnect(doubtful),
  };
}
