import assert from "node:assert/strict";
import { test } from "node:test";
import { asksTheSame, viewNow } from "../../../static/js/browser/address_bar.js";
import { insetsOf } from "../../../static/js/browser/insets.js";
import { keptInRange } from "../../../static/js/state/actions.js";
import { sameJourney, withinTrace } from "../../../static/js/state/loading.js";
import { floorOf } from "../../../static/js/view/floor.js";
import { parseView } from "../../../static/js/view/url.js";
import { BOOT } from "../boot_data.js";
import { traceOf } from "../random_traces.js";

const viewOf = (search) => parseView(search, BOOT).view;

test("the address holds where playback stands", () => {
  assert.deepEqual(viewNow({ view: viewOf(""), at: { token: 2, layer: 1 } }), {
    ...viewOf(""),
    token: 2,
    layer: 1,
  });
  assert.deepEqual(viewNow({ view: viewOf(""), at: { token: -1, layer: -1 } }), viewOf(""));
});

test("in all at once it holds the layer alone", () => {
  const view = viewNow({ view: viewOf("?mode=all"), at: { token: 9, layer: 1 } });
  assert.equal(view.token, null);
  assert.equal(view.layer, 1);
});

test("until the trace is there it holds what the link asked for", () => {
  const view = viewOf("?token=5&layer=2");
  assert.equal(viewNow({ view, at: { token: -1, layer: -1 } }), view);
});

test("a change of k asks anew, a change of camera does not", () => {
  assert.equal(asksTheSame(viewOf(""), viewOf("?k=3")), false);
  assert.equal(asksTheSame(viewOf(""), viewOf("?camera=top&token=4")), true);
});

test("fewer experts take k and the selected tower along", () => {
  const view = viewOf("?experts=64&k=16&tower=1.40");
  const kept = keptInRange(view, { experts: 8 }, BOOT);
  assert.equal(kept.k, 8);
  assert.equal(kept.tower, null);
  assert.deepEqual(keptInRange(view, { k: 3 }, BOOT).tower, view.tower);
});

test("the live source has only the experts that a model was trained with", () => {
  assert.equal(keptInRange(viewOf("?experts=64"), { source: "live" }, BOOT).experts, 8);
  assert.equal(keptInRange(viewOf("?experts=4"), { source: "live" }, BOOT).experts, 8);
  assert.equal(keptInRange(viewOf("?experts=64"), { source: "authored" }, BOOT).experts, 64);
});

test("playback stays where it is when the same tokens pass as many layers", () => {
  const trace = traceOf();
  assert.equal(sameJourney(trace, traceOf({ experts: 16, k: 3 })), true);
  assert.equal(sameJourney(trace, traceOf({ layers: 4 })), false);
  assert.equal(sameJourney(trace, traceOf({ tokens: 6 })), false);
  assert.equal(sameJourney(null, trace), false);
  const live = { ...trace, origin: { ...trace.origin, badge: /** @type {const} */ ("LIVE") } };
  assert.equal(sameJourney(trace, live), false);
});

test("a place beyond the trace falls back to the last, and a sentence says so", () => {
  const { view, notices } = withinTrace(viewOf("?token=40&layer=2&path=6"), traceOf());
  assert.equal(view.token, 4);
  assert.equal(view.layer, 1);
  assert.deepEqual(
    notices.map(({ message }) => message),
    ["token: expected 1 to 5, got 40; showing 5", "path: expected 1 to 5, got 6; showing 5"],
  );
});

test("from above one sees the layer of playback, or the chosen one where tokens are in many layers", () => {
  const at = { token: 3, layer: 2 };
  const trace = traceOf();
  assert.equal(floorOf({ view: viewOf("?mode=all"), at, trace }), 2);
  assert.equal(floorOf({ view: viewOf(""), at, trace }), 0);
  assert.equal(floorOf({ view: viewOf("?floor=2"), at, trace }), 1);
  assert.equal(floorOf({ view: viewOf("?floor=9"), at, trace }), 2);
});

const STAGE = { left: 0, top: 0, right: 1000, bottom: 600 };

test("panels push the scene from their sides, the deepest of each side counts", () => {
  const insets = insetsOf(STAGE, [
    { side: "left", box: { left: 20, top: 0, right: 300, bottom: 500 } },
    { side: "top", box: { left: 500, top: 20, right: 900, bottom: 90 } },
    { side: "top", box: { left: 500, top: 20, right: 900, bottom: 120 } },
    { side: "bottom", box: { left: 0, top: 500, right: 1000, bottom: 600 } },
  ]);
  assert.deepEqual(
    insets,
    { left: 300, top: 136, right: 0, bottom: 100 },
    "and tokens that leave at the top stay clear of what is there",
  );
});

test("a panel that is not shown pushes nothing", () => {
  const box = { left: 0, top: 0, right: 0, bottom: 0 };
  assert.deepEqual(insetsOf(STAGE, [{ side: "bottom", box }]), { left: 0, top: 0, right: 0, bottom: 0 });
});

test("panels that would leave no room lie over the scene", () => {
  const insets = insetsOf(STAGE, [{ side: "bottom", box: { left: 0, top: 60, right: 1000, bottom: 600 } }]);
  assert.equal(insets.bottom, 0);
});
