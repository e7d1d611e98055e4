/**
 * Controls that alter one expert of a live model: switch it off, force it, add to its logit, change k of its layer. Shows
 * the effect.
 *
 * @import {Boot} from "../../boot_types.js"
 * @import {State} from "../../types.js"
 * @import {Actions} from "../../state/actions.js"
 */

import { nextTokens } from "../../api/next_tokens.js";
import { kOf, ofTower, withK, withTower } from "../../view/alterations.js";
import { reads } from "../../view/keys.js";
import { alterWords } from "../../words/words.js";
import { formatSigned } from "../../words/format.js";
import { attribute, changes, h } from "../parts/element.js";
import { createSegments } from "../parts/segments.js";
import { effectInWords, towerInWords } from "./effect.js";

/** Additions to a logit by the buttons; a link may add any value. */
const STEPS = ["add-2", "add2"];

/** Returns whether the routers on screen can be altered. @param {Boot} boot @param {State} state */
export function canAlter(boot, { view }) {
  const model = boot.models.find(({ name }) => name === view.model);
  return !boot.exported && reads(boot, view, "alter") && model?.alters !== false;
}

/** @param {string} change */
function labelOf(change) {
  const { changes: names } = alterWords;
  if (change.startsWith("add"))
    return formatSigned(Number(change.slice(3)), Number(change.slice(3)) % 1 ? 1 : 0);
  return names[/** @type {"off"} */ (change)];
}

/** @param {string} change */
function hintOf(change) {
  const kind = change.startsWith("add") ? "add" : change;
  return alterWords.hints[/** @type {"off"} */ (kind)];
}

/** @param {Actions} actions @param {Boot} boot @param {() => void} wake */
export function createTowerChanges(actions, boot, wake) {
  let tower = { layer: 0, expert: 0 };
  let alter = "";
  const change = createSegments({
    label: alterWords.change,
    choose: (/** @type {string} */ value) => actions.setRequest({ alter: withTower(alter, tower, value) }),
  });
  const kPlace = h("div");
  const effect = h("div", { class: "alter-effect", role: "status" });
  const details = h(
    "button",
    { type: "button", class: "secondary", onclick: () => actions.setView({ panel: "next" }) },
    alterWords.details,
  );
  const element = h("div", { class: "tower-changes", hidden: true }, change.element, effect, kPlace, details);
  const layerChanged = changes();
  const effectChanged = changes();
  let k = createK();

  /** The menu of k. The menu of k. Its label names the layer. */
  function createK() {
    return createSegments({
      label: alterWords.kOf(tower.layer + 1),
      choose: (/** @type {number} */ value) =>
        actions.setRequest({ alter: withK(alter, tower.layer, value || null) }),
    });
  }

  /** @param {State} state */
  function tell(state) {
    const answer = alter ? nextTokens.of(state, wake) : null;
    if (!effectChanged(answer, alter, tower)) return;
    const lines = answer ? [towerInWords(answer, tower), ...effectInWords(answer)] : [alterWords.reading];
    effect.replaceChildren(...lines.filter(Boolean).map((line) => h("p", {}, line)));
  }

  return {
    element,
    /** @param {State} state @param {{layer: number, expert: number}} shown */
    update(state, shown) {
      const { view, trace } = state;
      const can = shown === view.tower && canAlter(boot, state);
      attribute(element, "hidden", !can);
      if (!can || !trace) return;
      tower = shown;
      alter = view.alter ?? "";
      if (layerChanged(tower.layer)) {
        k = createK();
        kPlace.replaceChildren(k.element);
      }
      const now = ofTower(alter, tower) ?? "";
      const offered = [...new Set(["", "off", "force", ...STEPS, now])];
      change.update(
        now,
        offered.map((value) => ({ value, label: labelOf(value), hint: hintOf(value) })),
      );
      const own = kOf(alter, tower.layer) ?? 0;
      const counts = [...new Set([0, 1, 2, 3, 4, own])].filter((count) => count <= trace.model.experts);
      k.update(
        own,
        counts.map((value) => ({ value, label: value ? String(value) : alterWords.own })),
      );
      attribute(effect, "hidden", !alter);
      attribute(details, "hidden", !alter || view.panel === "next");
      tell(state);
    },
  };
}
