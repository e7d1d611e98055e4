/**
 * Counted over what: the events so far, or the whole prompt. Heat map and load share the choice.
 *
 * @import {State} from "../types.js"
 * @import {Actions} from "../actions.js"
 * @import {Segment} from "./segments.js"
 */

import { words } from "../words.js";
import { createSegments } from "./segments.js";

/** @type {Segment<State["span"]>[]} */
const SPANS = [
  { value: "so-far", label: words.soFar },
  { value: "whole", label: words.wholePrompt },
];

/** @param {Actions} actions */
export function createSpan(actions) {
  const segments = createSegments({ label: words.span, choose: (/** @type {State["span"]} */ span) => actions.setSpan(span) });
  return {
    element: segments.element,
    /** @param {State} state */
    update: ({ span }) => segments.update(span, SPANS),
  };
}
