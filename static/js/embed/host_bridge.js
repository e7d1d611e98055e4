/**
 * The frame's side of the host API: requests of a host page, and events for it. docs/EMBED.md describes it;
 * static/embed.js is the other side.
 *
 * Only messages of the parent window and of the origin of the first `hello` are accepted.
 *
 * @import {Boot} from "../boot_types.js"
 * @import {State} from "../types.js"
 * @import {Actions} from "../state/actions.js"
 * @import {Store} from "../state/store.js"
 */

import { statusOf } from "../state/state.js";
import { viewOfLesson } from "../view/lesson_views.js";
import { sameRequest } from "../view/request.js";
import { eventsBetween, report } from "./host_report.js";
import { patchView } from "./view_patch.js";

/** Version of the messages. Raise it when a message changes its meaning. */
export const VERSION = 1;

/**
 * Returns the message that the data of an event carries; null if it is not a message of this API.
 * @param {unknown} data
 * @returns {Record<string, any> | null}
 */
export function readEnvelope(data) {
  const message = /** @type {Record<string, any> | null} */ (typeof data === "object" ? data : null);
  return message?.moescope === VERSION && typeof message.type === "string" ? message : null;
}

/**
 * Returns the height of a frame of this width. It depends on nothing else, so a host that applies it converges.
 * @param {number} width  CSS pixels
 */
export function heightFor(width) {
  return width < 560
    ? Math.max(420, Math.min(520, Math.round(1.25 * width)))
    : Math.max(420, Math.min(640, Math.round(0.7 * width)));
}

/**
 * @typedef {object} Parts
 * @property {Window} page        the window of the frame
 * @property {Boot} boot
 * @property {Store<State>} store
 * @property {Actions} actions
 * @property {() => void} begin   requests the trace, the first time
 */

/** @param {Parts} parts */
export function createBridge({ page, boot, store, actions, begin }) {
  if (page.parent === page) return;
  /** @type {string | null} */
  let host = null;
  let ready = false;
  let due = false;
  /** @type {(() => void)[]} */
  let waiting = [];

  /** @param {string} type @param {object} [more] */
  function tell(type, more = {}) {
    // A page from a file or in a sandbox has the origin "null", which is not a valid target.
    if (host !== null)
      page.parent.postMessage({ moescope: VERSION, type, ...more }, host === "null" ? "*" : host);
  }

  /** @type {Record<string, (message: Record<string, any>) => string[] | void>} */
  const requests = {
    set: ({ view }) => set(typeof view === "object" && view ? view : {}),
    play: () => void actions.play(),
    pause: () => void actions.pause(),
    seek: ({ token, layer }) => set({ ...placed("token", token), ...placed("layer", layer) }),
    get: () => {},
  };

  /** @param {Record<string, any>} keys */
  const set = (keys) => setKeys(keys, { boot, store, actions });

  /** @param {MessageEvent} event */
  function hear({ source, origin, data }) {
    const message = readEnvelope(data);
    if (source !== page.parent || !message || (host !== null && origin !== host)) return;
    if (message.type === "hello") return greet(origin);
    const request = host !== null && Object.hasOwn(requests, message.type) ? requests[message.type] : null;
    if (!request) return;
    begin();
    const problems = request(message);
    if (message.id !== undefined)
      whenSettled(() =>
        tell("reply", {
          id: message.id,
          state: now(),
          problems: problems ? [...problems, ...fellBack()] : [],
        }),
      );
  }

  /** @param {string} origin */
  function greet(origin) {
    host = origin;
    tell("welcome", { version: VERSION, app: boot.version, state: now() });
    measure();
    ready = false;
    settle();
  }

  const now = () => report(store.get(), boot);
  /** Returns the notices of the server on the last change. */
  const fellBack = () => store.get().notices.map(({ message }) => message);
  const measure = () => tell("height", { height: heightFor(page.innerWidth) });

  /** Sends a reply once the trace has arrived, so that it describes the requested state. @param {() => void} answer */
  function whenSettled(answer) {
    if (statusOf(store.get()) === "loading") waiting.push(answer);
    else answer();
  }

  /** Sends the replies that waited for the trace. Events are sent first, so that none follows its reply. */
  function settle() {
    const status = statusOf(store.get());
    if (status === "loading") return;
    if (status === "ready" && !ready) tell("ready", { state: now() });
    ready = status === "ready";
    tellState();
    for (const answer of waiting.splice(0)) answer();
  }

  function tellState() {
    if (due) tell("state", { state: now() });
    due = false;
  }

  store.subscribe((state, before) => {
    if (statusOf(state) === "loading") ready = false;
    else if (waiting.length || !ready) queueMicrotask(settle); // once playback has reached the place of a link
    for (const [type, detail] of eventsBetween(state, before)) tell(type, detail);
    const changed =
      state.view !== before.view || state.playing !== before.playing || statusOf(state) !== statusOf(before);
    if (changed && !due) {
      due = true;
      queueMicrotask(tellState);
    }
  });
  page.addEventListener("message", hear);
  page.addEventListener("resize", measure);
  page.parent.postMessage({ moescope: VERSION, type: "hello", version: VERSION, app: boot.version }, "*");
}

/**
 * Sets keys of the view. Without a new request, playback moves at once.
 * @param {Record<string, any>} keys
 * @param {Pick<Parts, "boot" | "store" | "actions">} parts
 * @returns {string[]} problems
 */
function setKeys(keys, { boot, store, actions }) {
  const before = store.get().view;
  const lesson = boot.exported ? null : viewOfLesson(boot, before, keys);
  const { view, patch, problems } = patchView(lesson ?? before, keys, boot);
  if (lesson) {
    actions.guide.goTo(view); // as a link does
    return problems;
  }
  const { token = null, layer = null, shot = null, ...rest } = patch;
  const ready = statusOf(store.get()) === "ready" && sameRequest(before, view);
  actions.setRequest(ready ? rest : patch);
  if (ready && shot !== null) actions.seekShot(shot);
  else if (ready && (token !== null || layer !== null))
    actions.visit({ token: token ?? undefined, layer: layer ?? undefined });
  return problems;
}

/** @param {string} name @param {unknown} value */
function placed(name, value) {
  return value === undefined || value === null ? {} : { [name]: value };
}
