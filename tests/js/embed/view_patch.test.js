import assert from "node:assert/strict";
import { test } from "node:test";
import { keysOf, patchView } from "../../../static/js/embed/view_patch.js";
import { parseView } from "../../../static/js/view/url.js";
import { BOOT } from "../boot_data.js";

const at = (/** @type {string} */ query) => parseView(query, BOOT).view;

test("keys that are not named stay as they are", () => {
  const before = at("?scenario=code&experts=64&camera=top");
  const { view, problems } = patchView(before, { k: 1 }, BOOT);
  assert.deepEqual(view, { ...before, k: 1, given: { ...before.given, k: 1 } });
  assert.deepEqual(problems, []);
});

test("values are read as the address bar has them, as text or number", () => {
  const { view } = patchView(
    at(""),
    { experts: "64", token: 3, layer: "2", tower: "3.40", whole: true },
    BOOT,
  );
  assert.deepEqual([view.experts, view.token, view.layer, view.whole], [64, 2, 1, true]);
  assert.deepEqual(view.tower, { layer: 2, expert: 40 });
});

test("a bad value leaves its key alone, and the others are heeded", () => {
  const { view, problems } = patchView(at("?experts=64"), { experts: 1, k: 4, mode: "sideways" }, BOOT);
  assert.deepEqual([view.experts, view.k, view.mode], [64, 4, "sequence"]);
  assert.deepEqual(problems, [
    "experts: expected 2 to 1024, got 1; left as it is",
    "mode: expected sequence, single or all, got sideways; left as it is",
  ]);
});

test("null takes a key back to its default", () => {
  const { view } = patchView(
    at("?scenario=code&experts=64&path=4&k=9"),
    { scenario: null, experts: null, path: null },
    BOOT,
  );
  assert.deepEqual([view.scenario, view.experts, view.path], ["english", 8, null]);
  assert.deepEqual(view.given, { k: 9 }, "the server says what is left of k");
});

test("a key that there is not is named; the version is not", () => {
  const { problems } = patchView(at(""), { v: 1, colour: "red", __proto__: "x", toString: "y" }, BOOT);
  assert.deepEqual(
    problems.map((problem) => problem.split(":")[0]),
    ["colour", "toString"],
  );
});

test("what a view is told as can be set again", () => {
  const view = at(
    "?scenario=code&experts=64&k=3&mode=all&token=4&layer=2&tower=3.5&whole=1&speed=0.5&panel=load",
  );
  const again = patchView(at(""), keysOf(view, BOOT), BOOT);
  assert.deepEqual([{ ...again.view, asks: view.asks }, again.problems], [view, []]);
  assert.equal(keysOf(view, BOOT).token, 4);
});

test("the second stack has keys of its own, and goes when they go", () => {
  const { view, problems } = patchView(
    at("?scenario=code"),
    { "b.experts": 64, "b.k": "many", "b.colour": 1 },
    BOOT,
  );
  assert.deepEqual(view.b, { experts: 64 });
  assert.deepEqual(
    problems.map((problem) => problem.split(":")[0]),
    ["b.k", "b.colour"],
  );
  assert.equal(keysOf(view, BOOT)["b.experts"], 64);
  assert.equal(patchView(view, { "b.experts": null }, BOOT).view.b, null);
  assert.deepEqual(patchView(view, { camera: "top" }, BOOT).view.b, { experts: 64 });
});
