/**
 * The figures of the whole model: what the experts are a part of, and the memory that all of it needs.
 *
 * @import {Model, State} from "../types.js"
 */

import { formatBytes, formatCount, formatExactly } from "../format.js";
import { words } from "../words.js";
import { attribute, changes, h } from "./element.js";

const { whole } = words;

/** @param {Model} model @returns {[string, number][]} */
function parts(model) {
  const all = /** @type {[string, number][]} */ ([
    [whole.experts, model.total_p],
    [whole.attention, model.attention],
    [whole.embeddings, model.embeddings],
    [whole.dense, model.dense],
    [whole.router, model.router_size],
    [whole.norms, model.norms],
  ]);
  return all.filter(([, count]) => count > 0);
}

/** @param {string} name @param {string} figure @param {string} exact @param {string} [kind] */
function row(name, figure, exact, kind) {
  return h("tr", { class: kind }, h("th", { scope: "row" }, name), h("td", { title: exact }, figure));
}

/** @param {Model} model */
function rows(model) {
  const counted = (/** @type {string} */ name, /** @type {number} */ count, /** @type {string} */ kind) =>
    row(name, formatCount(count), `${formatExactly(count)} ${whole.parameters}`, kind);
  return [
    ...parts(model).map(([name, count]) => counted(name, count, "part")),
    counted(whole.total, model.whole_total, "sum"),
    counted(whole.active, model.whole_active, "sum"),
    row(whole.memory, formatBytes(model.bytes_16bit), `${formatExactly(model.bytes_16bit)} bytes`, "sum"),
  ];
}

/** @param {HTMLElement} host */
export function createWhole(host) {
  const body = h("tbody");
  host.append(h("table", { class: "whole" }, h("caption", { class: "sr-only" }, whole.title), body));
  const changed = changes();
  return {
    /** @param {State} state */
    update({ trace, view }) {
      attribute(host, "hidden", !view.whole || !trace);
      if (trace && view.whole && changed(trace.model)) body.replaceChildren(...rows(trace.model));
    },
    dispose: () => host.replaceChildren(),
  };
}
