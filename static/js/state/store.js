/**
 * The only owner of shared state.
 *
 * @import {State} from "../types.js"
 */

/**
 * @template {object} S
 * @typedef {object} Store
 * @property {() => S} get
 * @property {(patch: Partial<S>) => void} set  calls the listeners only if a field changed
 * @property {(listener: (state: S, before: S) => void) => () => void} subscribe  returns a function that unsubscribes
 */

/** @typedef {Store<State>} PageStore */

/**
 * A listener may call `set`. The other listeners then receive both changes, in order.
 *
 * @template {object} S
 * @param {S} initial
 * @returns {Store<S>}
 */
export function createStore(initial) {
  let state = initial;
  /** @type {Set<(state: S, before: S) => void>} */
  const listeners = new Set();
  /** @type {S[]} */
  const waiting = [];
  let telling = false;

  function tell() {
    telling = true;
    try {
      for (let before = waiting.shift(); before; before = waiting.shift()) {
        for (const listener of [...listeners]) listener(state, before);
      }
    } finally {
      telling = false;
    }
  }

  return {
    get: () => state,
    set(patch) {
      const changed = /** @type {(keyof S)[]} */ (Object.keys(patch)).some(
        (key) => !Object.is(state[key], patch[key]),
      );
      if (!changed) return;
      waiting.push(state);
      state = { ...state, ...patch };
      if (!telling) tell();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
