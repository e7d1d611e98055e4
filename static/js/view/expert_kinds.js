/**
 * What is unusual about a layer or an expert of a model that an engine runs, in words. Pure.
 *
 * @import {Model} from "../types.js"
 */

import { alterWords } from "../words/alter.js";

/** The kind of a tower's layer and its own: "" for an ordinary one. @param {Model} model @param {{layer: number, expert: number}} tower */
export function kindOf({ layer_kinds: layers = {}, expert_kinds: experts = {} }, { layer, expert }) {
  const { layerKinds, expertKinds } = alterWords;
  const own = Object.keys(experts).find((kind) => experts[kind].includes(expert));
  const kind = layers[layer];
  return [own && (expertKinds[own] ?? own), kind && (layerKinds[kind] ?? kind)].filter(Boolean).join(" · ");
}
