/**
 * The shape of another model, as a view asks for it: by the name of a published one, or as text (app/published/shaped.py). Pure.
 *
 * @import {Boot, ShapeInfo, View} from "../types.js"
 */

/** As app/keys.py has it. */
const LONGEST = 400;
/** What is read of the text here: layers, experts, k; the server reads the sizes. */
const HEAD = /^(\d{1,3})x(\d{1,4})x(\d{1,4})((?:-[\w.]{2,40})*)$/;
const SETTINGS = { g: "groups", t: "topk_groups", f: "scale" };

/** Null where the text is no shape. @param {Boot} boot @param {string} text @returns {ShapeInfo | null} */
export function findShape(boot, text) {
  return boot.shapes?.find(({ key }) => key === text) ?? (text.length <= LONGEST ? readShape(text) : null);
}

/** @param {string} text @returns {ShapeInfo | null} */
function readShape(text) {
  const found = HEAD.exec(text);
  if (!found) return null;
  const [layers, experts, top_k] = found.slice(1, 4).map(Number);
  const items = found[4].split("-").slice(1);
  const settings = Object.fromEntries(
    Object.entries(SETTINGS).flatMap(([short, name]) => {
      const item = items.find((each) => each[0] === short && !Number.isNaN(Number(each.slice(1))));
      return item ? [[name, Number(item.slice(1))]] : [];
    }),
  );
  const router = items.find((each) => /^r[a-z]{2}/.test(each))?.slice(1) ?? "topk_norm";
  return layers && experts >= 2 && top_k >= 1 && top_k <= experts
    ? { key: text, name: "", layers, experts, top_k, router, settings }
    : null;
}

/** The shape that a view is routed on; null: the small one. @param {Boot} boot @param {Pick<View, "source" | "shape">} view */
export function shapeOf(boot, { source, shape }) {
  return source === "authored" && shape ? findShape(boot, shape) : null;
}

/**
 * What else changes of a view that takes another shape, or the small one again: its experts, its k and its own router.
 * @param {Boot} boot
 * @param {string} key
 * @returns {Partial<View>}
 */
export function withShape(boot, key) {
  const { experts = 8, top_k: k = 2 } = findShape(boot, key) ?? {};
  const own = {
    capacity: null,
    groups: null,
    topk_groups: null,
    scale: null,
    noise: null,
    updates: null,
    rate: null,
  };
  return { shape: key, experts, k, router: "", ...own };
}

/**
 * A change of a view, with what follows of it for the shape: another one brings its experts, k and router along, and the
 * small one comes back with another source or another number of experts.
 * @param {Boot} boot
 * @param {Pick<View, "shape">} view
 * @param {Partial<View>} patch
 * @returns {Partial<View>}
 */
export function withItsShape(boot, { shape = "" }, patch) {
  const leaves =
    shape &&
    patch.shape === undefined &&
    ((patch.source ?? "authored") !== "authored" || leavesRing(boot, shape, patch));
  const next = leaves ? "" : (patch.shape ?? shape);
  return next === shape ? patch : { ...withShape(boot, next), ...patch };
}

/** @param {Boot} boot @param {string} shape @param {Partial<View>} patch */
function leavesRing(boot, shape, { experts }) {
  return experts !== undefined && experts !== findShape(boot, shape)?.experts;
}

/** Keys of a second stack that no shape but the small one has. @param {Partial<View>} b */
export function needsSmall(b) {
  return b.shape === undefined && ["source", "model", "step", "experts"].some((key) => key in b);
}
