/**
 * @import {View} from "../../../static/js/types.js"
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { patchView } from "../../../static/js/embed/view_patch.js";
import { asksTheSame, PROPERTIES, requestOf } from "../../../static/js/view/keys.js";
import { formatView, parseView, searchOf, viewNow } from "../../../static/js/view/url.js";
import { BOOT } from "../boot_data.js";

const parse = (search) => parseView(search, BOOT);
const DEFAULTS = parse("").view;

test("an empty address is the default view and written as nothing", () => {
  assert.equal(DEFAULTS.scenario, "english");
  assert.equal(DEFAULTS.experts, 8);
  assert.equal(DEFAULTS.k, 2);
  assert.equal(DEFAULTS.mode, "sequence");
  assert.equal(formatView(DEFAULTS, BOOT), "");
});

/** One value of each key that is not its default, as a view has it and as an address has it. */
const EXAMPLES = {
  source: ["live", "live"],
  scenario: ["code", "code"],
  prompt: ["a b&c=<é>", "a b&c=<é>"],
  model: ["trio-8", "trio-8"],
  experts: [12, "12"],
  k: [3, "3"],
  continue: [40, "40"],
  temperature: [1.5, "1.5"],
  seed: [7, "7"],
  step: [20, "20"],
  trace: ["one.csv", "one.csv"],
  mode: ["all", "all"],
  camera: ["top", "top"],
  token: [4, "5"],
  layer: [0, "1"],
  floor: [2, "3"],
  fold: [{ first: 9, last: 19 }, "10-20"],
  speed: [0.25, "0.25"],
  path: [0, "1"],
  tower: [{ layer: 2, expert: 5 }, "3.5"],
  panel: ["load", "load"],
  devices: [4, "4"],
  shape: ["6x8x2-d8-e8-rtopk_norm", "6x8x2-d8-e8-rtopk_norm"],
  whole: [true, "1"],
  router: ["base", "base"],
  capacity: [0.5, "0.5"],
  groups: [4, "4"],
  topk_groups: [3, "3"],
  scale: [2.5, "2.5"],
  noise: [0, "0"],
  updates: [30, "30"],
  rate: [0.001, "0.001"],
  skew: [3, "3"],
  theme: ["light", "light"],
  palette: ["mono", "mono"],
  lang: ["fr", "fr"],
  tour: ["walk", "walk"],
  at: [1, "2"],
  quiz: [1, "2"],
};

test("every key has an example here", () => {
  assert.deepEqual(PROPERTIES.map(({ name }) => name).sort(), Object.keys(EXAMPLES).sort());
});

/** Keys that one source reads, and no other. */
const ONLY = {
  prompt: "live",
  model: "live",
  continue: "live",
  temperature: "live",
  seed: "live",
  step: "recorded",
  trace: "trace",
};
/** Keys that some routers read, and others do not. */
const READ_BY = {
  capacity: { router: "switch", k: 1 },
  noise: { router: "noisy_topk" },
  at: { tour: "walk" },
  ...Object.fromEntries(
    ["groups", "topk_groups", "scale", "updates", "rate"].map((name) => [name, { router: "sigmoid_bias" }]),
  ),
};

test("each key alone survives being written and read", () => {
  for (const [name, [value, text]] of Object.entries(EXAMPLES)) {
    const view = /** @type {View} */ ({
      ...DEFAULTS,
      ...(name in ONLY && { source: ONLY[name] }),
      ...READ_BY[name],
      [name]: value,
    });
    const written = new URLSearchParams(formatView(view, BOOT));
    assert.equal(written.get(name), text);
    assert.equal(written.get("v"), "1");
    assert.deepEqual(parse(`?${written}`), { view, notices: [] });
  }
});

test("all keys together survive being written and read", () => {
  const view = {
    ...DEFAULTS,
    ...Object.fromEntries(Object.entries(EXAMPLES).map(([name, [value]]) => [name, value])),
  };
  const told = {
    ...view,
    shape: "",
    step: null,
    trace: "",
    router: "sigmoid_bias",
    capacity: null,
    noise: null,
    skew: 0,
  }; // what one source and router read
  assert.deepEqual(parse(formatView({ ...told, capacity: 2, noise: 1, skew: 3 }, BOOT)), {
    view: told,
    notices: [],
  });
});

test("defaults are left out beside a value that is none", () => {
  assert.equal(formatView({ ...DEFAULTS, experts: 64 }, BOOT), "?experts=64&v=1");
});

test("a wrong value falls back alone and a sentence says so", () => {
  const { view, notices } = parse("?experts=abc&k=4&mode=all");
  assert.deepEqual({ ...view }, { ...DEFAULTS, k: 4, mode: "all" });
  assert.deepEqual(notices, [
    { field: "experts", message: "experts: expected 2 to 512, got abc; showing 8" },
  ]);
});

test("each of these values is refused", () => {
  const wrong = {
    source: "guessed",
    scenario: "x",
    model: "trio-9",
    experts: "1",
    k: "0",
    mode: "ALL",
    camera: "left",
    token: "0",
    layer: "-1",
    floor: "1.5",
    fold: "20-10",
    speed: "0",
    path: "x",
    tower: "3",
    panel: "share",
    whole: "yes",
    theme: "auto",
    palette: "red",
    v: "2",
    continue: "257",
    temperature: "2.1",
    seed: "x",
    step: "21",
    router: "best",
    capacity: "0",
    groups: "3",
    topk_groups: "5",
    scale: "0",
    noise: "11",
    updates: "1.5",
    rate: "2",
    skew: "21",
    tour: "run",
    at: "2",
    quiz: "3",
  };
  for (const [name, text] of Object.entries(wrong)) {
    const { view, notices } = parse(`?${name}=${text}`);
    assert.deepEqual(view, DEFAULTS, name);
    assert.equal(notices.length, 1, name);
    assert.match(
      notices[0].message,
      new RegExp(`^${name}: expected .+, got ${text.replace(".", "\\.")}; showing `),
    );
  }
});

test("numbers that are written oddly are refused, not guessed", () => {
  for (const text of ["1e2", "0x10", " 8", "8 ", "+8", "٨", "8.0", "", "Infinity"]) {
    assert.equal(parse(`?experts=${encodeURIComponent(text)}`).notices.length, 1, text);
  }
});

test("k is held against the experts of the same address, whichever comes first", () => {
  assert.equal(parse("?k=6&experts=16").view.k, 6);
  assert.equal(parse("?k=9&experts=8").notices[0].message, "k: expected 1 to 8, got 9; showing 2");
});

test("a tower is held against the experts of the same address", () => {
  assert.deepEqual(parse("?tower=1.63&experts=64").view.tower, { layer: 0, expert: 63 });
  assert.equal(parse("?tower=1.8").view.tower, null);
});

test("a prompt that is too long falls back, and the sentence shows only its beginning", () => {
  const { view, notices } = parse(`?source=live&prompt=${"a".repeat(2001)}`);
  assert.equal(view.prompt, "");
  assert.ok(notices[0].message.length < 140);
});

test("keys that nobody knows are passed over and not written again", () => {
  const { view, notices } = parse("?utm_source=x&experts=64&__proto__=1&constructor=2");
  assert.deepEqual(notices, []);
  assert.equal(formatView(view, BOOT), "?experts=64&v=1");
});

test("a prompt is written for the live source alone, and kept in the view", () => {
  const view = { ...DEFAULTS, prompt: "hello" };
  assert.equal(formatView(view, BOOT), "");
  assert.equal(requestOf(view).prompt, undefined);
  assert.equal(requestOf({ ...view, source: "live" }).prompt, "hello");
});

test("a request holds the keys that decide its answer, and no others", () => {
  const keys = (more) => Object.keys(requestOf(/** @type {View} */ ({ ...DEFAULTS, ...more }))).sort();
  assert.deepEqual(keys({}), ["experts", "k", "scenario", "source"]);
  assert.deepEqual(keys({ source: "live", temperature: 1 }), [
    "experts",
    "k",
    "model",
    "prompt",
    "scenario",
    "source",
  ]);
  assert.deepEqual(keys({ source: "live", continue: 9 }), [
    "continue",
    "experts",
    "k",
    "model",
    "prompt",
    "scenario",
    "seed",
    "source",
    "temperature",
  ]);
  assert.deepEqual(keys({ source: "recorded", step: 20 }), ["experts", "model", "source", "step"]);
});

test("a router that forces k has it where no other is chosen, and refuses others", () => {
  assert.equal(parse("?router=switch").view.k, 1);
  assert.equal(formatView(parse("?router=switch").view, BOOT), "?router=switch&v=1");
  const { view, notices } = parse("?router=switch&k=2");
  assert.equal(view.k, 1);
  assert.equal(notices[0].message, "k: expected 1 to 1, got 2; showing 1");
  assert.equal(
    parse("?router=base&experts=64&k=17").notices[0].message,
    "k: expected 1 to 16, got 17; showing 2",
  );
});

test("groups are held against experts and k, in words", () => {
  assert.equal(
    parse("?router=sigmoid_bias&experts=12&groups=8").notices[0].message,
    "groups: expected 1, 2, 3, 4 or 6, got 8; showing nothing",
  );
  assert.equal(
    parse("?router=sigmoid_bias&experts=8&k=3&groups=4&topk_groups=1").notices[0].message,
    "topk_groups: expected 2 to 4, got 1; showing nothing",
  );
});

test("a request says how tokens are routed only where somebody chose it", () => {
  const asked = (search) => requestOf(parse(search).view);
  assert.deepEqual(asked("?router=noisy_topk&noise=0&seed=4"), {
    source: "authored",
    scenario: "english",
    experts: 8,
    k: 2,
    router: "noisy_topk",
    noise: 0,
    seed: 4,
  });
  assert.deepEqual(asked("?skew=2&source=live").skew, undefined);
  assert.deepEqual(asked("?skew=2").skew, 2);
  assert.deepEqual(asked("?source=recorded&router=base"), { source: "recorded", model: "", experts: 8 });
});

test("a second stack with a router that forces k has that k", () => {
  assert.deepEqual(parse("?b.router=switch").view.b, { router: "switch", k: 1 });
  assert.deepEqual(parse("?b.router=base").view.b, { router: "base", k: 2 });
});

test("the address holds where playback stands", () => {
  assert.deepEqual(viewNow({ view: parseView("", BOOT).view, at: { token: 2, layer: 1 } }), {
    ...parseView("", BOOT).view,
    token: 2,
    layer: 1,
  });
  assert.deepEqual(
    viewNow({ view: parseView("", BOOT).view, at: { token: -1, layer: -1 } }),
    parseView("", BOOT).view,
  );
});

test("in all at once it holds the layer alone", () => {
  const view = viewNow({ view: parseView("?mode=all", BOOT).view, at: { token: 9, layer: 1 } });
  assert.equal(view.token, null);
  assert.equal(view.layer, 1);
});

test("until the trace is there it holds what the link asked for", () => {
  const view = parseView("?token=5&layer=2", BOOT).view;
  assert.equal(viewNow({ view, at: { token: -1, layer: -1 } }), view);
});

test("a change of k asks anew, a change of camera does not", () => {
  assert.equal(asksTheSame(parseView("", BOOT).view, parseView("?k=3", BOOT).view), false);
  assert.equal(asksTheSame(parseView("", BOOT).view, parseView("?camera=top&token=4", BOOT).view), true);
});

const TRACE = /** @type {any} */ ({ trace: null, steps: "" });

/** A page that was exported with two stacks. @type {import("../../../static/js/types.js").Boot} */
const PAIR = {
  ...BOOT,
  exported: { query: "scenario=code&b.k=1", home: "", poster: "", ...TRACE, other: TRACE },
};

test("an exported page of two stacks opens with both, whatever its address says of the second", () => {
  assert.deepEqual(parseView(searchOf(PAIR, "?camera=top&b.k=2"), PAIR).view.b, { k: 1 });
  const alone = { ...BOOT, exported: { ...PAIR.exported, query: "scenario=code", other: undefined } };
  assert.equal(parseView("?b.k=1", /** @type {any} */ (alone)).view.b, null);
});

test("a host page cannot change the second stack of an exported page, and hears so", () => {
  const { view } = parseView(searchOf(PAIR, ""), PAIR);
  const patched = patchView(view, { "b.k": 2, camera: "top" }, PAIR);
  assert.deepEqual([patched.view.b, patched.view.camera], [{ k: 1 }, "top"]);
  assert.match(patched.problems[0], /^b\.k: expected no change/);
});
