/**
 * Loads the corpus that a view names into the store, or a notice with the reason.
 *
 * @import {Corpus, State} from "../types.js"
 * @import {Store} from "./store.js"
 */

import { words } from "../words/words.js";

/** The corpus of the current model over the held-out text. */
export const HELDOUT = "heldout";

/** Returns the name of the atlas of a view; "" for none. @param {Pick<State, "view" | "trace">} state */
export function atlasNamed({ view, trace }) {
  if (!trace || !view.corpus) return "";
  return view.corpus === HELDOUT ? `${HELDOUT}/${trace.model.name}` : view.corpus;
}

/** Returns whether a corpus has the layers and experts of the trace. @param {Pick<State, "trace">} state @param {Corpus} corpus */
const fits = ({ trace }, { loads }) =>
  trace?.model.layers === loads.length && trace.model.experts === loads[0].length;

/** Returns the corpus that is drawn. @param {Pick<State, "view" | "trace" | "corpus">} state @returns {Corpus | null} */
export function corpusShown(state) {
  const { corpus } = state;
  return corpus && corpus.atlas === atlasNamed(state) && fits(state, corpus) ? corpus : null;
}

/** Returns the text of the badge of a corpus. @param {Corpus} corpus */
export function recordedWords({ atlas, corpus, tokens }) {
  return words.corpus.recorded(tokens, atlas.startsWith(`${HELDOUT}/`) ? words.corpus.heldoutName : corpus);
}

/**
 * @param {Store<State>} store
 * @param {(atlas: string) => Promise<Corpus>} ask
 */
export function createCorpus(store, ask) {
  let asked = "";
  let waiting = false;

  /** @param {string} reason */
  function tell(reason) {
    const { notices } = store.get();
    const others = notices.filter(({ field }) => field !== "corpus");
    store.set({ notices: reason ? [...others, { field: "corpus", message: reason }] : others });
  }

  /** @param {string} atlas */
  async function bring(atlas) {
    waiting = true;
    const found = await ask(atlas).catch((/** @type {Error} */ error) => error.message);
    if (asked !== atlas) return;
    waiting = false;
    if (typeof found === "string") return tell(words.corpus.failed(found));
    store.set({ corpus: found });
    const { trace } = store.get();
    if (!fits({ trace }, found)) tell(words.corpus.otherShape(found.loads.length, found.loads[0].length));
  }

  store.subscribe((state) => {
    const atlas = atlasNamed(state);
    if (atlas === asked) return;
    asked = atlas;
    waiting = false;
    if (atlas) void bring(atlas);
  });
  return { waiting: () => waiting };
}
