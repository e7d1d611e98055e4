/**
 * The shape of another model that an authored view is routed on. Pure.
 *
 * @import {Boot, View} from "../types.js"
 */

/**
 * Key and name of the shape of a view; the name is empty for a shape that the address itself holds. Null: the small one.
 * @param {Boot} boot
 * @param {Pick<View, "source" | "shape">} view
 * @returns {{key: string, name: string} | null}
 */
export function shapeOf(boot, { source, shape }) {
  if (source !== "authored" || !shape) return null;
  return boot.shapes?.find(({ key }) => key === shape) ?? { key: shape, name: "" };
}
