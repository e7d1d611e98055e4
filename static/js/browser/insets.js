/**
 * How much of the scene lies under panels, so that the stack is framed in what is left. Pure.
 *
 * @typedef {{left: number, top: number, right: number, bottom: number}} Box   CSS pixels
 * @typedef {"left" | "top" | "right" | "bottom"} Side
 */

/** Kept clear besides: tokens leave at the top, and touch nothing there. CSS pixels. */
const CLEAR = { left: 0, top: 16, right: 0, bottom: 0 };

/**
 * @param {Box} stage
 * @param {readonly {side: Side, box: Box}[]} panels  each covers the scene from its side up to its far edge
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

/** One stands beside the other. @param {Box} stage @param {Box} box */
function apart(stage, box) {
  return (
    box.right <= stage.left || box.left >= stage.right || box.bottom <= stage.top || box.top >= stage.bottom
  );
}

/** Panels that leave less than a fifth of the scene free are laid over it instead. @param {Box} stage @param {Box} insets */
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
