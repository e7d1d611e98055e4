/**
 * The name of a token, wherever one is named on the page.
 *
 * @import {Trace} from "../../types.js"
 */

import { numberOf } from "../../trace/window.js";
import { shownToken } from "../../words/token_text.js";

/** Returns the text of a token, or its number in the whole if its source has no text. @param {Trace} trace @param {number} token */
export function tokenName(trace, token) {
  return shownToken(trace.tokens, token) || `#${numberOf(trace, token)}`;
}
