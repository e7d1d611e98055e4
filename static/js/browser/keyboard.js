/**
 * Keyboard shortcuts for all actions. A focused control keeps the keys that it uses itself.
 *
 * @import {Camera, Mode, State} from "../types.js"
 * @import {Actions} from "../state/actions.js"
 * @import {Store} from "../state/store.js"
 */

import { nextFold, toggledFold } from "../view/layers.js";
import { THEMES } from "../view/palettes.js";

/** @typedef {(azimuth: number, elevation: number, zoom: number) => void} Turn   of the camera, as a hand would */

/** Keys that scroll a page. */
const SCROLLING = [" ", "ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight", "PageUp", "PageDown"];

/** Radians per press, and the zoom factor. */
const TURN = 0.2;
const ZOOM = 1.15;

/** @type {readonly Mode[]} */
const MODES = ["single", "sequence", "all"];
/** @type {readonly Camera[]} */
const CAMERAS = ["orbit", "front", "top"];

/** @template V @param {readonly V[]} values @param {V} value */
function after(values, value) {
  return values[(values.indexOf(value) + 1) % values.length];
}

/**
 * @param {Store<State>} store
 * @param {Actions} actions
 * @param {Turn} turn
 * @returns {Record<string, () => void>}
 */
export function keyMap(store, actions, turn) {
  const view = () => store.get().view;
  return {
    " ": actions.toggle,
    ArrowRight: () => actions.stepToken(1),
    ArrowLeft: () => actions.stepToken(-1),
    ArrowUp: () => actions.stepLayer(1),
    ArrowDown: () => actions.stepLayer(-1),
    r: actions.restart,
    z: () => actions.setView({ fold: toggledFold(store.get()) }),
    PageUp: () => actions.setView({ fold: nextFold(store.get(), 1) }),
    PageDown: () => actions.setView({ fold: nextFold(store.get(), -1) }),
    m: () => actions.setView({ mode: after(MODES, view().mode) }),
    c: () => actions.setView({ camera: after(CAMERAS, view().camera) }),
    h: () => actions.togglePanel("heatmap"),
    l: () => actions.togglePanel("load"),
    t: () => actions.togglePanel("table"),
    f: () => actions.togglePanel("learned"),
    b: () => actions.toggleOverlay("compare"),
    d: () => actions.setView({ theme: after(THEMES, view().theme) }),
    o: () => actions.setView({ colour: view().colour === "heat" ? "group" : "heat" }),
    s: () => actions.toggleOverlay("share"),
    w: actions.toggleWhole,
    g: () => actions.toggleOverlay("tours"),
    n: () => actions.guide.step(1),
    p: () => actions.guide.step(-1),
    v: () => actions.stepLevel(1),
    V: () => actions.stepLevel(-1),
    P: () => actions.setLevel("present"),
    "?": () => actions.toggleOverlay("keys"),
    "[": () => turn(-TURN, 0, 1),
    "]": () => turn(TURN, 0, 1),
    "-": () => turn(0, 0, ZOOM),
    "+": () => turn(0, 0, 1 / ZOOM),
    "=": () => turn(0, 0, 1 / ZOOM),
    Escape: actions.closeTopmost,
    ...Object.fromEntries(
      [1, 2, 3, 4].map((k) => [String(k), () => k <= view().experts && actions.setRequest({ k })]),
    ),
  };
}

/** Returns the keys while presenting, as sent by a clicker: one key per beat. @param {Actions} actions @returns {Record<string, () => void>} */
function presenterKeys({ stepBeat }) {
  const on = () => stepBeat(1);
  const back = () => stepBeat(-1);
  return { " ": on, ArrowRight: on, PageDown: on, Enter: on, ArrowLeft: back, PageUp: back, Backspace: back };
}

/** Returns whether the focused element uses this key. @param {EventTarget | null} target @param {string} key */
export function keepsKey(target, key) {
  if (!(target instanceof HTMLElement) || key === "Escape") return false;
  if (target.matches("textarea, select, [contenteditable], input:not([type=range], [type=checkbox])"))
    return true;
  if (target.matches("[data-keys=arrows], [type=range]") && key.startsWith("Arrow")) return true;
  return key === " " && target.matches("button, a, summary, input");
}

/** Returns whether the focus is in a control; a clicked scene is none. @param {EventTarget | null} target */
function isControl(target) {
  return (
    target instanceof Element && target.matches("button, a, select, textarea, input, summary, [data-keys]")
  );
}

/**
 * @param {Store<State>} store
 * @param {Actions} actions
 * @param {Turn} turn
 * @param {boolean} [embed]  an embed leaves scrolling keys to the host page until a control has the focus
 */
export function listenToKeys(store, actions, turn, embed = false) {
  const all = keyMap(store, actions, turn);
  const presenting = { ...all, ...presenterKeys(actions) };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const keys = store.get().view.level === "present" ? presenting : all;
    const act = keys[event.key] ?? keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!act || keepsKey(event.target, event.key)) return;
    if (embed && SCROLLING.includes(event.key) && !isControl(event.target)) return;
    event.preventDefault();
    act();
  });
}
