/**
 * The scope of a load: the events so far, this prompt, every prompt, a pasted text, or a recorded corpus.
 *
 * @import {State} from "../../types.js"
 * @import {CountedLoad} from "../../counts/load_measures.js"
 * @import {Actions} from "../../state/actions.js"
 * @import {Segment} from "../parts/segments.js"
 */

import { loadRequest, fetchLoad } from "../../api/counts.js";
import { countedOnPage, countedWhole, withZLoss } from "../../counts/load_measures.js";
import { createLoads } from "../../counts/loads.js";
import { partOf } from "../../trace/window.js";
import { captureWords, words } from "../../words/words.js";
import { attribute, h, setText } from "../parts/element.js";
import { createSegments } from "../parts/segments.js";
import { createCorpora } from "./corpus_learned.js";

const { balance: said } = words;

/** Returns whether the router was trained with the z-loss. @param {State["trace"]} trace */
export const hasZLoss = (trace) => trace?.model.router === "st_moe";

/** @param {Actions} actions @param {() => void} wake @param {boolean} server   whether a server is available */
export function createCounting(actions, wake, server) {
  const corpora = createCorpora(wake, server);
  const span = createSpan(actions, server, corpora);
  const text = h("textarea", {
    id: "load-text",
    rows: 2,
    maxlength: 20_000,
    placeholder: said.textHint,
    spellcheck: "false",
  });
  const count = h("button", { type: "submit", class: "primary" }, said.textCount);
  const form = h(
    "form",
    { class: "load-form" },
    h("label", { class: "sr-only", for: "load-text" }, said.textLabel),
    text,
    count,
  );
  const live = h(
    "button",
    { type: "button", class: "secondary", onclick: () => actions.setRequest({ source: "live" }) },
    said.textGoLive,
  );
  const refusal = h("div", { class: "load-refusal" }, h("p", { class: "caption" }, said.textNeedsLive), live);
  const status = h("p", { class: "caption", role: "status" });
  let pasted = "";
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    pasted = text.value.trim();
    wake();
  });
  const loads = createLoads();
  const asking = createAsking(wake);
  const askingZ = createAsking(wake);

  return {
    element: h("div", { class: "counting" }, span.element, form, refusal, status),
    /** Returns the load; null until it has arrived. @param {State} state @param {string} version  of the events @returns {CountedLoad | null} */
    update(state, version) {
      const { view, span: over } = state;
      span.update(state);
      const authored = view.source !== "live";
      attribute(form, "hidden", over !== "text" || authored);
      attribute(refusal, "hidden", over !== "text" || !authored);
      if (over === "so-far" || over === "whole") {
        const counted = here(state, version);
        setText(status, counted?.tokens === 0 ? words.nothingYet : "");
        return counted;
      }
      if (over === "scenarios" && view.source === "recorded") return nothing(said.recordedSpan);
      if (over === "text" && (authored || !pasted)) return nothing("");
      const corpus = over === "corpus" ? corpora(state)[0] : "";
      if (corpus === undefined) return nothing(said.noCorpus);
      const { counted, trouble } = asking.of(
        over === "corpus" ? { over, query: corpus, text: "" } : loadRequest(view, over, pasted),
      );
      setText(
        status,
        trouble ? said.refused(trouble) : counted ? countedWords(counted, corpus) : said.asking,
      );
      return counted;
    },
  };

  /** @param {string} why */
  function nothing(why) {
    setText(status, why);
    return null;
  }
  /** @param {State} state @param {string} version */
  function here({ trace, timeline, time, span: over, view, whole }, version) {
    if (!trace || !timeline) return null;
    if (whole && over === "whole") return countedWhole(whole, trace.origin.ids_only === true);
    const counted = countedOnPage(loads.upTo(trace, timeline, over === "whole" ? Infinity : time), version);
    return server && hasZLoss(trace)
      ? withZLoss(counted, askingZ.of(loadRequest(view, "prompt", "")).counted)
      : counted;
  }
}

/** Returns the number of counted texts and tokens in words. @param {CountedLoad} counted @param {string} corpus  "" for texts routed now */
function countedWords({ texts, tokens }, corpus) {
  return corpus ? said.countedInCorpus(corpus, texts, tokens) : said.counted(texts, tokens);
}

/** Requests each load once. The previous one stays on screen until the next has arrived. @param {() => void} wake */
function createAsking(wake) {
  let last = "";
  /** @type {{counted: CountedLoad | null, trouble: string}} */
  let found = { counted: null, trouble: "" };
  return {
    /** @param {import("../../api/counts.js").LoadRequest} asked */
    of(asked) {
      const key = JSON.stringify(asked);
      if (key === last) return found;
      last = key;
      found = { counted: null, trouble: "" };
      fetchLoad(asked)
        .then(
          (counted) => ({ counted, trouble: "" }),
          (error) => ({ counted: null, trouble: error instanceof Error ? error.message : String(error) }),
        )
        .then((answer) => {
          if (key !== last) return;
          found = answer;
          wake();
        });
      return found;
    },
  };
}

/** @type {Segment<State["span"]>[]} */
const SPANS = [
  { value: "so-far", label: words.soFar },
  { value: "whole", label: words.wholePrompt },
];

/** @type {Segment<State["span"]>[]} */
const MORE = [
  { value: "scenarios", label: words.balance.allPrompts },
  { value: "text", label: words.balance.ownText },
];

/** @type {Segment<State["span"]>} */
const CORPUS = { value: "corpus", label: words.balance.corpus };

/** Scopes of a long trace: the part in the scene, and the whole. @param {number} tokens @returns {Segment<State["span"]>[]} */
const spansOfPart = (tokens) => [
  { value: "so-far", label: captureWords.partSoFar },
  { value: "whole", label: captureWords.allTokens(tokens) },
];

/**
 * @param {Actions} actions
 * @param {boolean} [more]  with the scopes of the load panel
 * @param {(state: State) => string[]} [corpora]  of the model on screen
 */
export function createSpan(actions, more = false, corpora = () => []) {
  const segments = createSegments({
    label: words.span,
    quiet: more,
    choose: (/** @type {State["span"]} */ span) => actions.setSpan(span),
  });
  const offered = more ? [...SPANS, ...MORE] : SPANS;
  return {
    element: segments.element,
    /** @param {State} state */
    update(state) {
      const { span, trace } = state;
      const part = partOf(trace);
      const known = corpora(state).length ? [CORPUS] : [];
      const named = [...(part ? spansOfPart(part.of) : offered), ...known];
      segments.update(named.some(({ value }) => value === span) ? span : "whole", named);
    },
  };
}
