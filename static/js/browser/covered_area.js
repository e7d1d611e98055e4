/**
 * The area of the scene that panels cover.
 */

/** @typedef {{left: number, top: number, right: number, bottom: number}} Box   CSS pixels */
/** @typedef {"left" | "top" | "right" | "bottom"} Side */

/** Elements that may cover the scene. */
export const COVERING = "[data-inset]";

/** Returns the covered parts of the canvas. @param {DOMRect} stage */
export function coveredIn(stage) {
  return [...document.querySelectorAll(COVERING)].flatMap((element) => {
    const box = element.getBoundingClientRect();
    const whole = box.width >= stage.width && box.height >= stage.height;
    if (whole || !box.width || !box.height || apart(stage, box)) return [];
    return [{ x: box.left - stage.left, y: box.top - stage.top, width: box.width, height: box.height }];
  });
}

const SIDES = ["left", "top", "right", "bottom"];

/** Returns the panels that cover the scene; the style sheet sets the side. @returns {{side: Side, box: Box}[]} */
export function covers() {
  return [...document.querySelectorAll(COVERING)].flatMap((element) => {
    const side = getComputedStyle(element).getPropertyValue("--inset").trim();
    return SIDES.includes(side)
      ? [{ side: /** @type {Side} */ (side), box: element.getBoundingClientRect() }]
      : [];
  });
}

/** Additional margins in CSS pixels: tokens leave at the top. */
const CLEAR = { left: 0, top: 16, right: 0, bottom: 0 };

/**
 * @param {Box} stage
 * @param {readonly {side: Side, box: Box}[]} panels  each covers the scene from its side to its far edge
 * @returns {Box}
 */
export function insetsOf(stage, panels) {
  const insets = { left: 0, top: 0, right: 0, bottom: 0 };
  for (const { side, box } of panels) {
    if (box.right <= box.left || box.bottom <= box.top || apart(stage, box)) continue;
    const depth = {
      left: box.right - stage.left,
      top: box.bottom - stage.top,
      right: stage.right - box.left,
      bottom: stage.bottom - box.top,
    }[side];
    insets[side] = Math.max(insets[side], Math.round(depth) + CLEAR[side]);
  }
  return leftRoom(stage, insets);
}

/** Returns whether two boxes do not overlap. @param {Box} stage @param {Box} box */
function apart(stage, box) {
  return (
    box.right <= stage.left || box.left >= stage.right || box.bottom <= stage.top || box.top >= stage.bottom
  );
}

/** Drops the insets of a direction if they leave less than a fifth of the scene free. @param {Box} stage @param {Box} insets */
function leftRoom(stage, insets) {
  const width = stage.right - stage.left;
  const height = stage.bottom - stage.top;
  const wide = width - insets.left - insets.right >= width / 5;
  const high = height - insets.top - insets.bottom >= height / 5;
  return {
    left: wide ? insets.left : 0,
    right: wide ? insets.right : 0,
    top: high ? insets.top : 0,
    bottom: high ? insets.bottom : 0,
  };
}
