/** Types of static/embed.js, for those who write TypeScript: copy this file beside your own, or name it in `types`. */

/** Keys of the page's URL. Tokens and layers count from 1, experts from 0; null takes a key back to its default. */
export type Keys = Record<string, string | number | boolean | null>;

/** A token and layer, from 1. In ALL AT ONCE every token is at the layer, and token and text are null. */
export interface Place {
  token: number | null;
  layer: number;
  text: string | null;
}

export interface EmbedState {
  /** All keys of the view, those at their default too. */
  view: Keys;
  /** The view as a query string, defaults left out: append it to the address of the page. */
  query: string;
  status: "loading" | "ready" | "error";
  error: string;
  playing: boolean;
  /** Seconds on the timeline at speed 1. */
  time: number;
  duration: number;
  tokens: number;
  layers: number;
  /** The event that fired last; null before the first. */
  at: Place | null;
  /** Where the routing comes from: AUTHORED is a teaching scenario and no measurement. Show it where you show figures. */
  badge: "AUTHORED" | "LIVE" | "RECORDED" | "IDS ONLY" | null;
  note: string | null;
  counters: {
    total_p: number | null;
    active_p: number | null;
    token: string | null;
    experts_hit: number;
    experts_all: number | null;
  };
  /** What could not be used of the keys of `set`, in words. */
  problems?: string[];
}

export interface EmbedEvents {
  /** A trace is there: the first, or another after `set`. */
  ready: CustomEvent<{ state: EmbedState }>;
  /** The view, or whether it plays, changed. */
  state: CustomEvent<{ state: EmbedState }>;
  token: CustomEvent<Place & { tokens: number }>;
  /** A layer chose: the experts of the token with their weights; in ALL AT ONCE how many tokens each expert got. */
  layer: CustomEvent<
    Place & { experts: { expert: number; weight?: number; dropped?: true; tokens?: number }[] }
  >;
  /** Playback reached the end. */
  end: CustomEvent<{ experts_hit: number }>;
  /** CSS pixels that the content asks for at this width; the element follows it by itself. */
  height: CustomEvent<{ height: number }>;
}

export class MoescopeEmbed extends HTMLElement {
  set(keys: Keys): Promise<EmbedState>;
  play(): Promise<EmbedState>;
  pause(): Promise<EmbedState>;
  seek(place: { token?: number; layer?: number }): Promise<EmbedState>;
  get(): Promise<EmbedState>;
  addEventListener<E extends keyof EmbedEvents>(
    type: E,
    listener: (event: EmbedEvents[E]) => unknown,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject,
    options?: boolean | AddEventListenerOptions,
  ): void;
}

export const KEYS: readonly string[];
export const EVENTS: readonly (keyof EmbedEvents)[];

/** The address of a view; keys that are null are left out. */
export function addressOf(page: string, keys: Keys): string;

/** What the element talks through. `detail` of an event is as in EmbedEvents. */
export class Connection {
  constructor(
    frame: HTMLIFrameElement,
    origin: string,
    onEvent: (type: string, detail: any) => void,
    page?: Window,
  );
  readonly greeted: boolean;
  greet(): void;
  ask(type: "set", message: { view: Keys }): Promise<EmbedState>;
  ask(type: "seek", message: { token?: number; layer?: number }): Promise<EmbedState>;
  ask(type: "play" | "pause" | "get"): Promise<EmbedState>;
  close(): void;
}

/** The same for a frame that is there already, as oEmbed or a pasted snippet makes one; it must have loaded. */
export function connect(frame: HTMLIFrameElement, onEvent?: (type: string, detail: any) => void): Connection;

declare global {
  interface HTMLElementTagNameMap {
    "moescope-embed": MoescopeEmbed;
  }
}
