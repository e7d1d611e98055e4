/**
 * Status messages: the connection, replaced values and errors, with advice.
 *
 * @import {State} from "../../types.js"
 * @import {Actions} from "../../state/actions.js"
 */

import { words } from "../../words/words.js";
import { attribute, changes, h, setText } from "../parts/element.js";
import { iconButton } from "../parts/icons.js";
import { isRefused } from "./counters.js";
import { isUnreachable } from "./still_picture.js";

/** @param {State} state */
function connectionInWords({ connection, trace, loading }) {
  if (loading === "failed") return words.connection.refused;
  const said = words.connection[connection];
  return typeof said === "string" ? said : said(trace?.received ?? 0, trace?.tokens.length ?? 0);
}

/** The connection as a dot with a word. @param {HTMLElement} host */
export function createConnection(host) {
  const word = h("span", { class: "connection-word" });
  host.append(h("span", { class: "dot", "aria-hidden": "true" }), word);
  return {
    /** @param {State} state */
    update(state) {
      attribute(host, "data-connection", state.loading === "failed" ? "refused" : state.connection);
      setText(word, connectionInWords(state));
    },
    dispose: () => host.replaceChildren(),
  };
}

/** Returns the problem of the scene in a sentence. @param {State} state @param {typeof words.noScene} said */
function sceneInWords(state, said) {
  if (isUnreachable(state)) return said.unreachable(location.host);
  const { missing, failed, lost } = said;
  return { waiting: "", shown: "", missing, failed, lost }[state.scene];
}

/** @param {HTMLElement} host @param {Actions} actions @param {typeof words.noScene} [said]  where the scene is missing */
export function createNotices(host, actions, said = words.noScene) {
  const scene = h("p", { class: "notice", "data-kind": "scene" });
  const list = h("ul", { class: "notice-list" });
  const fell = h(
    "div",
    { class: "notice", role: "status" },
    list,
    iconButton("close", words.dismiss, actions.dismiss, "small"),
  );
  const message = h("p", { class: "trouble-message" });
  const before = h("p", { class: "trouble-message" }, words.troubleBefore);
  const trouble = h(
    "div",
    { class: "trouble", role: "alert" },
    h("h2", { class: "panel-title" }, words.trouble),
    message,
    before,
    h(
      "div",
      { class: "buttons" },
      h("button", { type: "button", class: "primary", onclick: actions.retry }, words.retry),
      h("a", { class: "quiet", href: location.pathname }, words.backToDefault),
    ),
  );
  host.append(trouble, scene, fell);
  const changed = changes();
  return {
    /** @param {State} state */
    update(state) {
      const { loading, error, notices } = state;
      attribute(before, "hidden", state.trace === null);
      attribute(trouble, "hidden", loading !== "failed");
      setText(message, words.problem(error));
      const lacks = sceneInWords(state, said);
      attribute(scene, "hidden", lacks === "");
      setText(scene, lacks);
      if (!changed(notices, state.trace)) return;
      attribute(fell, "hidden", notices.length === 0);
      list.replaceChildren(
        ...notices.map(({ field, message: text }) => h("li", { "data-field": field }, text)),
        ...(isRefused(state) && loading !== "failed" ? [h("li", {}, words.troubleBefore)] : []),
      );
    },
    dispose: () => host.replaceChildren(),
  };
}
