import assert from "node:assert/strict";
import { test } from "node:test";
import { patchView } from "../../../static/js/embed/view_patch.js";
import { keptInRange } from "../../../static/js/state/actions.js";
import { encodeOpen } from "../../../static/js/trace/wire.js";
import { requestOf } from "../../../static/js/view/keys.js";
import { findShape, shapeOf } from "../../../static/js/view/model_shapes.js";
import { routerOf, usualSetting } from "../../../static/js/view/routers.js";
import { formatView, parseView } from "../../../static/js/view/url.js";
import { BOOT } from "../boot_data.js";

/** @type {import("../../../static/js/types.js").Boot} */
const boot = {
  ...BOOT,
  shapes: [
    {
      key: "deepseek-v3",
      name: "DeepSeek-V3",
      layers: 58,
      experts: 256,
      top_k: 8,
      router: "sigmoid_bias",
      settings: { groups: 8, topk_groups: 4, scale: 2.5 },
    },
    {
      key: "switch-c-2048",
      name: "Switch-C",
      layers: 30,
      experts: 2048,
      top_k: 1,
      router: "switch",
      settings: {},
    },
  ],
};
const TEXT = "58x256x8-d7168-e2048-x0_3_1-rsigmoid_bias-g8-t4-f2.5";
const view = (/** @type {string} */ search) => parseView(search, boot).view;

test("a link that names a shape has its experts, its k and its router", () => {
  const read = view("?shape=deepseek-v3");
  assert.deepEqual([read.experts, read.k, read.router], [256, 8, ""]);
  assert.equal(routerOf(boot, read)?.name, "sigmoid_bias");
  assert.deepEqual(
    ["groups", "topk_groups", "scale"].map((name) => usualSetting(boot, read, /** @type {"scale"} */ (name))),
    [8, 4, 2.5],
  );
  assert.equal(formatView(read, boot), "?shape=deepseek-v3&v=1");
  assert.equal(requestOf(read).shape, "deepseek-v3");
});

test("a shape of more experts than a person may ask for keeps them", () => {
  assert.equal(view("?shape=switch-c-2048").experts, 2048);
  assert.deepEqual(
    parseView("?experts=2048", boot).notices.map(({ field }) => field),
    ["experts"],
  );
});

test("a shape as text is read as the server reads it, and travels", () => {
  const read = view(`?shape=${TEXT}`);
  assert.deepEqual([read.experts, read.k], [256, 8]);
  assert.deepEqual(findShape(boot, TEXT)?.settings, { groups: 8, topk_groups: 4, scale: 2.5 });
  assert.equal(new URLSearchParams(formatView(read, boot)).get("shape"), TEXT);
  assert.match(formatView(read, boot), new RegExp(TEXT), "nothing in it is escaped");
});

test("a wrong shape falls back alone and says so", () => {
  for (const wrong of ["gpt-5", "6x8", "6x8x9", "1x1x1", "x".repeat(500)]) {
    const { view: read, notices } = parseView(`?shape=${wrong}&k=3`, boot);
    assert.deepEqual([read.shape, read.experts, read.k], ["", 8, 3], wrong);
    assert.deepEqual(
      notices.map(({ field }) => field),
      ["shape"],
    );
  }
});

test("a shape of its own experts takes no other number of them", () => {
  const { view: read, notices } = parseView("?shape=deepseek-v3&experts=8", boot);
  assert.equal(read.experts, 256);
  assert.match(notices[0].message, /experts: expected 256/);
});

test("choosing a shape brings experts, k and router along; leaving it brings the small one back", () => {
  const small = view("?k=4&router=sigmoid_bias&groups=2&tower=2.7");
  const large = { ...small, ...keptInRange(small, { shape: "deepseek-v3" }, boot) };
  assert.deepEqual([large.experts, large.k, large.router, large.groups], [256, 8, "", null]);
  for (const leaving of [{ shape: "" }, { experts: 64 }, { source: /** @type {const} */ ("live") }]) {
    const back = { ...large, ...keptInRange(large, leaving, boot) };
    assert.equal(back.shape, "");
    assert.equal(back.k, 2);
    assert.ok(back.experts <= 64);
  }
});

test("another k and another router stay on the shape", () => {
  const large = view("?shape=deepseek-v3");
  assert.equal(keptInRange(large, { k: 2 }, boot).experts, 256);
  const switched = { ...large, ...keptInRange(large, { router: "switch" }, boot) };
  assert.deepEqual([switched.shape, switched.k], ["deepseek-v3", 1]);
  const back = { ...switched, ...keptInRange(switched, { router: "" }, boot) };
  assert.equal(back.k, 8);
});

test("a host page that sets a shape gets its experts, and null takes it back", () => {
  const { view: set, problems } = patchView(view(""), { shape: "deepseek-v3", k: 4 }, boot);
  assert.deepEqual([set.experts, set.k, problems.length], [256, 4, 0]);
  const { view: back } = patchView(set, { shape: null }, boot);
  assert.deepEqual([back.shape, back.experts, back.k], ["", 8, 2]);
});

test("a second stack may have another shape, or none", () => {
  assert.deepEqual(view("?b.shape=deepseek-v3").b, { shape: "deepseek-v3", experts: 256, k: 8 });
  assert.deepEqual(view("?shape=deepseek-v3&b.router=switch").b, { router: "switch", k: 1 });
  const apart = view("?shape=deepseek-v3&b.source=live").b;
  assert.deepEqual([apart?.shape, apart?.experts], ["", 8]);
  assert.deepEqual(view(formatView(view("?shape=deepseek-v3&b.source=live"), boot)).b, apart);
});

test("only authored routing has a shape", () => {
  assert.equal(shapeOf(boot, view("?source=live&shape=deepseek-v3")), null);
});

test("what is sent to the server names the shape", () => {
  assert.deepEqual(JSON.parse(encodeOpen(1, requestOf(view("?shape=deepseek-v3")), 0)).request, {
    source: "authored",
    scenario: "english",
    shape: "deepseek-v3",
    experts: 256,
    k: 8,
  });
});
