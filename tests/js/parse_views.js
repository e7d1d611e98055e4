/**
 * What the page's own parser says of query strings: reads {boot, views} from the standard input, writes one entry a view.
 * tests/test_lessons.py runs it.
 */

import { readFileSync } from "node:fs";
import { PROPERTIES } from "../../static/js/view/keys.js";
import { formatView, OTHER, parseView } from "../../static/js/view/url.js";

const { boot, views } = JSON.parse(readFileSync(0, "utf8"));
/** @type {Set<string>} */
const names = new Set(PROPERTIES.map(({ name }) => name));

console.log(
  JSON.stringify(
    views.map((query) => {
      const { view, notices } = parseView(query, boot);
      const keys = [...new URLSearchParams(query).keys()];
      const unknown = keys.filter((key) => !names.has(key.startsWith(OTHER) ? key.slice(OTHER.length) : key));
      const again = parseView(formatView(view, boot), boot).view;
      return {
        notices: notices.map(({ message }) => message),
        unknown,
        same: JSON.stringify(again) === JSON.stringify(view),
      };
    }),
  ),
);
