/**
 * The trace as a table: token, layer, experts, weights. Only the visible rows are in the page; spacers have the height of
 * the others. The cost is therefore independent of trace length.
 *
 * @import {State, Trace} from "../../types.js"
 * @import {Actions} from "../../state/actions.js"
 */

import { choices } from "../../trace/trace.js";
import { numberOf } from "../../trace/window.js";
import { formatDecimal } from "../../words/format.js";
import { words } from "../../words/words.js";
import { attribute, changes, h, setStyle, setText } from "../parts/element.js";
import { tokenName } from "../parts/token_name.js";

/** Height of a row at the usual font size, in pixels, as in the style sheet. */
const ROW = 28;
/** Returns the height of a row at the reader's font size, CSS pixels. */
const rowHeight = () => (ROW * parseFloat(getComputedStyle(document.documentElement).fontSize)) / 16;
/** Additional rows at both edges, so that scrolling shows no gap. */
const SPARE = 8;

const { tableColumns: columns } = words;

/** Returns the elements of the table. The spacers have the height of the rows that are not in the page. */
function createFrame() {
  const layer = h("select", { id: "table-layer" });
  const body = h("tbody");
  const spacer = () => h("tr", { class: "spacer", "aria-hidden": "true" }, h("td", { colspan: 4 }));
  const names = Object.values(columns).map((name) => h("th", { scope: "col" }, name));
  const caption = h("caption", { class: "sr-only" }, words.tableCaption);
  const table = h("table", { class: "routing" }, caption, h("thead", {}, h("tr", {}, ...names)), body);
  const region = { tabindex: 0, role: "region", "aria-label": words.tableCaption, "data-keys": "arrows" };
  const scroller = h("div", { class: "scroller", ...region }, table);
  const status = h("p", { class: "readout" });
  const label = h("label", { class: "label", for: "table-layer" }, words.tableOnlyLayer);
  const elements = [h("div", { class: "field" }, label, layer), scroller, status];
  return { layer, body, above: spacer(), below: spacer(), table, scroller, status, elements };
}

/** @param {HTMLElement} spacer @param {number} rows */
function setHeight(spacer, rows) {
  setStyle(/** @type {HTMLElement} */ (spacer.firstElementChild), "--height", `${(rows * ROW) / 16}rem`);
}

/** @param {HTMLElement} host @param {Actions} actions */
export function createTable(host, actions) {
  const { layer, body, above, below, table, scroller, status, elements } = createFrame();
  host.append(...elements);

  /** @type {Trace | null} */
  let trace = null;
  let only = -1;
  let current = { token: -1, layer: -1 };
  let printing = false;
  const onPaper = (/** @type {Event} */ { type }) => {
    printing = type === "beforeprint";
    draw();
  };
  for (const name of ["beforeprint", "afterprint"]) window.addEventListener(name, onPaper);
  const rowCount = () => (trace ? trace.received * (only < 0 ? trace.model.layers : 1) : 0);
  /** @param {number} row */
  const eventOf = (row) => {
    const layers = trace?.model.layers ?? 1;
    return only < 0 ? { token: Math.floor(row / layers), layer: row % layers } : { token: row, layer: only };
  };

  function draw() {
    const all = trace;
    if (!all) return;
    const rows = rowCount();
    const first = printing ? 0 : Math.max(0, Math.floor(scroller.scrollTop / rowHeight()) - SPARE);
    const end = printing
      ? rows
      : Math.min(rows, first + Math.ceil((scroller.clientHeight || 400) / rowHeight()) + 2 * SPARE);
    setHeight(above, first);
    setHeight(below, rows - end);
    const shown = Array.from({ length: Math.max(0, end - first) }, (_, i) =>
      rowAt(all, eventOf(first + i), current),
    );
    body.replaceChildren(above, ...shown, below);
    attribute(table, "aria-rowcount", rows + 1);
    setText(status, rows ? words.tableRows(rows) : words.nothingYet);
  }
  scroller.addEventListener("scroll", draw, { passive: true });
  layer.addEventListener("change", () => {
    only = Number(layer.value);
    scroller.scrollTop = 0;
    draw();
  });
  body.addEventListener("click", (event) => {
    const row = /** @type {Element} */ (event.target).closest("[data-token]");
    if (row instanceof HTMLElement)
      actions.seek({ token: Number(row.dataset.token), layer: Number(row.dataset.layer) });
  });

  const layersChanged = changes();
  const changed = changes();
  return {
    /** @param {State} state */
    update(state) {
      if (!state.trace || !changed(state.trace, state.at)) return;
      trace = state.trace;
      current = state.at;
      const { layers } = trace.model;
      if (layersChanged(layers)) {
        offerLayers(layer, layers);
        only = -1;
      }
      draw();
      if (!state.playing) follow(scroller, only < 0 ? current.token * layers + current.layer : current.token);
    },
    dispose() {
      for (const name of ["beforeprint", "afterprint"]) window.removeEventListener(name, onPaper);
      host.replaceChildren();
    },
  };
}

/** @param {HTMLSelectElement} select @param {number} layers */
function offerLayers(select, layers) {
  const each = Array.from({ length: layers }, (_, i) => h("option", { value: i }, String(i + 1)));
  select.replaceChildren(h("option", { value: -1 }, words.allLayers), ...each);
  select.value = "-1";
}

/** Scrolls a row into view, without scrolling the page. @param {HTMLElement} scroller @param {number} row */
function follow(scroller, row) {
  const height = rowHeight();
  const top = row * height;
  const inSight = top >= scroller.scrollTop && top + 2 * height <= scroller.scrollTop + scroller.clientHeight;
  if (row >= 0 && !inSight) scroller.scrollTop = Math.max(0, top - scroller.clientHeight / 2);
}

/** @param {Trace} trace @param {{token: number, layer: number}} event @param {{token: number, layer: number}} current */
function rowAt(trace, { token, layer }, current) {
  const chosen = choices(trace, token, layer);
  const here = token === current.token && layer === current.layer;
  return h(
    "tr",
    { "data-token": token, "data-layer": layer, "aria-current": here ? "true" : undefined },
    h("th", { scope: "row", title: `${numberOf(trace, token)}`, translate: "no" }, tokenName(trace, token)),
    h("td", {}, String(layer + 1)),
    h("td", {}, chosen.map(({ expert }) => expert).join(", ") || words.none),
    h(
      "td",
      {},
      chosen
        .map(({ weight, dropped }) => (dropped ? words.dropped : formatDecimal(weight, 3)))
        .join(words.between),
    ),
  );
}
