/**
 * The menu of the corpus behind the routing: none, the held-out text of the model, or the atlas of a link.
 *
 * @import {Boot} from "../../boot_types.js"
 * @import {State} from "../../types.js"
 * @import {Actions} from "../../state/actions.js"
 */

import { HELDOUT } from "../../state/corpus.js";
import { words } from "../../words/words.js";
import { attribute, changes } from "../parts/element.js";
import { createSegments } from "../parts/segments.js";

/** Returns the choices. An exported page has only the exported corpus; the held-out text needs a model that runs on the server. @param {Boot} boot @param {State} state */
function choicesOf({ exported, models }, { trace, view }) {
  if (exported) return exported.corpus ? [keyOf(exported.corpus.atlas)] : [];
  const runs = models.some(({ name }) => name === trace?.model.name);
  const named = view.corpus && view.corpus !== HELDOUT ? [view.corpus] : [];
  return [...(runs || view.corpus === HELDOUT ? [HELDOUT] : []), ...named];
}

/** What the address calls an atlas. @param {string} atlas */
const keyOf = (atlas) => (atlas.startsWith(`${HELDOUT}/`) ? HELDOUT : atlas);

/** @param {Boot} boot @param {Actions} actions */
export function createCorpusChoice(boot, actions) {
  const choice = createSegments({
    label: words.corpus.label,
    choose: (/** @type {string} */ value) => actions.setView({ corpus: value }),
  });
  const changed = changes();
  return {
    element: choice.element,
    /** @param {State} state */
    update(state) {
      const { view, trace } = state;
      if (!changed(view.corpus, trace?.model.name)) return;
      const choices = choicesOf(boot, state);
      attribute(choice.element, "hidden", choices.length === 0);
      const labels = choices.map((value) => ({
        value,
        label: value === HELDOUT ? words.corpus.heldout : value,
      }));
      choice.update(view.corpus, [{ value: "", label: words.corpus.off }, ...labels]);
    },
  };
}
