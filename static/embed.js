/**
 * Moescope in a host page: <moescope-embed scenario="code" experts="64"></moescope-embed>
 *
 *   <script type="module" src="https://.../static/embed.js"></script>
 *
 * A titled frame that loads when it is near the viewport, has the height that its content requests, and has an API of
 * promises and events. docs/EMBED.md describes it; the other side is static/js/embed/host_bridge.js. It has no
 * dependencies and uses only its own element; several on a page are independent.
 */

/** Version of the messages. */
const VERSION = 1;

/** The keys of a view, as in the page's URL. Tokens and layers count from 1. */
export const KEYS = [
  "source",
  "scenario",
  "prompt",
  "model",
  "shape",
  "experts",
  "router",
  "k",
  "capacity",
  "groups",
  "topk_groups",
  "scale",
  "noise",
  "updates",
  "rate",
  "skew",
  "alter",
  "continue",
  "temperature",
  "seed",
  "step",
  "trace",
  "mode",
  "camera",
  "token",
  "layer",
  "floor",
  "fold",
  "shot",
  "speed",
  "path",
  "tower",
  "devices",
  "corpus",
  "level",
  "panel",
  "whole",
  "theme",
  "palette",
  "colour",
  "lang",
  "tour",
  "at",
  "quiz",
];

/** The keys of a second stack: those in which it differs from the first. */
const OTHER = KEYS.map((key) => `b.${key}`);

/** The DOM events of an element; `detail` is the message. */
export const EVENTS = ["ready", "state", "token", "layer", "end", "height"];

/**
 * @import {EmbedState, Keys} from "./embed.d.ts"
 * @typedef {{resolve: (state: EmbedState) => void, reject: (error: Error) => void}} Asked
 */

/**
 * Returns the address of a view.
 * @param {string} page   of the embed, or a whole address with keys
 * @param {Keys} keys     null is omitted
 */
export function addressOf(page, keys) {
  const address = new URL(page);
  for (const [key, value] of Object.entries(keys))
    if (value !== null) address.searchParams.set(key, String(value));
  return address.href;
}

/**
 * The connection to one frame. Messages are sent only to the origin of the frame, and accepted only from this frame and
 * this origin.
 */
export class Connection {
  /**
   * @param {HTMLIFrameElement} frame
   * @param {string} origin   of the frame
   * @param {(type: string, detail: any) => void} onEvent
   * @param {Window} [page]
   */
  constructor(frame, origin, onEvent, page = window) {
    this.frame = frame;
    this.origin = origin;
    this.onEvent = onEvent;
    this.page = page;
    this.greeted = false;
    this.lastId = 0;
    /** @type {Map<number, Asked>} */
    this.asked = new Map();
    /** @type {object[]} */
    this.queue = [];
    this.hear = this.hear.bind(this);
    page.addEventListener("message", this.hear);
  }

  /** Sends `hello`, because the frame sends its own only when it has loaded. */
  greet() {
    this.post({ type: "hello", version: VERSION });
  }

  /** Sends a message and returns the state after it, once its trace has arrived. @param {string} type @param {object} [more] */
  ask(type, more = {}) {
    const id = ++this.lastId;
    const message = { ...more, type, id };
    if (this.greeted) this.post(message);
    else this.queue.push(message);
    return new Promise((/** @type {Asked["resolve"]} */ resolve, reject) =>
      this.asked.set(id, { resolve, reject }),
    );
  }

  /** A file has the origin "null", which is not a valid target. @param {object} message */
  post(message) {
    this.frame.contentWindow?.postMessage(
      { moescope: VERSION, ...message },
      this.origin === "null" ? "*" : this.origin,
    );
  }

  /** @param {MessageEvent} event */
  hear({ source, origin, data }) {
    if (!source || source !== this.frame.contentWindow || origin !== this.origin) return;
    if (typeof data !== "object" || data?.moescope !== VERSION) return;
    if (data.type === "hello") this.meet();
    else if (data.type === "welcome") this.begin();
    else if (data.type === "reply") this.answer(data);
    else if (EVENTS.includes(data.type)) this.onEvent(data.type, data);
  }

  /** Handles a loaded frame. Requests to a previous page of the frame get no answer. */
  meet() {
    if (this.greeted) this.refuse("the view was loaded anew");
    this.greeted = false;
    this.greet();
  }

  begin() {
    this.greeted = true;
    for (const message of this.queue.splice(0)) this.post(message);
  }

  /** @param {{id: number, state: EmbedState, problems: string[]}} reply */
  answer({ id, state, problems }) {
    const asked = this.asked.get(id);
    this.asked.delete(id);
    for (const problem of problems) console.warn(`moescope-embed: ${problem}`);
    if (state.status === "error") asked?.reject(new Error(state.error));
    else asked?.resolve({ ...state, problems });
  }

  /** @param {string} reason */
  refuse(reason) {
    for (const { reject } of this.asked.values()) reject(new Error(`moescope-embed: ${reason}`));
    this.asked.clear();
  }

  close() {
    this.page.removeEventListener("message", this.hear);
    this.refuse("it was taken out of the page");
  }
}

/**
 * Connects to an existing frame, as oEmbed or a pasted snippet makes one.
 * @param {HTMLIFrameElement} frame   loaded
 * @param {(type: string, detail: any) => void} [onEvent]
 */
export function connect(frame, onEvent = () => {}) {
  const connection = new Connection(frame, originOf(frame.src), onEvent);
  connection.greet();
  return connection;
}

const SANDBOX = "allow-scripts allow-same-origin allow-popups allow-popups-to-escape-sandbox allow-downloads";
const STYLE = `
  :host { display: block; }
  :host([hidden]) { display: none; }
  iframe { display: block; width: 100%; aspect-ratio: 10 / 7; min-height: 420px; max-height: 640px; border: 0; border-radius: inherit; background: #0b0709; }
  :host([theme="light"]) iframe { background: #f6efeb; }
`;

/** Node, which runs the tests, has no elements. */
const Base = globalThis.HTMLElement ?? class {};

export class MoescopeEmbed extends Base {
  static observedAttributes = [...KEYS, ...OTHER, "src", "title", "height"];

  /** @type {HTMLIFrameElement | null} */
  #frame = null;
  /** @type {Connection | null} */
  #connection = null;
  /** @type {Keys} attributes that changed and were not yet told */
  #changed = {};

  connectedCallback() {
    this.#build();
  }

  disconnectedCallback() {
    this.#connection?.close();
    this.#frame?.remove();
    this.#connection = this.#frame = null;
  }

  /** @param {string} name @param {string | null} before @param {string | null} value */
  attributeChangedCallback(name, before, value) {
    if (!this.#frame || before === value) return;
    if (name === "title") this.#frame.title = this.#title();
    else if (name === "height") this.#size(null);
    else if (name === "src") this.#build();
    else if (!this.#connection?.greeted) this.#frame.src = this.#address();
    else this.#tellLater({ [name]: value });
  }

  /** Changes any keys of the view; null resets a key to its default; an invalid value changes nothing. @param {Keys} keys */
  set(keys) {
    return this.#ask("set", { view: keys });
  }
  /** Plays; a hidden frame starts when it becomes visible. */
  play() {
    return this.#ask("play");
  }
  pause() {
    return this.#ask("pause");
  }
  /** Seeks to a token and a layer, both from 1, and pauses. @param {{token?: number, layer?: number}} place */
  seek(place) {
    return this.#ask("seek", place);
  }
  /** Returns the state. */
  get() {
    return this.#ask("get");
  }

  /** @param {string} type @param {object} [more] */
  #ask(type, more) {
    if (!this.#connection || !this.#frame)
      return Promise.reject(new Error("moescope-embed: it is in no page"));
    this.#frame.loading = "eager"; // a request needs an answer, near the viewport or not
    return this.#connection.ask(type, more);
  }

  #build() {
    this.#connection?.close();
    const root = this.shadowRoot ?? this.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet(); // unlike a style element, no policy of the page blocks it
    sheet.replaceSync(STYLE);
    root.adoptedStyleSheets = [sheet];
    const frame = document.createElement("iframe");
    Object.assign(frame, {
      title: this.#title(),
      loading: "lazy",
      allow: "fullscreen",
      src: this.#address(),
    });
    frame.setAttribute("sandbox", SANDBOX);
    this.#frame = frame;
    this.#size(null);
    root.replaceChildren(frame);
    this.#connection = new Connection(frame, originOf(frame.src), (type, detail) => {
      if (type === "height") this.#size(detail.height);
      this.dispatchEvent(new CustomEvent(type, { detail }));
    });
  }

  #address() {
    const page = this.getAttribute("src");
    const keys = Object.fromEntries(
      [...KEYS, ...OTHER].filter((key) => this.hasAttribute(key)).map((key) => [key, this.getAttribute(key)]),
    );
    return addressOf(new URL(page ?? "../embed", page ? document.baseURI : import.meta.url).href, keys);
  }

  #title() {
    return (
      this.getAttribute("title") ||
      `Moescope: ${this.getAttribute("scenario") ?? "tokens routed through experts"}`
    );
  }

  /** Sets the height of the attribute, else that of the content. @param {number | null} height  CSS pixels */
  #size(height) {
    const own = Number.parseFloat(this.getAttribute("height") ?? "");
    const used = own > 0 ? own : height;
    if (!this.#frame || used === null) return;
    Object.assign(this.#frame.style, {
      height: `${used}px`,
      minHeight: "0",
      maxHeight: "none",
      aspectRatio: "auto",
    });
  }

  /** Joins attributes that change at once in one change of the view. @param {Keys} keys */
  #tellLater(keys) {
    const first = !Object.keys(this.#changed).length;
    Object.assign(this.#changed, keys);
    if (!first) return;
    queueMicrotask(() => {
      this.set(this.#changed).catch((error) => console.warn(String(error)));
      this.#changed = {};
    });
  }
}

/** A page from a file has the origin "null". @param {string} address */
function originOf(address) {
  const { origin, protocol } = new URL(address);
  return protocol === "file:" ? "null" : origin;
}

globalThis.customElements?.get("moescope-embed") ??
  globalThis.customElements?.define("moescope-embed", MoescopeEmbed);
