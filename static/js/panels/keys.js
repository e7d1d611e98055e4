/**
 * The list of keys, and the switch for less motion.
 *
 * @import {State} from "../types.js"
 * @import {Actions} from "../actions.js"
 */

import { words } from "../words.js";
import { h } from "./element.js";

/** @param {HTMLElement} host @param {Actions} actions */
export function createKeys(host, actions) {
  const still = h("input", { type: "checkbox" });
  still.addEventListener("change", () => actions.setStill(still.checked));
  host.append(
    h("dl", { class: "key-list" }, ...words.keyList.map(([key, does]) => h("div", {}, h("dt", {}, h("kbd", {}, key)), h("dd", {}, does)))),
    h("label", { class: "switch" }, still, h("span", {}, words.stillSwitch)),
  );
  return {
    /** @param {State} state */
    update: (state) => void (still.checked = state.still),
    dispose: () => host.replaceChildren(),
  };
}
