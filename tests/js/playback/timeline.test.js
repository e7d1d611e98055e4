import assert from "node:assert/strict";
import { test } from "node:test";
import {
  createTimeline,
  lastEvent,
  layerStep,
  reach,
  SETTLE,
  timeOf,
} from "../../../static/js/playback/timeline.js";

const MODES = /** @type {const} */ (["single", "sequence", "all"]);
const SIZES = [
  [1, 1],
  [1, 6],
  [12, 6],
  [40, 24],
  [64, 61],
  [256, 6],
];

/** Every combination of mode and size. */
function each(check) {
  for (const mode of MODES)
    for (const [tokens, layers] of SIZES) check(createTimeline(mode, tokens, layers), mode);
}

/** All events of a timeline in the order of their moments; ties keep token order. */
function events({ tokens, layers, fires }) {
  const all = [];
  for (let token = 0; token < tokens; token++) {
    for (let layer = 0; layer < layers; layer++) all.push({ token, layer, moment: fires(token, layer) });
  }
  return all.sort((a, b) => a.moment - b.moment || a.layer - b.layer || a.token - b.token);
}

test("a token passes the layers in order and fires after it arrives, in every mode", () => {
  each(({ tokens, layers, arrives, fires, beat }) => {
    for (let token = 0; token < tokens; token++) {
      for (let layer = 0; layer < layers; layer++) {
        assert.ok(fires(token, layer) > arrives(token, layer));
        assert.ok(
          fires(token, layer) < arrives(token, layer) + beat,
          "it fires while the token rests at the plane",
        );
        if (layer) assert.ok(arrives(token, layer) > fires(token, layer - 1));
      }
    }
  });
});

test("the last event lies at least the settling time before the end", () => {
  each((timeline) => assert.ok(timeline.duration >= events(timeline).at(-1).moment + SETTLE));
});

test("the last event names each event at its own moment, exactly once, outside ALL AT ONCE", () => {
  each((timeline, mode) => {
    if (mode === "all") return;
    const all = events(timeline);
    assert.equal(new Set(all.map((event) => event.moment)).size, all.length, "no two events share a moment");
    for (const { token, layer, moment } of all)
      assert.deepEqual(lastEvent(timeline, moment), { token, layer });
  });
});

test("all tokens fire together in ALL AT ONCE and the last of the batch stands for them", () => {
  const timeline = createTimeline("all", 64, 6);
  for (let layer = 0; layer < 6; layer++) {
    for (let token = 0; token < 64; token++)
      assert.equal(timeline.fires(token, layer), timeline.fires(0, layer));
    assert.deepEqual(timeline.position(timeline.fires(0, layer)), { token: 63, layer });
  }
});

test("nothing has fired at the start and everything has at the end", () => {
  each((timeline) => {
    assert.deepEqual(timeline.position(0), { token: -1, layer: -1 });
    assert.deepEqual(timeline.position(timeline.duration), {
      token: timeline.tokens - 1,
      layer: timeline.layers - 1,
    });
  });
});

test("the last event agrees with a slow search at any moment", () => {
  each((timeline, mode) => {
    const all = events(timeline);
    for (let i = 0; i <= 40; i++) {
      const time = (timeline.duration * i) / 40;
      const fired = all.filter((event) => event.moment <= time).at(-1);
      const { token, layer } = lastEvent(timeline, time);
      assert.deepEqual(
        { token, layer },
        { token: fired ? fired.token : -1, layer: fired ? fired.layer : -1 },
        mode,
      );
    }
  });
});

test("the current token is the newest that has fired at its first router, and never goes back", () => {
  each((timeline, mode) => {
    if (mode === "all") return;
    let newest = -1;
    for (let i = 0; i <= 200; i++) {
      const time = (timeline.duration * i) / 200;
      const { token, layer } = timeline.position(time);
      const begun = Array.from({ length: timeline.tokens }, (_, t) => t).filter(
        (t) => timeline.fires(t, 0) <= time,
      );
      assert.equal(token, begun.length - 1);
      assert.ok(token >= newest, `token ${token} came after ${newest}`);
      if (token >= 0) assert.ok(timeline.fires(token, layer) <= time);
      newest = token;
    }
  });
});

test("a flight rises without jumps from the entry to the exit and rests at each plane", () => {
  each((timeline) => {
    const token = timeline.tokens - 1;
    const end = timeline.arrives(token, timeline.layers);
    let before = -1;
    for (let time = timeline.entry(token); time < end; time += timeline.step / 50) {
      const flight = timeline.flights(time).find((f) => f.token === token);
      assert.ok(flight, "in flight between entry and exit");
      assert.ok(flight.height >= before - 1e-9 && flight.height - before < 0.12, "small steps upwards");
      if (flight.layer >= 0 && flight.at < timeline.beat) assert.equal(flight.height, flight.layer);
      before = flight.height;
    }
    assert.ok(before > timeline.layers - 0.1, "it leaves at the top");
    assert.ok(
      !timeline.flights(end + timeline.step).some((f) => f.token === token),
      "and is gone after that",
    );
  });
});

test("one token at a time flies in SINGLE, several in SEQUENCE, all in ALL AT ONCE", () => {
  const most = (mode) => {
    const timeline = createTimeline(mode, 12, 6);
    return Math.max(
      ...Array.from({ length: 300 }, (_, i) => timeline.flights((timeline.duration * i) / 300).length),
    );
  };
  assert.equal(most("single"), 1);
  assert.ok(most("sequence") >= 4 && most("sequence") <= 8);
  assert.equal(most("all"), 12);
});

test("a prompt of twelve tokens takes about fourteen seconds in SEQUENCE", () => {
  const { duration } = createTimeline("sequence", 12, 6);
  assert.ok(duration > 13 && duration < 15.5, `found ${duration}`);
});

test("a tall stack does not take minutes", () => {
  assert.ok(createTimeline("all", 64, 61).duration < 45);
  assert.ok(createTimeline("single", 1, 61).duration < 30);
  assert.ok(createTimeline("sequence", 64, 61).duration < 60);
});

test("steps of one layer visit every event in order and back", () => {
  for (const mode of MODES) {
    const timeline = createTimeline(mode, 5, 4);
    const moments = [...new Set(events(timeline).map((event) => event.moment))];
    let time = 0;
    for (const moment of moments) assert.equal((time = layerStep(timeline, time, 1)), moment);
    assert.equal(layerStep(timeline, time, 1), timeline.duration);
    for (const moment of moments.slice(0, -1).reverse())
      assert.equal((time = layerStep(timeline, time, -1)), moment);
    assert.equal(layerStep(timeline, time, -1), 0);
  }
});

test("the moment of an event clamps what is out of range", () => {
  const timeline = createTimeline("sequence", 3, 2);
  assert.equal(timeOf(timeline, { token: -1, layer: -1 }), 0);
  assert.equal(timeOf(timeline, { token: 99, layer: 99 }), timeline.fires(2, 1));
});

test("playback waits for a token that has not arrived, and nothing of it has fired then", () => {
  each((timeline, mode) => {
    for (let received = 0; received < Math.min(timeline.tokens, 9); received++) {
      const limit = reach(timeline, received);
      const fired = timeline.position(limit).token;
      assert.ok(mode === "all" ? fired === -1 : fired < received);
      assert.ok(limit < timeline.arrives(mode === "all" ? 0 : received, 0));
    }
    assert.equal(reach(timeline, timeline.tokens), timeline.duration);
  });
});

test("an empty prompt has an empty timeline", () => {
  const timeline = createTimeline("sequence", 0, 6);
  assert.equal(timeline.duration, 0);
  assert.deepEqual(timeline.flights(1), []);
  assert.deepEqual(timeline.position(1), { token: -1, layer: -1 });
});
