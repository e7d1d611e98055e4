import assert from "node:assert/strict";
import { test } from "node:test";
import {
  floorOf,
  foldAround,
  foldOf,
  foldOn,
  keptFold,
  formatFold,
  nextFold,
  parseFold,
  toggledFold,
} from "../../../static/js/view/layers.js";
import { parseView } from "../../../static/js/view/url.js";
import { BOOT } from "../boot_data.js";
import { traceOf } from "../random_traces.js";

const tall = traceOf({ tokens: 1, layers: 61 });

/** A page that stands at a layer. @param {object} [view] @param {number} [layer] */
const stateOf = (view = {}, layer = 30) =>
  /** @type {any} */ ({
    trace: tall,
    at: { token: 0, layer },
    view: { fold: null, tower: null, camera: "orbit", mode: "sequence", floor: null, ...view },
  });

test("a link with fold=10-20 opens the tenth to the twentieth layer", () => {
  assert.deepEqual(parseFold("10-20"), { first: 9, last: 19 });
  assert.equal(formatFold({ first: 9, last: 19 }), "10-20");
  assert.deepEqual(parseFold("7"), { first: 6, last: 6 });
});

test("a fold that is no range is refused", () => {
  for (const text of ["", "0-3", "20-10", "a-b", "3-", "-3", "1-2-3", "10000-10001"])
    assert.equal(parseFold(text), undefined, text);
});

test("a person who folds sees eleven layers around the one that is looked at, at the ends too", () => {
  const small = (/** @type {object} */ view, at = 8) => ({
    ...stateOf(view, at),
    trace: traceOf({ tokens: 1, layers: 16 }),
  });
  assert.deepEqual(toggledFold(small({})), { first: 3, last: 13 });
  assert.deepEqual(toggledFold(small({}, -1)), { first: 0, last: 10 });
  assert.deepEqual(toggledFold(small({ tower: { layer: 15, expert: 1 } })), { first: 5, last: 15 });
  assert.deepEqual(toggledFold(small({ camera: "top", floor: 9 })), { first: 4, last: 14 });
  assert.equal(toggledFold(small({ fold: { first: 3, last: 9 } })), null, "and unfolds again");
});

test("a tall stack opens folded around the layer that playback stands at, page by page", () => {
  const open = [-1, 0, 3, 4, 7, 8, 30, 59, 60].map((layer) => foldOf(stateOf({}, layer))?.first);
  assert.deepEqual(open, [0, 0, 0, 4, 4, 8, 28, 56, 56]);
  assert.deepEqual(foldOf(stateOf({ tower: { layer: 20, expert: 1 } })), { first: 20, last: 24 });
  assert.deepEqual(toggledFold(stateOf()), { first: 0, last: 60 }, "one press opens all of it");
  assert.equal(toggledFold(stateOf({ fold: { first: 0, last: 60 } })), null, "one more follows again");
});

test("a press on the stack in small opens the layers around the pressed one", () => {
  assert.deepEqual(foldOn(30, 61), { first: 28, last: 32 });
  assert.deepEqual(foldOn(0, 61), { first: 0, last: 4 });
  assert.deepEqual(foldOn(60, 61), { first: 56, last: 60 });
});

test("a link to the whole of a tall stack keeps all its layers open", () => {
  assert.deepEqual(keptFold({ first: 0, last: 60 }, 61), { first: 0, last: 60 });
  assert.deepEqual(keptFold({ first: 0, last: 90 }, 61), { first: 0, last: 60 }, "no layer beyond");
  assert.equal(keptFold({ first: 0, last: 60 }, 6), null, "a small stack is whole anyway");
  assert.deepEqual(keptFold({ first: 3, last: 80 }, 61), { first: 3, last: 60 });
});

test("a small stack does not fold", () => {
  assert.equal(toggledFold({ ...stateOf(), trace: traceOf({ tokens: 1, layers: 6 }) }), null);
});

test("a fold of another shape is cut to the layers that there are, or dropped", () => {
  assert.deepEqual(foldOf(stateOf({ fold: { first: 55, last: 80 } })), { first: 55, last: 60 });
  assert.equal(foldOf(stateOf({ fold: { first: 61, last: 80 } })), null);
  assert.equal(foldOf(stateOf({ fold: { first: 0, last: 60 } })), null, "all of them");
});

test("moving a fold up and down keeps its size and stays within the stack", () => {
  const fold = foldAround(30, 61);
  assert.deepEqual(nextFold(stateOf({ fold }), 1), { first: 34, last: 44 });
  assert.deepEqual(nextFold(stateOf({ fold: { first: 50, last: 60 } }), 1), { first: 50, last: 60 });
  assert.deepEqual(nextFold(stateOf({ fold: { first: 4, last: 14 } }), -1), { first: 0, last: 10 });
  assert.equal(nextFold(stateOf({ fold: { first: 0, last: 60 } }), 1), null);
});

test("from above one sees the layer of playback, or the chosen one where tokens are in many layers", () => {
  const at = { token: 3, layer: 2 };
  const trace = traceOf();
  assert.equal(floorOf({ view: parseView("?mode=all", BOOT).view, at, trace }), 2);
  assert.equal(floorOf({ view: parseView("", BOOT).view, at, trace }), 0);
  assert.equal(floorOf({ view: parseView("?floor=2", BOOT).view, at, trace }), 1);
  assert.equal(floorOf({ view: parseView("?floor=9", BOOT).view, at, trace }), 2);
});
