import assert from "node:assert/strict";
import { test } from "node:test";
import { keptInRange } from "../../../static/js/state/actions.js";
import { fitted, groupsFitting, usualSetting } from "../../../static/js/view/routers.js";
import { parseView } from "../../../static/js/view/url.js";
import { BOOT } from "../boot_data.js";

const at = (search) => parseView(search, BOOT).view;
const after = (view, patch) => ({ ...view, ...keptInRange(view, patch, BOOT) });

test("k goes with the router that forced it", () => {
  const chosen = after(at("?k=3"), { router: "switch" });
  assert.equal(chosen.k, 1);
  assert.equal(after(chosen, { router: "" }).k, 2);
  assert.equal(after(at("?k=3"), { router: "expert_choice" }).k, 3);
  assert.equal(after(at("?experts=64&k=20"), { router: "base" }).k, 16);
});

test("settings that the next router does not read go back to its own, and 0 is a value", () => {
  const view = at("?router=noisy_topk&noise=0");
  assert.equal(after(view, { scenario: "code" }).noise, 0);
  assert.equal(after(view, { router: "switch" }).noise, null);
  assert.equal(after(at("?router=switch&capacity=0.5&k=1"), { router: "" }).capacity, null);
});

test("groups that no longer divide the experts go back to the router's own", () => {
  const view = at("?router=sigmoid_bias&experts=12&groups=6&topk_groups=5");
  assert.deepEqual([after(view, { k: 3 }).groups, after(view, { k: 3 }).topk_groups], [6, 5]);
  assert.deepEqual(
    [after(view, { experts: 64 }).groups, after(view, { experts: 64 }).topk_groups],
    [null, 5],
  );
  assert.deepEqual(
    [after(view, { experts: 8 }).groups, after(view, { experts: 8 }).topk_groups],
    [null, null],
  );
  assert.deepEqual(groupsFitting(12), [1, 2, 3, 4, 6]);
});

test("groups that nobody chose are those of the server", () => {
  const usual = (search) => [
    usualSetting(BOOT, at(search), "groups"),
    usualSetting(BOOT, at(search), "topk_groups"),
  ];
  assert.deepEqual(usual("?router=sigmoid_bias"), [4, 2]);
  assert.deepEqual(usual("?router=sigmoid_bias&experts=64"), [8, 4]);
  assert.deepEqual(usual("?router=sigmoid_bias&experts=9"), [1, 1]);
  assert.deepEqual(usual("?router=sigmoid_bias&experts=8&k=7"), [4, 4]);
});

test("a router that needs all tokens at once ends what a model writes", () => {
  assert.equal(fitted(BOOT, at("?source=live&continue=8&router=base")).continue, 0);
  assert.equal(fitted(BOOT, at("?source=live&continue=8&router=noisy_topk")).continue, undefined);
});

test("fewer experts take k and the selected tower along", () => {
  const view = parseView("?experts=64&k=16&tower=1.40", BOOT).view;
  const kept = keptInRange(view, { experts: 8 }, BOOT);
  assert.equal(kept.k, 8);
  assert.equal(kept.tower, null);
  assert.deepEqual(keptInRange(view, { k: 3 }, BOOT).tower, view.tower);
});

test("the live source has only the experts that a model was trained with", () => {
  assert.equal(keptInRange(parseView("?experts=64", BOOT).view, { source: "live" }, BOOT).experts, 8);
  assert.equal(keptInRange(parseView("?experts=4", BOOT).view, { source: "live" }, BOOT).experts, 8);
  assert.equal(keptInRange(parseView("?experts=64", BOOT).view, { source: "authored" }, BOOT).experts, 64);
});
