/**
 * The composition root: makes the parts and joins them. Data goes one way (feed, store, then panels and scene); what a
 * person does comes back through `actions`.
 *
 * @import {Boot, Frame, State} from "./types.js"
 */

import { createAddress } from "./browser/address_bar.js";
import { watchLanguage, watchPresence } from "./browser/document.js";
import { listenToKeys } from "./browser/keyboard.js";
import { watchStillness, watchTheme } from "./browser/media_preferences.js";
import { createHooks } from "./browser/page_api.js";
import { createLoop } from "./browser/render_loop.js";
import { createViewport } from "./browser/scene_host.js";
import { placeExperts } from "./counts/device_traffic.js";
import { createHits } from "./counts/expert_uses.js";
import { createBridge } from "./embed/host_bridge.js";
import { createTaking } from "./files/save.js";
import { download } from "./panels/parts/element.js";
import { createPlayer } from "./playback/player.js";
import { createActions } from "./state/actions.js";
import { createLoading, statusOf } from "./state/loading.js";
import { createSide } from "./state/second_stack.js";
import { initialState } from "./state/state.js";
import { createStore } from "./state/store.js";
import { createRecording } from "./trace/inline_trace.js";
import { createSocket } from "./trace/socket.js";
import { sameTokens } from "./trace/trace.js";
import { createTransport } from "./trace/transport.js";
import { floorOf, foldOf } from "./view/layers.js";
import { titleOf } from "./view/title.js";
import { parseView, searchOf } from "./view/url.js";
import { words } from "./words/words.js";

const boot = /** @type {Boot} */ (JSON.parse(document.getElementById("boot")?.textContent ?? "null"));
const host = /** @type {HTMLElement} */ (document.getElementById("app"));
const stage = /** @type {HTMLElement} */ (document.getElementById("stage"));

const store = createStore(initialState(parseView(searchOf(boot, location.search), boot)));
const Transport = createTransport({ http: boot.transport === "http", onBlocked: tellBlocked });
const hits = createHits();
const player = createPlayer(store, ({ trace, timeline }, time) =>
  trace && timeline ? hits.upTo(trace, timeline, time).unique : 0,
);
const viewport = createViewport(
  stage,
  {
    point: (tower) => actions.hover(tower),
    choose: (tower) => actions.chooseTower(tower),
    become: (scene) => store.set({ scene }),
    wake: () => loop.wake(),
    turned: (...by) => beside?.viewport.turn(...by),
  },
  boot,
);
/** The second stack, while there is one. */
let beside = /** @type {ReturnType<typeof openBeside> | null} */ (null);
const feed = createLoading(store, connect, player);
const taking = createTaking({
  boot,
  store,
  player,
  stacks,
  titleOf: (view) => titleOf(boot, view).title,
  hand: download,
});
const actions = createActions({ boot, store, player, feed, ...taking });
const { createPage } = await (boot.embed
  ? import("./panels/embed_page.js")
  : import("./panels/full_page.js"));
const page = createPage(host, {
  boot,
  actions,
  store,
  viewport: { ...viewport, open: openAll, close: closeAll, observe },
  wake: refresh,
  look: taking.look,
  other: () => beside?.side.store.get() ?? null,
});

let wall = 0;
let shown = /** @type {State | null} */ (null);
let shownBeside = /** @type {State | null} */ (null);
const loop = createLoop((secs) => {
  wall += secs;
  const goesOn = player.advance(secs);
  const state = store.get();
  beside?.side.syncToFirst();
  const other = beside?.side.store.get() ?? null;
  if (state !== shown || other !== shownBeside) page.update((shown = state));
  shownBeside = other;
  const drawn = [state.trace && state.timeline ? viewport.draw(frameOf(state)) : false];
  if (beside && other?.trace && other.timeline)
    drawn.push(
      beside.viewport.draw({
        ...frameOf(other),
        still: state.still,
        theme: state.theme,
        path: sameTokens(state.trace, other.trace) ? pathIn(state) : null,
      }),
    );
  // Ready means that scene, counters and token strip show the same trace: not before this frame.
  if (!viewport.opening()) document.documentElement.dataset.state = statusOf(state);
  taking.film.frame(drawn);
  queueMicrotask(hooks.tell);
  if (!goesOn) address.settle();
  return goesOn || viewport.moving() || (beside?.viewport.moving() ?? false);
});
const hooks = createHooks({
  store,
  actions,
  loop,
  stats: viewport.stats,
  settled,
  other: () => beside?.side.store.get() ?? null,
});

/** A panel has something new to show, though the state is the same. */
function refresh() {
  shown = null;
  loop.wake();
}

/** The token whose path is lit. @param {State} state */
function pathIn({ hover, view }) {
  return hover && "token" in hover ? hover.token : view.path;
}

/** @param {State} state @returns {Frame} */
function frameOf(state) {
  const { trace, timeline, time, view, hover, still } = state;
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
    tower,
    still,
    theme: state.theme,
    palette: view.palette,
    devices: trace && placeExperts(trace.model.experts, view.devices),
  };
}

/** The stacks that are seen. */
function stacks() {
  return [{ store, viewport }, ...(beside ? [{ store: beside.side.store, viewport: beside.viewport }] : [])];
}

/** A second side, with a scene of its own. */
function openBeside() {
  const side = createSide(
    store,
    (listener) => connect(listener, boot.exported?.other),
    () => loop.wake(),
  );
  const stageBeside = /** @type {HTMLElement} */ (document.getElementById("stage-b"));
  const second = createViewport(
    stageBeside,
    {
      point: (hover) => side.store.set({ hover }),
      choose: () => {},
      become: (scene) => side.store.set({ scene }),
      wake: () => loop.wake(),
      turned: (...by) => viewport.turn(...by),
    },
    boot,
  );
  if (viewport.opened()) void second.open();
  return { side, viewport: second };
}
/** As many stacks as the view has. */
function arrangeStacks() {
  const two = store.get().view.b !== null && document.getElementById("stage-b") !== null;
  document.documentElement.toggleAttribute("data-compare", two);
  if (two && !beside) beside = openBeside();
  else if (!two && beside) {
    beside.viewport.close();
    beside.side.close();
    beside = null;
  } else return;
  refresh();
}
async function openAll() {
  await viewport.open();
  await beside?.viewport.open();
}
function observe() {
  viewport.observe();
  beside?.viewport.observe();
}
function closeAll() {
  viewport.close();
  beside?.viewport.close();
  feed.disconnect();
  beside?.side.disconnect();
}
/** @param {boolean} doubtful  the network changed meanwhile */
function reconnect(doubtful) {
  feed.reconnect(doubtful);
  beside?.side.reconnect(doubtful);
}

/** Nothing more will change on screen by itself. */
function settled() {
  const { loading, trace, scene } = store.get();
  if (loading === "failed") return true;
  if (beside && !beside.side.settled()) return false;
  const quiet = !player.moving() && !viewport.moving() && scene !== "waiting";
  return statusOf(store.get()) === "ready" && trace?.complete === true && quiet && shown === store.get();
}

/** No socket opens here: the page says so, for the person who can change that. */
function tellBlocked() {
  store.set({
    notices: [...store.get().notices, { field: "connection", message: words.socketBlocked(location.host) }],
  });
}

/** Where traces come from: the server, or in an exported page the page. @param {import("./state/loading.js").Listener} listener @param {Pick<import("./types.js").Exported, "trace" | "steps">} [recorded] */
function connect(listener, recorded = boot.exported) {
  if (recorded) return createRecording(recorded, listener);
  const url = new URL("ws", location.href).href.replace(/^http/, "ws");
  return createSocket({ url, WebSocket: Transport, ...listener });
}

store.subscribe((state) => {
  if (statusOf(state) !== "ready") document.documentElement.dataset.state = statusOf(state);
  document.documentElement.toggleAttribute("data-filming", state.film !== null);
  arrangeStacks();
  loop.wake();
});
const address = createAddress(store, boot, player.moving, ({ view, notices }) =>
  actions.guide.goTo(view, notices),
);
watchStillness(store);
watchTheme(store, () => loop.step(0));
watchPresence(reconnect);
watchLanguage(store, boot);
listenToKeys(store, actions, viewport.turn);
Object.assign(window, { moescope: hooks.api });
arrangeStacks();
let begun = false;
/** Asks for the trace, the first time. */
function begin() {
  if (!begun) feed.open();
  begun = true;
}
const { play, pause } = { ...actions, ...page };
createBridge({ page: window, boot, store, actions: { ...actions, play, pause }, begin });
page.update((shown = store.get())); // a frame that is not in sight gets no frames, and is read all the same
page.start(() => {
  begin();
  reconnect(false);
  void openAll();
});
