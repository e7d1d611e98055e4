/**
 * @import {Boot} from "../../../static/js/types.js"
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { patchView } from "../../../static/js/embed/view_patch.js";
import { createTimeline, timeBeside } from "../../../static/js/playback/timeline.js";
import { keptInRange } from "../../../static/js/state/actions.js";
import { sameTokens } from "../../../static/js/trace/trace.js";
import { otherView, pairsOf, sideName } from "../../../static/js/view/comparison.js";
import { requestOf } from "../../../static/js/view/keys.js";
import { formatView, parseView } from "../../../static/js/view/url.js";
import { BOOT } from "../boot_data.js";
import { traceOf } from "../random_traces.js";

const viewOf = (search) => parseView(search, BOOT).view;
/** @type {Boot} */
const ALL = {
  ...BOOT,
  models: ["trio-8", "trio-64", "trio-8-unbalanced"].map((name) => ({
    ...BOOT.models[0],
    name,
    experts: name === "trio-64" ? 64 : 8,
  })),
};
const SHAPED = {
  ...BOOT,
  shapes: [
    {
      key: "kimi-k2",
      name: "Kimi K2",
      layers: 60,
      experts: 384,
      top_k: 8,
      router: "sigmoid_bias",
      settings: {},
    },
  ],
};

test("a link holds what sets the second stack apart, and nothing more", () => {
  const { view, notices } = parseView("?scenario=code&b.k=4&b.source=live", BOOT);
  assert.deepEqual(notices, []);
  assert.deepEqual(view.b, { source: "live", k: 4 });
  assert.deepEqual(parseView(formatView(view, BOOT), BOOT).view, view);
  assert.equal(new URLSearchParams(formatView(view, BOOT)).get("b.k"), "4");
});

test("the second stack asks for the same but for its keys", () => {
  const other = otherView(viewOf("?scenario=code&k=1&path=2&b.k=4"));
  assert.deepEqual(requestOf(other), { source: "authored", scenario: "code", experts: 8, k: 4 });
  assert.equal(other.b, null);
  assert.equal(other.path, null);
  assert.equal(otherView(viewOf("?experts=64&k=12&b.experts=8")).k, 8);
});

test("a wrong key of the second stack is left out alone, and a sentence says so", () => {
  const { view, notices } = parseView("?b.k=99&b.source=live&b.camera=top", BOOT);
  assert.deepEqual(view.b, { source: "live" });
  assert.equal(notices.length, 1);
  assert.match(notices[0].message, /^b\.k: expected 1 to 8, got 99; left out/);
  assert.equal(viewOf("?b.k=99").b, null);
});

test("a shape beside another source falls back as in the first stack, whatever the order of the keys", () => {
  for (const search of [
    "?b.source=live&b.bogus=2&b.shape=kimi-k2",
    "?b.shape=kimi-k2&b.source=live",
    "?b.source=live&b.shape=kimi-k2&b.experts=384&b.k=8",
    "?source=live&b.shape=kimi-k2&b.k=1",
  ]) {
    const { view, notices } = parseView(search, SHAPED);
    assert.deepEqual(
      notices.map(({ message }) => message),
      ["b.shape: not read with source=live; left out of the second stack"],
      search,
    );
    assert.equal(otherView(view).experts, 8);
    assert.doesNotMatch(formatView(view, SHAPED), /kimi|b\.experts/);
    assert.deepEqual(parseView(formatView(view, SHAPED), SHAPED), { view, notices: [] });
  }
});

test("the second stack takes no setting that its router or its source does not read", () => {
  const read = (search) => parseView(search, SHAPED).notices.map(({ message }) => message.split(";")[0]);
  assert.deepEqual(read("?b.noise=2"), ["b.noise: not read with router=topk_norm"]);
  assert.deepEqual(read("?b.source=live&b.skew=2"), ["b.skew: not read with source=live"]);
  assert.deepEqual(read("?b.source=live&b.noise=2"), ["b.noise: not read with router=topk_norm"]);
  assert.deepEqual(read("?b.router=noisy_topk&b.noise=2&b.seed=3"), []);
});

test("a second stack with another source leaves the first one's shape, and its link too, without a notice", () => {
  const { view, notices } = parseView("?shape=kimi-k2&b.source=live", SHAPED);
  assert.deepEqual([otherView(view).shape, otherView(view).experts, notices.length], ["", 8, 0]);
  const again = parseView(formatView(view, SHAPED), SHAPED);
  assert.deepEqual([again.notices, requestOf(otherView(again.view))], [[], requestOf(otherView(view))]);
});

test("no title has a shape without a name", () => {
  const large = parseView("?b.shape=kimi-k2", SHAPED).view;
  assert.deepEqual(
    [large, otherView(large)].map((view) => sideName(view, large.b ?? {}).split(" · ")[0]),
    ["small shape", "shape kimi-k2"],
  );
  const live = parseView("?shape=kimi-k2&b.source=live", SHAPED).view;
  assert.deepEqual(
    [live, otherView(live)].map((view) =>
      sideName(view, live.b ?? {})
        .split(" · ")
        .slice(0, 2),
    ),
    [
      ["Authored", "shape kimi-k2"],
      ["Live", "8 experts"],
    ],
  );
});

test("a second stack follows the first one to another source or shape", () => {
  const moved = (/** @type {string} */ search, /** @type {Record<string, string>} */ keys) => {
    const { view, problems } = patchView(parseView(search, SHAPED).view, keys, SHAPED);
    const { source, shape, experts, k } = otherView(view);
    assert.deepEqual(problems, []);
    return [source, shape, experts, k];
  };
  assert.deepEqual(moved("?b.source=live", { shape: "kimi-k2" }), ["live", "", 8, 2]);
  assert.equal(moved("?b.shape=kimi-k2", { source: "live" })[2], 8);
  assert.deepEqual(moved("?b.k=4", { shape: "kimi-k2" }), ["authored", "kimi-k2", 384, 4]);
  assert.deepEqual(moved("?b.k=4", { source: "live" }), ["live", "", 8, 4]);
});

test("every pair that is offered differs, is named on both sides, and survives its link", () => {
  const pairs = pairsOf(ALL, viewOf(""));
  assert.equal(pairs.length, 5);
  for (const { name, a, b } of pairs) {
    const view = { ...viewOf(""), ...keptInRange(viewOf(""), a, ALL), b };
    assert.notDeepEqual(requestOf(view), requestOf(otherView(view)), name);
    assert.notEqual(sideName(view, b), sideName(otherView(view), b), name);
    assert.deepEqual(parseView(formatView(view, ALL), ALL).view.b, b, name);
  }
});

test("only what the server has is offered", () => {
  const none = { ...BOOT, models: [] };
  assert.deepEqual(
    pairsOf(none, viewOf("")).map(({ b }) => Object.keys(b)[0]),
    ["k", "experts"],
  );
  const small = { ...viewOf("?source=live"), b: null };
  assert.equal(pairsOf(BOOT, small).find(({ b }) => b.experts)?.a.source, "authored");
});

test("with the same tokens both stand at the same moment, with others at the same share of the way", () => {
  const [five, nine] = [5, 9].map((tokens) => createTimeline("sequence", tokens, 6));
  assert.equal(timeBeside({ time: 3, timeline: five }, createTimeline("sequence", 5, 6)), 3);
  assert.equal(timeBeside({ time: five.duration / 2, timeline: five }, nine), nine.duration / 2);
  assert.equal(timeBeside({ time: five.duration, timeline: five }, nine), nine.duration);
  assert.equal(sameTokens(traceOf(), traceOf({ k: 3 })), true);
  assert.equal(sameTokens(traceOf(), traceOf({ tokens: 7 })), false);
});
