/**
 * The meshes of the stack, in one three.js scene.
 *
 * @import {Uniforms} from "./gpu/materials.js"
 * @import {Layout} from "./layout/layout.js"
 * @import {StackTables} from "./stack_tables.js"
 * @import {Material} from "three"
 */

import { Scene } from "three";
import { createBackdrop } from "./meshes/backdrop.js";
import { createBeams } from "./meshes/beams.js";
import { createFlows } from "./meshes/corpus_flows.js";
import { createSlabs } from "./meshes/dense_layers.js";
import { createLabels } from "./meshes/labels.js";
import { createPlanes } from "./meshes/router_planes.js";
import { createTokens } from "./meshes/tokens.js";
import { createOutline } from "./meshes/tower_outline.js";
import { createTowers } from "./meshes/towers.js";
import { createTrail } from "./meshes/trail.js";

/** @typedef {ReturnType<typeof createMeshes>} Meshes */

/** Builds the meshes in drawing order. @param {Uniforms} uniforms @param {Layout} layout @param {StackTables} tables @param {number} topK */
export function createMeshes(uniforms, layout, { slots, textures }, topK) {
  const backdrop = createBackdrop(uniforms);
  const trail = createTrail(uniforms, layout);
  const beams = createBeams(uniforms, layout, { topK, fans: slots.fans, count: slots.count }, textures);
  const tokens = createTokens(uniforms, layout, textures.flights.texture);
  const flows = createFlows(uniforms, textures.flows);
  const outline = createOutline(uniforms);
  const labels = createLabels(uniforms, layout);
  const objects = [
    backdrop.object,
    createTowers(uniforms, layout),
    ...(layout.dense.length ? [createSlabs(uniforms, layout, textures.slabs)] : []),
    createPlanes(uniforms, layout),
    ...trail.objects,
    flows.object,
    ...beams.objects,
    tokens.object,
    outline.object,
    labels.object,
  ];
  const scene = new Scene();
  scene.matrixWorldAutoUpdate = false;
  scene.add(...objects);
  function dispose() {
    labels.dispose();
    for (const { geometry, material } of objects) {
      geometry.dispose();
      /** @type {Material} */ (material).dispose();
    }
  }
  return { backdrop, trail, beams, tokens, flows, outline, labels, scene, dispose };
}
