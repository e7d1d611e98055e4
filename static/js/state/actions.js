/**
 * The actions of a user. Panels, keys and `window.moescope` call these functions; nothing else changes the view.
 *
 * @import {Boot} from "../boot_types.js"
 * @import {Panel, Request, State, View, ViewOnly} from "../types.js"
 * @import {Player} from "../playback/player.js"
 * @import {Store} from "./store.js"
 */

import { isRequestKey, limitsOf } from "../view/keys.js";
import { atLevel, levelOf, LEVELS } from "../view/level.js";
import { sameRequest, withKeys } from "../view/request.js";
import { placeOf } from "../trace/window.js";
import { statusOf } from "./state.js";
import { createGuide } from "./tour_navigation.js";

/** @typedef {State["hover"]} Target */
/** @typedef {import("../files/save.js").SaveKind} SaveKind */
/** @typedef {import("../files/save.js").Look} Look */

/**
 * @typedef {object} Actions
 * @property {(patch: Partial<Request>) => void} setRequest
 * @property {(patch: Partial<ViewOnly>) => void} setView
 * @property {() => void} retry
 * @property {(how?: Partial<Pick<Request, "temperature" | "seed">>) => void} writeOn   continues the generation, or restarts it with other settings
 * @property {() => void} stopWriting
 * @property {(pair: {a: Partial<Request>, b: Partial<Request>} | null) => void} compare   null: back to one stack
 * @property {() => void} play
 * @property {() => void} pause
 * @property {() => void} toggle
 * @property {() => void} restart
 * @property {() => void} startShot
 * @property {() => void} skipShot
 * @property {(secs: number) => void} seekShot   pauses at a second of the shot
 * @property {(direction: 1 | -1) => void} stepLayer
 * @property {(direction: 1 | -1) => void} stepToken
 * @property {(to: {token?: number, layer?: number}) => void} seek   stays there, paused
 * @property {(to: {token?: number, layer?: number}) => void} visit  as seek, but the token is counted in the whole of a long trace
 * @property {(secs: number) => void} seekTime                       keeps playing if it was playing
 * @property {(token: number) => void} chooseToken                   seeks to the token and lights its path
 * @property {(tower: {layer: number, expert: number} | null) => void} chooseTower
 * @property {(target: Target) => void} hover
 * @property {(panel: Panel) => void} togglePanel
 * @property {(level: import("../view/level.js").Level | "present") => void} setLevel
 * @property {(direction: 1 | -1) => void} stepLevel
 * @property {(direction: 1 | -1) => void} stepBeat      while presenting
 * @property {() => void} toggleWhole
 * @property {(overlay: State["overlay"]) => void} toggleOverlay
 * @property {() => void} openFiles
 * @property {(span: State["span"]) => void} setSpan
 * @property {(still: boolean) => void} setStill
 * @property {() => void} dismiss                                    closes the notices
 * @property {() => void} closeTopmost                                      closes the topmost overlay, or clears the selection
 * @property {(kind: SaveKind, look?: Look) => Promise<void>} save
 * @property {() => Promise<void>} film                              records one pass through the prompt
 * @property {() => void} stopFilm                                   and discards it
 * @property {import("./tour_navigation.js").Guide} guide                      navigates tours and questions
 */

/**
 * @param {object} parts
 * @param {Boot} parts.boot
 * @param {Store<State>} parts.store
 * @param {Player} parts.player
 * @param {{retry: () => void, stop: () => void}} parts.loading
 * @param {Actions["save"]} parts.save
 * @param {{start: () => Promise<void>, cancel: () => void}} parts.film
 * @param {import("./long_trace.js").LongTrace} parts.long
 * @returns {Actions}
 */
export function createActions({ boot, store, player, loading, save, film, long }) {
  /** @param {Partial<View>} patch */
  const setView = (patch) => store.set({ view: { ...store.get().view, ...patch } });
  /** @param {{token?: number, layer?: number}} to  kept in the view until the trace has arrived */
  const seek = (to) =>
    store.get().timeline && statusOf(store.get()) !== "loading" ? player.seek(to) : setView(to);
  /** @param {{token?: number, layer?: number}} to */
  function visit(to) {
    const { trace } = store.get();
    if (long.visit(to)) return;
    const place = to.token === undefined || !trace ? null : placeOf(trace, to.token);
    seek(place === null ? to : { ...to, token: place });
  }
  /** Requests other keys, in addition to those that are not answered yet. @param {Partial<View>} patch @param {Partial<State>} [more] */
  function ask(patch, more = {}) {
    const { view, changed: before, around } = store.get();
    const { view: next, changed } = withKeys(boot, view, patch);
    store.set({
      view: next,
      around: sameRequest(next, view) ? around : 0,
      changed: [...new Set([...before, ...changed])],
      writing: "",
      notices: [],
      ...more,
    });
  }
  /** The data view that was open last. @type {Panel} */
  let lastPanel = "load";
  store.subscribe(({ view: { panel, level }, shot, timeline }, { view: before }) => {
    if (panel !== "none") lastPanel = panel;
    if (level === before.level) return;
    if (level === "present" && timeline?.tokens) player.present();
    else if (before.level === "present" && shot !== null) player.leaveShot();
  });
  /** @type {Actions["setLevel"]} */
  const setLevel = (level) =>
    store.set({
      view: { ...store.get().view, ...atLevel(store.get().view, level, lastPanel) },
      overlay: "none",
    });
  return {
    setRequest: (patch) => ask(boot.exported ? withoutRequest(boot, patch) : withoutOld(patch)),
    setView,
    retry: loading.retry,
    writeOn(how) {
      const { view } = store.get();
      const count = how && view.continue ? view.continue : limitsOf(boot, "continue")[1];
      ask({ ...how, continue: count }, { writing: how ? "anew" : "on", notices: store.get().notices });
    },
    stopWriting: loading.stop,
    compare: (pair) =>
      ask(
        { ...(pair && withoutOld(pair.a)), b: pair && pair.b },
        // The panel of files describes the comparison, so it stays open.
        { overlay: store.get().overlay === "files" ? "files" : "none", notices: store.get().notices },
      ),
    play: player.play,
    pause: player.pause,
    toggle: player.toggle,
    restart: player.restart,
    startShot: player.startShot,
    skipShot: player.skipShot,
    stepBeat: player.stepBeat,
    seekShot: player.seekShot,
    stepLayer: (direction) => long.step("layer", direction) || player.stepLayer(direction),
    stepToken: (direction) => long.step("token", direction) || player.stepToken(direction),
    seek,
    visit,
    seekTime: player.seekTime,
    chooseToken(token) {
      const same = store.get().view.path === token;
      setView({ path: same ? null : token });
      if (!same) seek({ token });
    },
    chooseTower: (tower) => setView({ tower }),
    hover: (hover) => store.set({ hover }),
    togglePanel: (panel) => setView({ panel: store.get().view.panel === panel ? "none" : panel }),
    setLevel,
    stepLevel(direction) {
      const here = levelOf(store.get().view);
      const next = here === "present" ? "story" : LEVELS[LEVELS.indexOf(here) + direction];
      if (next) setLevel(next);
    },
    toggleWhole: () => setView({ whole: !store.get().view.whole }),
    toggleOverlay(overlay) {
      if (overlay === "compare" && boot.exported) return; // it has one trace
      store.set({ overlay: store.get().overlay === overlay ? "none" : overlay });
    },
    openFiles: () => store.set({ overlay: "files" }),
    setSpan: (span) => store.set({ span }),
    setStill: (still) => store.set({ still }),
    dismiss: () => store.set({ notices: [] }),
    closeTopmost: () => (store.get().film === null ? closeTopmost(store, setView) : film.cancel()),
    save,
    film: film.start,
    stopFilm: film.cancel,
    guide: createGuide({ boot, store, player }),
  };
}

/** Removes the generated tokens if the text or the model changes. @param {Partial<Request>} patch @returns {Partial<View>} */
function withoutOld(patch) {
  const other = ["source", "scenario", "prompt", "model"].some((key) => key in patch);
  const otherTokens = ["source", "scenario", "prompt"].some((key) => key in patch);
  const gone = /** @type {any} */ (other ? { continue: null } : {});
  return { ...gone, ...(otherTokens && { path: null }), ...patch };
}

/** Removes the request keys in an exported page, because it has one trace. @param {Boot} boot @param {Partial<View>} patch @returns {Partial<View>} */
function withoutRequest(boot, patch) {
  return Object.fromEntries(Object.entries(patch).filter(([key]) => !isRequestKey(boot, key)));
}

/** @param {Store<State>} store @param {(patch: Partial<View>) => void} setView */
function closeTopmost(store, setView) {
  const { overlay, view } = store.get();
  if (overlay !== "none") store.set({ overlay: "none" });
  else if (store.get().notices.length) store.set({ notices: [] });
  else if (view.tour || view.quiz !== null) setView({ tour: "", at: 0, quiz: null });
  else if (view.tower) setView({ tower: null });
  else if (view.path !== null) setView({ path: null });
  else if (view.level === "present") setView({ level: "story" });
  else if (view.panel !== "none") setView({ panel: "none" });
  else if (view.level === "explore") setView({ level: "story" });
  else if (view.whole) setView({ whole: false });
}
