/**
 * The figures of the whole model: all parameters, and the memory that they need.
 *
 * @import {Model, State} from "../../types.js"
 * @import {Actions} from "../../state/actions.js"
 */

import { formatBytes, formatCount, formatExactly } from "../../words/format.js";
import { words } from "../../words/words.js";
import { attribute, changes, h } from "../parts/element.js";
import { term } from "../parts/glossary.js";

const { whole } = words;

/** @param {Model} model @returns {[string | Node, number][]} */
function parts(model) {
  const all = /** @type {[string | Node, number][]} */ ([
    [term("expert", whole.experts), model.total_p],
    [term("attention", whole.attention), model.attention],
    [whole.embeddings, model.embeddings],
    [whole.dense, model.dense],
    [term("router", whole.router), model.router_size],
    [whole.norms, model.norms],
  ]);
  return all.filter(([, count]) => count > 0);
}

/** @param {string | Node} name @param {string} figure @param {string} exact @param {string} kind */
function cell(name, figure, exact, kind) {
  return h("div", { class: kind, title: exact }, h("dt", {}, name), h("dd", {}, figure));
}

/** @param {Model} model */
function cells(model) {
  const counted = (
    /** @type {string | Node} */ name,
    /** @type {number} */ count,
    /** @type {string} */ kind,
  ) => cell(name, formatCount(count), `${formatExactly(count)} ${whole.parameters}`, kind);
  return [
    ...parts(model).map(([name, count]) => counted(name, count, "part")),
    counted(whole.total, model.whole_total, "sum"),
    counted(whole.active, model.whole_active, "sum"),
    cell(
      term("memory", whole.memory),
      formatBytes(model.bytes_16bit),
      `${formatExactly(model.bytes_16bit)} ${whole.bytes}`,
      "sum",
    ),
  ];
}

/** @param {HTMLElement} host */
export function createWholeModel(host) {
  const list = h("dl", { class: "whole" });
  host.append(list);
  const changed = changes();
  return {
    /** @param {State} state */
    update({ trace, view }) {
      attribute(host, "hidden", !view.whole || !trace);
      if (trace && view.whole && changed(trace.model)) list.replaceChildren(...cells(trace.model));
    },
    dispose: () => host.replaceChildren(),
  };
}

/** The button that shows the figures. @param {Actions} actions */
export function createWholeButton(actions) {
  const element = h(
    "button",
    { type: "button", class: "tab", onclick: actions.toggleWhole },
    words.wholeModel,
  );
  return {
    element,
    /** @param {State} state */
    update: ({ view }) => attribute(element, "aria-expanded", String(view.whole)),
  };
}
