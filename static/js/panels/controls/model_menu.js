/**
 * The menu of live models: those of the server with their engines, and those that cannot be run, with the reason.
 *
 * @import {Boot} from "../../boot_types.js"
 * @import {State} from "../../types.js"
 * @import {Actions} from "../../state/actions.js"
 */

import { words } from "../../words/words.js";
import { attribute, changes, h, setText } from "../parts/element.js";

/** @param {Boot} boot @param {Actions} actions */
export function createModelMenu(boot, actions) {
  const refused = boot.refused_models ?? [];
  const runs = boot.models.map(({ name, engine }) =>
    h("option", { value: name }, engine ? `${name} · ${engine}` : name),
  );
  const others = refused.map(({ name, refused: why }) => h("option", { value: name, title: why }, name));
  const select = h(
    "select",
    { id: "live-model" },
    ...runs,
    others.length > 0 && h("optgroup", { label: words.modelsRefused }, ...others),
  );
  const reason = h("p", { class: "caption model-refused", role: "alert" });
  const element = h(
    "div",
    { class: "field model-menu", hidden: true },
    h("label", { class: "label", for: "live-model" }, words.liveModel),
    select,
    reason,
  );
  let current = "";
  select.addEventListener("change", () => {
    const found = refused.find(({ name }) => name === select.value);
    setText(reason, found ? words.modelRefused(found.name, found.refused) : "");
    if (found) select.value = current;
    else actions.setRequest({ source: "live", model: select.value });
  });
  const changed = changes();
  return {
    element,
    /** @param {State} state */
    update({ view }) {
      const shown = view.source === "live" && !boot.exported && boot.models.length + refused.length > 1;
      attribute(element, "hidden", !shown);
      if (!changed(view.model, shown)) return;
      current = view.model;
      select.value = current;
      setText(reason, "");
    },
  };
}
