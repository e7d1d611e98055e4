/**
 * @from "../../../static/js/types.js"
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { patchView } from "../../../static/js/embed/view_patch.js";
import { sameRequest } from "../../../static/js/view/request.js";
import { formatView, openingView, parseView, searchOf, currentView } from "../../../static/js/view/url.js";
import { answerTo, BOOT, KEYS } from "../boot_data.js";

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
  alter: ["2.5-off_4-k1", "2.5-off_4-k1"],
  step: [20, "20"],
  trace: ["one.csv", "one.csv"],
  mode: ["all", "all"],
  camera: ["top", "top"],
  token: [4, "5"],
  layer: [0, "1"],
  floor: [2, "3"],
  fold: [{ first: 9, last: 19 }, "10-20"],
  shot: [3.2, "3.2"],
  speed: [0.25, "0.25"],
  path: [0, "1"],
  tower: [{ layer: 2, expert: 5 }, "3.5"],
  level: ["explore", "explore"],
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
  corpus: ["heldout", "heldout"],
  colour: ["heat", "heat"],
  lang: ["fr", "fr"],
  tour: ["walk", "walk"],
  at: [1, "2"],
  quiz: [1, "2"],
};

test("every key has an example here", () => {
  assert.deepEqual(KEYS.map(({ name }) => name).sort(), Object.keys(EXAMPLES).sort());
});

/** Keys without which another means nothing. */
const BESIDE = { at: "&tour=walk" };

test("each key alone survives being read and written", () => {
  for (const [name, [value, text]] of Object.entries(EXAMPLES)) {
    const { view, notices } = parse(`?${name}=${encodeURIComponent(String(text))}${BESIDE[name] ?? ""}`);
    assert.deepEqual([view[name], notices], [value, []], name);
    const written = new URLSearchParams(formatView(view, BOOT));
    assert.equal(written.get(name), text);
    assert.equal(written.get("v"), "1");
    assert.deepEqual(parse(`?${written}`), { view, notices: [] });
  }
});

test("all keys together survive being read and written", () => {
  const query = new URLSearchParams(
    Object.entries(EXAMPLES).map(([name, [, text]]) => [name, /** @type {string} */ (text)]),
  );
  const { view, notices } = parse(`?${query}`);
  assert.deepEqual(notices, []);
  assert.deepEqual(parse(formatView(view, BOOT)), { view, notices: [] });
});

test("the address has the keys that the server gave, and no others", () => {
  assert.equal(
    formatView({ ...DEFAULTS, experts: 64, k: 1, given: { experts: 64 } }, BOOT),
    "?experts=64&v=1",
  );
});

test("a wrong value of a view key falls back alone and a sentence says so", () => {
  const { view, notices } = parse("?speed=abc&camera=top&mode=all");
  assert.deepEqual(view, { ...DEFAULTS, camera: "top", mode: "all" });
  assert.deepEqual(notices, [{ field: "speed", message: "speed: expected 0.1 to 10, got abc; showing 1" }]);
});

test("a request key that cannot be read is left to the server, which says what is wrong", () => {
  const { view, notices } = parse("?experts=abc&k=4");
  assert.deepEqual([view.experts, view.given, notices], [8, { experts: "abc", k: 4 }, []]);
});

test("each of these values is refused", () => {
  const wrong = {
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
    devices: "513",
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
    assert.equal(parse(`?devices=${encodeURIComponent(text)}`).notices.length, 1, text);
  }
});

test("of a key that stands twice the last one counts, as on the server", () => {
  assert.equal(parse("?camera=top&camera=front").view.camera, "front");
});

test("keys that nobody knows are passed over and not written again", () => {
  const { view, notices } = parse("?utm_source=x&experts=64&__proto__=1&constructor=2");
  assert.deepEqual(notices, []);
  assert.equal(formatView(view, BOOT), "?experts=64&v=1");
});

test("a page opens with the request as the server understood it", () => {
  const answer = { ...answerTo({ experts: 64, k: 2 }), given: { experts: 64 } };
  const notice = { field: "k", found: "99", expected: "1 to 64", message: "", advice: "", used: 2 };
  const boot = { ...BOOT, ...answer, notices: [notice] };
  const { view, notices } = openingView("?experts=64&k=99&camera=top", boot);
  assert.deepEqual([view.k, view.given, view.camera], [2, { experts: 64 }, "top"]);
  assert.equal(notices[0].message, "k: expected 1 to 64, got 99; showing 2");
});

test("a page opens with the second stack as the server understood it", () => {
  const second = { ...answerTo({ k: 4 }), given: { k: 4 } };
  const { view } = openingView("?b.k=4&b.source=bogus", { ...BOOT, second });
  assert.deepEqual(view.b, { k: 4 });
});

test("the address holds where playback stands", () => {
  assert.deepEqual(currentView({ view: parseView("", BOOT).view, at: { token: 2, layer: 1 } }), {
    ...parseView("", BOOT).view,
    token: 2,
    layer: 1,
  });
  assert.deepEqual(
    currentView({ view: parseView("", BOOT).view, at: { token: -1, layer: -1 } }),
    parseView("", BOOT).view,
  );
});

test("in all at once it holds the layer alone", () => {
  const view = currentView({ view: parseView("?mode=all", BOOT).view, at: { token: 9, layer: 1 } });
  assert.equal(view.token, null);
  assert.equal(view.layer, 1);
});

test("until the trace is there it holds what the link asked for", () => {
  const view = parseView("?token=5&layer=2", BOOT).view;
  assert.equal(currentView({ view, at: { token: -1, layer: -1 } }), view);
});

test("a change of k asks anew, a change of camera does not", () => {
  assert.equal(sameRequest(parseView("", BOOT).view, parseView("?k=3", BOOT).view), false);
  assert.equal(sameRequest(parseView("", BOOT).view, parseView("?camera=top&token=4", BOOT).view), true);
});

const TRACE = /** @type {any} */ ({ trace: null, steps: "" });

/** A page that was exported with two stacks. @type {import("../../../static/js/boot_types.js").Boot} */
const PAIR = {
  ...BOOT,
  exported: { query: "scenario=code&b.k=1", home: "", ...TRACE, other: TRACE },
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
