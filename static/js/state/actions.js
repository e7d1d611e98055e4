/**
 * What a person can do. Panels, keys and `window.moescope` all call the same functions; nothing else changes the view.
 *
 * @import {Boot, Panel, Request, State, View, ViewOnly} from "../types.js"
 * @import {Player} from "../playback/player.js"
 * @import {Store} from "./store.js"
 */

import { isRequestKey, MOST_WRITTEN } from "../view/keys.js";
import { needsSmall, withItsShape } from "../view/model_shapes.js";
import { checkpointOf, fitted } from "../view/routers.js";
import { keptOther } from "../view/url.js";
import { statusOf } from "./loading.js";
import { createGuide } from "./tour_navigation.js";

/** @typedef {State["hover"]} Target */
/** @typedef {import("../files/save.js").SaveKind} SaveKind */
/** @typedef {import("../files/save.js").Look} Look */

/**
 * @typedef {object} Actions
 * @property {(patch: Partial<Request>) => void} setRequest
 * @property {(patch: Partial<ViewOnly>) => void} setView
 * @property {() => void} retry
 * @property {(how?: Partial<Pick<Request, "temperature" | "seed">>) => void} writeOn   the model goes on, or anew in another way
 * @property {() => void} stopWriting
 * @property {(pair: {a: Partial<Request>, b: Partial<Request>} | null) => void} compare   null: one stack again
 * @property {() => void} play
 * @property {() => void} pause
 * @property {() => void} toggle
 * @property {() => void} restart
 * @property {() => void} startShot
 * @property {() => void} skipShot
 * @property {(way: 1 | -1) => void} stepLayer
 * @property {(way: 1 | -1) => void} stepToken
 * @property {(to: {token?: number, layer?: number}) => void} seek   stays there, paused
 * @property {(secs: number) => void} seekTime                       goes on playing if it did
 * @property {(token: number) => void} chooseToken                   goes there and lights its path
 * @property {(tower: {layer: number, expert: number} | null) => void} chooseTower
 * @property {(target: Target) => void} hover
 * @property {(panel: Panel) => void} togglePanel
 * @property {() => void} toggleWhole
 * @property {(overlay: State["overlay"]) => void} toggleOverlay
 * @property {(span: State["span"]) => void} setSpan
 * @property {(still: boolean) => void} setStill
 * @property {() => void} dismiss                                    of the notices
 * @property {() => void} letGo                                      closes the topmost thing, or drops the selection
 * @property {(kind: SaveKind, look?: Look) => Promise<void>} save
 * @property {() => Promise<void>} film                              records one pass through the prompt
 * @property {() => void} stopFilm                                   and throws it away
 * @property {import("./tour_navigation.js").Guide} guide                      through tours and questions
 */

/**
 * @param {object} parts
 * @param {Boot} parts.boot
 * @param {Store<State>} parts.store
 * @param {Player} parts.player
 * @param {{retry: () => void, stop: () => void}} parts.feed
 * @param {Actions["save"]} parts.save
 * @param {{start: () => Promise<void>, cancel: () => void}} parts.film
 * @returns {Actions}
 */
export function createActions({ boot, store, player, feed, save, film }) {
  /** @param {Partial<View>} patch */
  const setView = (patch) => store.set({ view: { ...store.get().view, ...patch } });
  /** @param {{token?: number, layer?: number}} to  before the trace is there, it is kept in the view */
  const seek = (to) =>
    store.get().timeline && statusOf(store.get()) !== "loading" ? player.seek(to) : setView(to);
  return {
    setRequest(patch) {
      const { view } = store.get();
      const change = boot.exported ? withoutRequest(patch) : keptInRange(view, withoutOld(patch), boot);
      const next = { ...view, ...change };
      store.set({ view: { ...next, b: keptOther(next, view, boot) }, writing: "", notices: [] });
    },
    setView,
    retry: feed.retry,
    writeOn(how) {
      const { view } = store.get();
      const count = how && view.continue ? view.continue : MOST_WRITTEN;
      store.set({ view: { ...view, ...how, continue: count }, writing: how ? "anew" : "on" });
    },
    stopWriting: feed.stop,
    compare(pair) {
      const { view } = store.get();
      const small = pair && needsSmall(pair.b) ? { shape: "" } : {};
      const first = pair ? keptInRange(view, withoutOld({ ...small, ...pair.a }), boot) : {};
      store.set({ view: { ...view, ...first, b: pair && pair.b }, overlay: "none", writing: "" });
    },
    play: player.play,
    pause: player.pause,
    toggle: player.toggle,
    restart: player.restart,
    startShot: player.startShot,
    skipShot: player.skipShot,
    stepLayer: player.stepLayer,
    stepToken: player.stepToken,
    seek,
    seekTime: player.seekTime,
    chooseToken(token) {
      const same = store.get().view.path === token;
      setView({ path: same ? null : token });
      if (!same) seek({ token });
    },
    chooseTower: (tower) => setView({ tower }),
    hover: (hover) => store.set({ hover }),
    togglePanel: (panel) => setView({ panel: store.get().view.panel === panel ? "none" : panel }),
    toggleWhole: () => setView({ whole: !store.get().view.whole }),
    toggleOverlay(overlay) {
      if (overlay === "compare" && boot.exported) return; // it holds one routing
      store.set({ overlay: store.get().overlay === overlay ? "none" : overlay });
    },
    setSpan: (span) => store.set({ span }),
    setStill: (still) => store.set({ still }),
    dismiss: () => store.set({ notices: [] }),
    letGo: () => (store.get().film === null ? letGo(store, setView) : film.cancel()),
    save,
    film: film.start,
    stopFilm: film.cancel,
    guide: createGuide({ boot, store, player }),
  };
}

/** The numbers of experts a layer that a source has; null: any. @param {Boot} boot @param {Request["source"]} source */
export function expertsOf(boot, source) {
  return source === "live" && boot.models.length
    ? [...new Set(boot.models.map(({ experts }) => experts))]
    : null;
}

/**
 * A smaller number of experts takes k and the selected tower along, and the live source has only what was trained.
 * @param {View} view
 * @param {Partial<Request>} asks
 * @param {Boot} boot
 * @returns {Partial<View>}
 */
export function keptInRange(view, asks, boot) {
  const patch = withItsShape(boot, view, asks);
  if ((patch.source ?? view.source) === "recorded") return ofRecording(view, patch, boot);
  const asked = patch.experts ?? view.experts;
  const trained = expertsOf(boot, patch.source ?? view.source) ?? [asked];
  const experts = trained.includes(asked)
    ? asked
    : Math.max(...trained.filter((each) => each < asked), Math.min(...trained));
  const tower = view.tower && view.tower.expert < experts ? view.tower : null;
  return { ...patch, experts, tower, ...fitted(boot, { ...view, ...patch, experts }, view) };
}

/**
 * A recording holds the shape of its model; where none was made of the one that is asked for, the first that has one.
 * @param {View} view
 * @param {Partial<Request>} patch
 * @param {Boot} boot
 * @returns {Partial<View>}
 */
function ofRecording(view, patch, boot) {
  const asked = checkpointOf({ ...view, ...patch });
  const recorded = boot.models.filter(({ steps }) => steps?.length);
  const model = recorded.find(({ name }) => name === asked) ?? recorded[0];
  if (!model) return patch;
  const { name, experts, top_k: k } = model;
  const step = patch.step === undefined ? view.step : patch.step;
  const tower = view.tower && view.tower.expert < experts ? view.tower : null;
  return {
    ...patch,
    experts,
    k,
    tower,
    model: name === `trio-${experts}` ? "" : name,
    step: step !== null && model.steps?.includes(step) ? step : null,
  };
}

/** Another text, or another who routes it: what a model wrote after the one before is gone. @param {Partial<Request>} patch */
function withoutOld(patch) {
  const other = ["source", "scenario", "prompt", "model"].some((key) => key in patch);
  const otherTokens = ["source", "scenario", "prompt"].some((key) => key in patch);
  return {
    ...(other && { continue: 0 }),
    ...(otherTokens && { path: null }),
    ...(patch.source === "authored" && { model: "" }),
    ...patch,
  };
}

/** An exported page holds one routing; how it is looked at may change. @param {Partial<View>} patch @returns {Partial<View>} */
function withoutRequest(patch) {
  return Object.fromEntries(Object.entries(patch).filter(([key]) => !isRequestKey(key)));
}

/** @param {Store<State>} store @param {(patch: Partial<View>) => void} setView */
function letGo(store, setView) {
  const { overlay, view } = store.get();
  if (overlay !== "none") store.set({ overlay: "none" });
  else if (store.get().notices.length) store.set({ notices: [] });
  else if (view.tour || view.quiz !== null) setView({ tour: "", at: 0, quiz: null });
  else if (view.tower) setView({ tower: null });
  else if (view.path !== null) setView({ path: null });
  else if (view.panel !== "none") setView({ panel: "none" });
  else if (view.whole) setView({ whole: false });
}
