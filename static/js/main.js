/**
 * The composition root: makes the parts and joins them. Data goes one way (feed, store, then panels and scene); what a
 * person does comes back through `actions`.
 *
 * @import {Boot, Frame, State} from "./types.js"
 */

import { createActions } from "./actions.js";
import { createAddress } from "./address.js";
import { createBridge } from "./bridge.js";
import { createFeed } from "./feed.js";
import { floorOf } from "./floor.js";
import { createHits } from "./hits.js";
import { createHooks } from "./hooks.js";
import { listenToKeys } from "./keyboard.js";
import { createLoop } from "./loop.js";
import { createPlayer } from "./player.js";
import { createRecording } from "./recording.js";
import { createSave } from "./save.js";
import { createSocket } from "./socket.js";
import { initialState } from "./state.js";
import { createStore } from "./store.js";
import { watchStillness } from "./stillness.js";
import { parseView, searchOf } from "./url.js";
import { createViewport } from "./viewport.js";

const boot = /** @type {Boot} */ (JSON.parse(document.getElementById("boot")?.textContent ?? "null"));
const host = /** @type {HTMLElement} */ (document.getElementById("app"));
const stage = /** @type {HTMLElement} */ (document.getElementById("stage"));

const store = createStore(initialState(parseView(searchOf(boot, location.search), boot)));
const hits = createHits();
const player = createPlayer(store, ({ trace, timeline }, time) => (trace && timeline ? hits.upTo(trace, timeline, time).unique : 0));
const viewport = createViewport(stage, {
  point: (tower) => actions.hover(tower),
  choose: (tower) => actions.chooseTower(tower),
  become: (scene) => store.set({ scene }),
  wake: () => loop.wake(),
}, boot);
const feed = createFeed(store, connect, player);
const actions = createActions({ boot, store, player, feed, save: createSave(store.get, viewport.picture) });
const { createPage } = await (boot.embed ? import("./panels/embed.js") : import("./panels/page.js"));
const page = createPage(host, { boot, actions, store, viewport, wake: refresh });

let wall = 0;
let shown = /** @type {State | null} */ (null);
const loop = createLoop((secs) => {
  wall += secs;
  const goesOn = player.advance(secs);
  const state = store.get();
  if (state !== shown) page.update((shown = state));
  if (state.trace && state.timeline) viewport.draw(frameOf(state));
  queueMicrotask(hooks.tell);
  if (!goesOn) address.settle();
  return goesOn || viewport.moving();
});
const hooks = createHooks({ store, actions, loop, stats: viewport.stats, settled });

/** A panel has something new to show, though the state is the same. */
function refresh() {
  shown = null;
  loop.wake();
}

/** @param {State} state @returns {Frame} */
function frameOf(state) {
  const { trace, timeline, time, view, hover, still } = state;
  const path = hover && "token" in hover ? hover.token : view.path;
  const tower = hover && "expert" in hover ? hover : view.tower;
  return {
    trace: /** @type {NonNullable<typeof trace>} */ (trace),
    timeline: /** @type {NonNullable<typeof timeline>} */ (timeline),
    time, wall, camera: view.camera, layer: floorOf(state), path, tower, still,
  };
}

/** Nothing more will change on screen by itself. */
function settled() {
  const { status, trace, scene } = store.get();
  if (status === "error") return true;
  const quiet = !player.moving() && !viewport.moving() && scene !== "waiting";
  return status === "ready" && trace?.complete === true && quiet && shown === store.get();
}

/** Where traces come from: the server, or in an exported page the page. @param {import("./feed.js").Listener} listener */
function connect(listener) {
  if (boot.exported) return createRecording(boot.exported, listener);
  return createSocket({ url: `${location.origin.replace(/^http/, "ws")}/ws`, ...listener });
}

store.subscribe((state) => {
  document.documentElement.dataset.state = state.status;
  loop.wake();
});
const address = createAddress(store, boot, player.moving, ({ view, notices }) => store.set({ view, notices }));
watchStillness(store);
listenToKeys(store, actions, viewport.turn);
Object.assign(window, { moescope: hooks.api });
let begun = false;
/** Asks for the trace, the first time. */
function begin() {
  if (!begun) feed.open();
  begun = true;
}
const { play, pause } = { ...actions, ...page };
createBridge({ page: window, boot, store, actions: { ...actions, play, pause }, begin });
page.start(() => {
  begin();
  void viewport.open();
});
