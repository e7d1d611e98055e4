import assert from "node:assert/strict";
import { test } from "node:test";
import { createAnnouncer, eventInWords } from "../../../static/js/panels/chrome/announcer.js";
import { createTimeline } from "../../../static/js/playback/timeline.js";
import { traceOf } from "../random_traces.js";

/** A clock that stands until it is moved. */
function heldClock() {
  let [now, next] = [0, 0];
  /** @type {Map<number, {at: number, act: () => void}>} */
  const timers = new Map();
  return {
    now: () => now,
    later: (/** @type {() => void} */ act, /** @type {number} */ ms) => (
      timers.set(++next, { at: now + ms, act }),
      next
    ),
    never: (/** @type {number} */ due) => void timers.delete(due),
    pass(/** @type {number} */ ms) {
      now += ms;
      for (const [due, { at, act }] of [...timers]) if (at <= now && timers.delete(due)) act();
    },
  };
}

const trace = traceOf({ tokens: 40, layers: 6 });
const timeline = createTimeline("sequence", 40, 6);
/** @param {object} more @returns {any} */
const stateOf = (more) => ({
  trace,
  timeline,
  view: { mode: "sequence" },
  at: { token: -1, layer: -1 },
  time: 0,
  hits: 0,
  playing: false,
  ...more,
});

test("while it plays, a listener hears no more than a sentence in five seconds", () => {
  const clock = heldClock();
  /** @type {{at: number, text: string}[]} */
  const said = [];
  const host = {
    get textContent() {
      return "";
    },
    set textContent(text) {
      said.push({ at: clock.now(), text: String(text) });
    },
  };
  const announcer = createAnnouncer(host, () => true, clock);
  announcer.update(stateOf({}));
  for (let i = 0; i < 240; i++) {
    // an event each 125 ms, for 30 s
    announcer.update(stateOf({ playing: true, at: { token: Math.floor(i / 6), layer: i % 6 } }));
    clock.pass(125);
  }
  assert.ok(said.length >= 5 && said.length <= 7, `${said.length} sentences in 30 s`);
  said.slice(1).forEach(({ at }, i) => assert.ok(at - said[i].at >= 5000));
  assert.match(said[3].text, /^Layer \d: “t\d+” goes to experts/);
});

test("a step by hand is told at once, one that is quickly followed by another is not", () => {
  const clock = heldClock();
  const host = { textContent: "" };
  const announcer = createAnnouncer(host, () => true, clock);
  announcer.update(stateOf({}));
  announcer.update(stateOf({ at: { token: 0, layer: 0 } }));
  clock.pass(100);
  announcer.update(stateOf({ at: { token: 0, layer: 1 } }));
  clock.pass(400);
  assert.match(host.textContent, /^Layer 2: “t0”/);
});

test("an embed without the focus is silent", () => {
  const clock = heldClock();
  const host = { textContent: "" };
  const announcer = createAnnouncer(host, () => false, clock);
  announcer.update(stateOf({}));
  announcer.update(stateOf({ at: { token: 0, layer: 0 } }));
  clock.pass(10_000);
  assert.equal(host.textContent, "");
});

test("a listener is told who was dropped, and by whom", () => {
  const full = { ...trace, experts: trace.experts.slice(), dropped: trace.dropped.slice() };
  const told = (/** @type {string} */ mode = "sequence") =>
    eventInWords(stateOf({ trace: full, at: { token: 0, layer: 0 }, view: { mode } }));
  const [first, second] = full.experts;
  full.dropped[1] = 1;
  assert.match(
    told(),
    new RegExp(`“t0” goes to expert ${first} \\(.*\\); dropped by expert ${second}, which was full\\.`),
  );
  full.dropped[0] = 1;
  assert.match(told(), new RegExp(`“t0” is dropped by experts ${first}, ${second}, which were full\\.`));
  assert.match(told("all"), /2 choices dropped/);
  full.experts.fill(65535, 0, 2);
  assert.equal(told(), "Layer 1: no expert chose “t0”.");
});
