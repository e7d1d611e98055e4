/**
 * What the page says of query strings: reads {boot, views} from the standard input, writes one entry a view: the value of
 * each view key, what fell back, keys that nobody knows, and whether the page's own address of it means the same.
 * tests/lessons and tests/request run it.
 */

import { readFileSync } from "node:fs";
import { OTHER } from "../../static/js/view/keys.js";
import { formatView, parseView } from "../../static/js/view/url.js";

const { boot, views } = JSON.parse(readFileSync(0, "utf8"));
/** @type {Set<string>} */
const names = new Set(boot.keys.map((/** @type {{name: string}} */ { name }) => name));

console.log(
  JSON.stringify(
    views.map((/** @type {string} */ query) => {
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
