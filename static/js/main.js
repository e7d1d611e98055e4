/**
 * The composition root: builds state, browser, scene and panels, in that order, and connects them. Data flows one way
 * (loading, store, then panels and scene); user input returns through `actions`.
 *
 * @import {Boot, Exported} from "./boot_types.js"
 * @import {State} from "./types.js"
 * @import {Listener} from "./state/loading.js"
 */

import { askScene } from "./api/atlas.js";
import { captures } from "./api/captures.js";
import { fetchWholeCounts, wholeCountsOf } from "./api/counts.js";
import { isFirstVisit, removeStillPage, watchConnectivity, watchLanguage } from "./browser/document.js";
import { createAddress } from "./browser/address_bar.js";
import { listenToKeys } from "./browser/keyboard.js";
import { watchReducedMotion, watchTheme } from "./browser/media_preferences.js";
import { createPageApi } from "./browser/page_api.js";
import { createLoop } from "./browser/render_loop.js";
import { createStacks } from "./browser/stacks.js";
import { createHits } from "./counts/expert_uses.js";
import { createBridge } from "./embed/host_bridge.js";
import { createFileActions } from "./files/save.js";
import { download } from "./panels/parts/element.js";
import { createPlayer } from "./playback/player.js";
import { createActions } from "./state/actions.js";
import { createCorpus } from "./state/corpus.js";
import { createLoading } from "./state/loading.js";
import { initialState, statusOf } from "./state/state.js";
import { createLongTrace } from "./state/long_trace.js";
import { createStore } from "./state/store.js";
import { createInlineTrace, withDroppedFile } from "./trace/local_trace.js";
import { createSocket } from "./trace/socket.js";
import { createTransport } from "./trace/transport.js";
import { titleOf } from "./view/title.js";
import { openingView } from "./view/url.js";
import { words } from "./words/words.js";

const boot = /** @type {Boot} */ (JSON.parse(document.getElementById("boot")?.textContent ?? "null"));
const host = /** @type {HTMLElement} */ (document.getElementById("app"));

// State
const store = createStore(initialState(openingView(location.search, boot)));
/** Adds a notice that no socket can open, for an administrator. */
function tellBlocked() {
  const message = boot.embed ? words.socketBlockedBrief : words.socketBlocked(location.host);
  const notice = { field: "connection", message };
  store.set({ notices: [...store.get().notices, notice] });
}

const Transport = createTransport({ http: boot.transport === "http", onBlocked: tellBlocked });

/** Connects to the source of traces: the server, or the exported page itself. @param {Listener} listener @param {Pick<Exported, "trace" | "steps">} [recorded] */
function connect(listener, recorded = boot.exported) {
  if (recorded) return createInlineTrace(recorded, listener);
  const url = new URL("ws", location.href).href.replace(/^http/, "ws");
  return createSocket({ url, WebSocket: Transport, ...listener });
}

/** Connects a stack, which plays a dropped file instead if there is one. @param {Listener} listener @param {Parameters<typeof withDroppedFile>[2]} files @param {Pick<Exported, "trace" | "steps">} [recorded] */
function withFiles(listener, files, recorded) {
  const socket = /** @type {ReturnType<typeof createSocket>} */ (connect(listener, recorded));
  return withDroppedFile(socket, listener, files);
}
const secondFile = { held: captures.second, clear: captures.clearSecond };

const hits = createHits();
const player = createPlayer(store, ({ trace, timeline }, time) =>
  trace && timeline ? hits.upTo(trace, timeline, time).unique : 0,
);
const loading = createLoading(store, (listener) => withFiles(listener, captures), player);
/** Returns the corpus: from the server, or from the exported page itself. @param {string} atlas */
const askCorpus = async (atlas) => boot.exported?.corpus ?? askScene(atlas);
const corpus = createCorpus(store, askCorpus);

// Browser and scene
const loop = createLoop();
const stacks = createStacks({
  store,
  boot,
  connect: (listener) => withFiles(listener, secondFile, boot.exported?.other),
  wake: loop.wake,
});
const { viewport } = stacks;
const fileActions = createFileActions({
  boot,
  store,
  player,
  stacks: stacks.all,
  titleOf: (view) => titleOf(boot, view).title,
  saveFile: download,
});
/** @param {string} trace */
async function countWhole(trace) {
  const whole = captures.held()?.report.whole;
  return whole ? wholeCountsOf(trace, whole) : fetchWholeCounts(trace);
}
const long = createLongTrace(store, countWhole);
const actions = createActions({ boot, store, player, loading, long, ...fileActions });
const address = createAddress(store, boot, {
  goTo: ({ view, notices }) => actions.guide.back(view, notices),
  wake: loop.wake,
});

/** The states that the panels show; null forces an update. @type {[State, State | null] | null} */
let panelStates = null;
let wall = 0;
/** Updates the panels although the state is the same. */
function refresh() {
  panelStates = null;
  loop.wake();
}

/** Returns whether the screen has reached its final state. */
function settled() {
  const state = store.get();
  if (state.loading === "failed") return true;
  const quiet = !player.moving() && !viewport.moving() && state.scene !== "waiting";
  return (
    statusOf(state) === "ready" &&
    state.trace?.complete === true &&
    quiet &&
    stacks.settled() &&
    !corpus.waiting() &&
    !address.waits() &&
    panelStates?.[0] === state
  );
}
const hooks = createPageApi({
  store,
  actions,
  loop,
  stats: viewport.stats,
  labels: viewport.labels,
  settled,
  other: stacks.other,
});

// Panels
const { createPage } = await (boot.embed
  ? import("./panels/embed_page.js")
  : import("./panels/full_page.js"));
const page = createPage(host, {
  boot,
  actions,
  store,
  viewport: {
    opened: viewport.opened,
    open: stacks.open,
    reopen: stacks.reopen,
    observe: stacks.observe,
    close() {
      stacks.close();
      loading.disconnect();
    },
  },
  wake: refresh,
  play: loading.open,
  look: fileActions.look,
  other: stacks.other,
});

/** Updates the panels if the state changed. */
function updatePanels() {
  const now = /** @type {[State, State | null]} */ ([store.get(), stacks.other()]);
  if (panelStates && panelStates[0] === now[0] && panelStates[1] === now[1]) return;
  panelStates = now;
  page.update(now[0]);
}

/** One frame. @param {number} secs  since the last frame @returns {boolean} whether another frame must follow */
function frame(secs) {
  wall += secs;
  const goesOn = player.advance(secs);
  stacks.sync();
  const state = store.get();
  updatePanels();
  const drawn = stacks.draw(wall);
  // Set after this frame, because ready means that scene, counters and token strip show the same trace.
  if (!viewport.opening()) document.documentElement.dataset.state = statusOf(state);
  fileActions.film.frame(drawn);
  queueMicrotask(hooks.tell);
  if (!goesOn) address.settle();
  return goesOn || stacks.moving();
}
loop.run(frame);

/** @param {boolean} doubtful  the network changed meanwhile */
function reconnect(doubtful) {
  loading.reconnect(doubtful);
  stacks.reconnect(doubtful);
}
let begun = false;
/** Requests the trace, the first time. */
function begin() {
  if (!begun) loading.open();
  begun = true;
}

store.subscribe((state) => {
  if (statusOf(state) !== "ready") document.documentElement.dataset.state = statusOf(state);
  document.documentElement.toggleAttribute("data-filming", state.film !== null);
  if (stacks.arrange()) refresh();
  loop.wake();
});
watchReducedMotion(store);
if (isFirstVisit(boot, location.search)) store.set({ opening: true });
watchTheme(store, (printing) => {
  loop.step(0);
  if (!printing) return;
  const scenes = stacks.all().map((each) => each.viewport.snapshot);
  page.print(store.get(), scenes);
});
watchConnectivity(reconnect);
watchLanguage(store, boot);
listenToKeys(store, actions, viewport.turn, boot.embed);
Object.assign(window, { moescope: hooks.api });
stacks.arrange();
const { play, pause } = { ...actions, ...page };
createBridge({ page: window, boot, store, actions: { ...actions, play, pause }, begin });
updatePanels(); // a hidden page gets no frames, but assistive technology reads it
page.start(() => {
  begin();
  reconnect(false);
  void stacks.open();
});
removeStillPage();
