/**
 * Counted over what: the events so far, or the whole prompt. Heat map and load share the choice; the load has more, which
 * are the whole prompt to the heat map.
 *
 * @import {State} from "../../types.js"
 * @import {Actions} from "../../state/actions.js"
 * @import {Segment} from "../parts/segments.js"
 */

import { words } from "../../words/words.js";
import { createSegments } from "../parts/segments.js";

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

/** @param {Actions} actions @param {boolean} [more]  the two that only the load has */
export function createSpan(actions, more = false) {
  const segments = createSegments({
    label: words.span,
    quiet: more,
    choose: (/** @type {State["span"]} */ span) => actions.setSpan(span),
  });
  const offered = more ? [...SPANS, ...MORE] : SPANS;
  return {
    element: segments.element,
    /** @param {State} state */
    update: ({ span }) =>
      segments.update(offered.some(({ value }) => value === span) ? span : "whole", offered),
  };
}
