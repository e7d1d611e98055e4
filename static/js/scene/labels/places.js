/**
 * Places labels. In order, each takes the first of its places where it touches no other label and no panel. A label
 * without such a place is omitted. Pure.
 *
 * @typedef {{x: number, y: number, width: number, height: number}} Rect  CSS pixels from the top left of the canvas
 *
 * @typedef {object} Wanted
 * @property {number} width      CSS pixels
 * @property {number} height
 * @property {(readonly [number, number])[]} places   top left corners, the best first
 */

/** CSS pixels between a label and a panel. */
const APART = 3;

/** Returns whether two rectangles overlap. @param {Rect} a @param {Rect} b @param {number} apart */
function meet(a, b, apart) {
  return (
    a.x < b.x + b.width + apart &&
    b.x < a.x + a.width + apart &&
    a.y < b.y + b.height + apart &&
    b.y < a.y + a.height + apart
  );
}

/** @param {Rect} inner @param {Rect} outer */
function inside(inner, outer) {
  return (
    inner.x >= outer.x &&
    inner.y >= outer.y &&
    inner.x + inner.width <= outer.x + outer.width &&
    inner.y + inner.height <= outer.y + outer.height
  );
}

/**
 * @param {readonly Wanted[]} wanted
 * @param {readonly Rect[]} covered   by panels and controls
 * @param {Rect} canvas
 * @returns {(Rect | null)[]} null for an omitted label
 */
export function placeLabels(wanted, covered, canvas) {
  const taken = /** @type {Rect[]} */ ([]);
  return wanted.map(({ width, height, places }) => {
    for (const [x, y] of places) {
      const rect = { x, y, width, height };
      const free =
        inside(rect, canvas) &&
        !covered.some((each) => meet(rect, each, APART)) &&
        !taken.some((each) => meet(rect, each, 0));
      if (!free) continue;
      taken.push(rect);
      return rect;
    }
    return null;
  });
}
