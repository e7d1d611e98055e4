/**
 * The load of the experts: bars of one layer or of all, dropped tokens, the measures of the literature, and experiments
 * on balance.
 *
 * @import {Boot} from "../../boot_types.js"
 * @import {State} from "../../types.js"
 * @import {Tally} from "../../counts/expert_uses.js"
 * @import {CountedLoad} from "../../counts/load_measures.js"
 * @import {Actions} from "../../state/actions.js"
 */

import { overLayers, rowAt } from "../../counts/load_measures.js";
import { words } from "../../words/words.js";
import { attribute, changes, h, setText } from "../parts/element.js";
import { createCounting, hasZLoss } from "./count_scope.js";
import { createBars } from "./load_bars.js";
import { createExperiments } from "./load_experiments.js";
import { createMeasures } from "./load_measures.js";
import { createStrips } from "./load_strips.js";

const { balance: said } = words;
/** Value of the menu for all layers. */
const ALL = -1;

/** @param {HTMLElement} host @param {Actions} actions @param {() => void} wake @param {Boot} boot */
export function createLoad(host, actions, wake, boot) {
  let all = false;
  let seen = 0;
  const server = boot.exported === undefined;
  const counting = createCounting(actions, wake, server);
  const layer = h("select", { id: "load-layer" });
  layer.addEventListener("change", () => choose(Number(layer.value)));
  const caption = h("p", { class: "caption" });
  const bars = createBars(actions);
  const strips = createStrips(choose);
  const measures = createMeasures();
  const lab = server ? createExperiments(boot, actions) : null;
  host.append(
    caption,
    counting.element,
    h("div", { class: "field" }, h("label", { class: "label", for: "load-layer" }, words.loadLayer), layer),
    bars.element,
    strips.element,
    measures.element,
    ...(lab ? [lab.element] : []),
  );
  /** @param {number} chosen */
  function choose(chosen) {
    all = chosen === ALL;
    if (!all) actions.setView({ floor: chosen });
    wake();
  }

  const layersChanged = changes();
  const changed = changes();
  return {
    /** @param {State} state @param {Tally} tally */
    update(state, tally) {
      lab?.update(state);
      const counted = counting.update(state, tally.version);
      const layers = counted?.layers ?? tally.layers;
      if (layersChanged(layers)) offer(layer, layers);
      seen = layerSeen(state, seen);
      const shown = Math.min(seen, layers - 1);
      layer.value = String(all ? ALL : shown);
      const trace = state.span === "so-far" || state.span === "whole" ? state.trace : null;
      if (
        !changed(
          counted?.version,
          all,
          shown,
          trace?.bias,
          trace?.model.capacity,
          hasZLoss(state.trace),
          state.theme,
          state.view.palette,
        )
      )
        return;
      attribute(host, "data-empty", counted === null);
      attribute(bars.element, "hidden", all || !counted);
      attribute(strips.element, "hidden", !all || !counted);
      attribute(measures.element, "hidden", !counted);
      setText(caption, all ? said.captionAll : said.caption);
      if (!counted) return;
      if (all) strips.update(counted);
      else bars.update(rowOf(counted, shown, trace));
      measures.update(
        counted.tokens ? (all ? overLayers(counted) : counted.measures(shown)) : null,
        counted.experts,
        server && hasZLoss(state.trace),
      );
    },
    dispose() {
      lab?.dispose();
      host.replaceChildren();
    },
  };
}

/** Returns the layer of the bars: the selected one, else that of the current event. It does not change during playback. @param {State} state @param {number} before */
function layerSeen({ view, at, playing }, before) {
  if (view.floor !== null) return view.floor;
  return playing || at.layer < 0 ? before : at.layer;
}

/** @param {CountedLoad} counted @param {number} layer @param {State["trace"]} trace   null if more than this trace is counted */
function rowOf({ assigned, kept, experts }, layer, trace) {
  return {
    layer,
    assigned: rowAt(assigned, layer, experts),
    kept: rowAt(kept, layer, experts),
    bias: trace?.bias?.[layer] ?? null,
    capacity: trace?.model.capacity ?? null,
  };
}

/** @param {HTMLSelectElement} select @param {number} layers */
function offer(select, layers) {
  const each = Array.from({ length: layers }, (_, i) => h("option", { value: i }, String(i + 1)));
  select.replaceChildren(h("option", { value: ALL }, said.allLayers), ...each);
}
