/**
 * @import {Boot} from "../../../static/js/boot_types.js"
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { createTimeline, timeBeside } from "../../../static/js/playback/timeline.js";
import { sameTokens } from "../../../static/js/trace/trace.js";
import { secondView, pairsOf, sideName } from "../../../static/js/view/comparison.js";
import { secondKeysOf, withSecondAnswer, withKeys } from "../../../static/js/view/request.js";
import { formatView, parseView } from "../../../static/js/view/url.js";
import { answerTo, BOOT } from "../boot_data.js";
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

test("a link holds what sets the second stack apart, and nothing more", () => {
  const { view, notices } = parseView("?scenario=code&b.k=4&b.source=live", BOOT);
  assert.deepEqual(notices, []);
  assert.deepEqual(view.b, { source: "live", k: 4 });
  assert.deepEqual(parseView(formatView(view, BOOT), BOOT).view, view);
  assert.equal(new URLSearchParams(formatView(view, BOOT)).get("b.k"), "4");
});

test("the second stack is the first but for its keys, and has no place of its own", () => {
  const other = secondView(viewOf("?scenario=code&k=1&path=2&b.k=4"));
  assert.deepEqual([other.scenario, other.k, other.path], ["code", 4, null]);
});

test("the keys of the second stack become those that the server gave", () => {
  const view = secondView(viewOf("?k=2&b.k=99&b.source=live"));
  const heard = withSecondAnswer(view, {
    ...answerTo({ source: "live", model: "trio-8" }),
    given: { source: "live" },
  });
  assert.deepEqual(heard.b, { source: "live" });
  assert.deepEqual([heard.model, heard.asks.model, heard.asks.prompt], ["trio-8", "trio-8", undefined]);
});

test("a second stack that differs in nothing keeps the keys that it has, and no others", () => {
  const same = { ...answerTo({ k: 4 }), given: {} };
  assert.deepEqual(secondKeysOf({ k: 4, step: 20 }, same), { k: 4 });
  assert.equal(secondKeysOf({ step: 20 }, same), null);
});

test("every pair that is offered differs, is named on both sides, and survives its link", () => {
  const pairs = pairsOf(ALL, viewOf(""));
  assert.equal(pairs.length, 5);
  for (const { name, a, b } of pairs) {
    const view = { ...withKeys(ALL, viewOf(""), a).view, b };
    assert.notEqual(sideName(view, b), sideName(secondView(view), b), name);
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
