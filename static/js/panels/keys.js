/**
 * The list of keys.
 */

import { words } from "../words/words.js";
import { h } from "./parts/element.js";

/** @param {HTMLElement} host */
export function createKeys(host) {
  host.append(
    h("h3", {}, words.keysHeading),
    h(
      "dl",
      { class: "key-list" },
      ...words.keyList.map(([key, does]) => h("div", {}, h("dt", {}, h("kbd", {}, key)), h("dd", {}, does))),
    ),
  );
}
