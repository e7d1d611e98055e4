import assert from "node:assert/strict";
import { test } from "node:test";
import { toCsv } from "../../../static/js/files/trace_table.js";
import {
  choices,
  createTrace,
  pathOf,
  servedBy,
  withEnd,
  withStep,
  withTokens,
} from "../../../static/js/trace/trace.js";
import { NO_EXPERT } from "../../../static/js/trace/wire.js";
import { messageOf, stepOf, traceOf } from "../random_traces.js";

const SHAPE = { tokens: 4, layers: 3, experts: 8, k: 2 };

test("a new trace has room for every token and none of them", () => {
  const trace = createTrace(messageOf(SHAPE));
  assert.deepEqual([trace.received, trace.complete, trace.tokens.length], [0, false, 4]);
  assert.deepEqual([trace.scores.length, trace.experts.length, trace.weights.length], [96, 24, 24]);
});

test("a router that gives a token more experts than k has as many columns as its model says", () => {
  const message = messageOf(SHAPE);
  message.model.choices = 5;
  let trace = createTrace(message);
  assert.equal(trace.experts.length, 4 * 3 * 5);
  const step = stepOf({ ...SHAPE, k: 5 }, 0);
  step.chosen.set([NO_EXPERT, NO_EXPERT], 3);
  trace = withStep(trace, step);
  assert.throws(() => withStep(trace, stepOf(SHAPE, 1)), /expected layers, experts, k 3, 8, 5, got 3, 8, 2/);
  assert.deepEqual(
    pathOf(trace, 0).map((found) => found.length),
    [3, 5, 5],
  );
  const { expert, weight } = choices(trace, 0, 2)[4];
  assert.deepEqual(servedBy(trace, 2, expert), [{ token: 0, weight, rank: 4, dropped: false }]);
});

test("a trace has the bias that its message brings", () => {
  assert.equal(createTrace(messageOf(SHAPE)).bias, null);
  assert.deepEqual(createTrace({ ...messageOf(SHAPE), bias: [[0.1, -0.1]] }).bias, [[0.1, -0.1]]);
});

test("steps fill the rows of their token", () => {
  const trace = traceOf(SHAPE, 3);
  for (let token = 0; token < 3; token++) {
    const step = stepOf(SHAPE, token);
    assert.deepEqual(trace.experts.subarray(6 * token, 6 * token + 6), step.chosen);
    assert.deepEqual(trace.weights.subarray(6 * token, 6 * token + 6), step.weights);
    assert.deepEqual(trace.scores.subarray(24 * token, 24 * token + 24), step.scores);
  }
  assert.equal(trace.received, 3);
});

test("a step gives a new trace that shares the arrays, so that a store sees the change", () => {
  const before = createTrace(messageOf(SHAPE));
  const after = withStep(before, stepOf(SHAPE, 0));
  assert.notEqual(after, before);
  assert.equal(after.scores.buffer, before.scores.buffer);
});

test("a step that is there already changes nothing", () => {
  const trace = traceOf(SHAPE, 2);
  assert.equal(withStep(trace, stepOf(SHAPE, 0)), trace);
});

test("a step out of turn, after the end, or of another shape is refused", () => {
  assert.throws(() => withStep(traceOf(SHAPE, 1), stepOf(SHAPE, 2)), /expected token 1 of 4, got 2/);
  assert.throws(() => withStep(traceOf(SHAPE, 4), stepOf(SHAPE, 4)), /expected token 4 of 4, got 4/);
  assert.throws(
    () => withStep(traceOf(SHAPE, 1), stepOf({ ...SHAPE, k: 3 }, 1)),
    /expected layers, experts, k 3, 8, 2, got 3, 8, 3/,
  );
});

test("appended tokens keep what was routed, and their steps go on after it", () => {
  let trace = traceOf(SHAPE, 4);
  const kept = trace.scores.slice();
  for (let token = 4; token < 40; token++) {
    trace = withTokens(trace, [{ text: `more ${token}` }]);
    assert.equal(trace.complete, false);
    trace = withStep(trace, stepOf(SHAPE, token));
  }
  assert.equal(trace.received, 40);
  assert.deepEqual(trace.scores.subarray(0, kept.length), kept);
  assert.deepEqual(trace.experts.subarray(39 * 6, 40 * 6), stepOf(SHAPE, 39).chosen);
  assert.equal(withEnd(trace).complete, true);
});

test("appending token by token copies the arrays a few times, not every time", () => {
  let trace = traceOf({ ...SHAPE, tokens: 10 });
  const buffers = new Set();
  for (let i = 0; i < 200; i++) {
    trace = withTokens(trace, [{ text: "x" }]);
    buffers.add(trace.scores.buffer);
  }
  assert.ok(buffers.size < 12, `${buffers.size} copies`);
});

test("choices leave out empty ones, tell dropped ones, and undo the scale of the scores", () => {
  const step = stepOf(SHAPE, 0);
  step.chosen.set([5, 65535]);
  step.weights.set([0.75, 0]);
  step.scores[5] = 204;
  const trace = withStep(createTrace(messageOf(SHAPE)), {
    ...step,
    dropped: Uint8Array.from([1, 0, 0, 0, 0, 0]),
  });
  const [choice, ...none] = choices(trace, 0, 0);
  assert.deepEqual(none, []);
  assert.deepEqual(
    { ...choice, score: choice.score.toFixed(6) },
    { expert: 5, rank: 0, weight: 0.75, score: "0.640000", dropped: true },
  );
});

test("the tokens that towers served are the paths of the tokens, turned around", () => {
  const trace = traceOf({ tokens: 30, layers: 4, experts: 6, k: 3 }, 25);
  const fromPaths = new Set();
  const fromTowers = new Set();
  for (let token = 0; token < 30; token++) {
    pathOf(trace, token).forEach((layer, at) =>
      layer.forEach(({ expert, weight }) => fromPaths.add([at, expert, token, weight].join())),
    );
  }
  for (let layer = 0; layer < 4; layer++) {
    for (let expert = 0; expert < 6; expert++) {
      servedBy(trace, layer, expert).forEach(({ token, weight }) =>
        fromTowers.add([layer, expert, token, weight].join()),
      );
    }
  }
  assert.equal(fromPaths.size, 25 * 4 * 3);
  assert.deepEqual([...fromTowers].sort(), [...fromPaths].sort());
});

test("a token that has not arrived has no path", () => {
  assert.deepEqual(pathOf(traceOf(SHAPE, 2), 2), []);
  assert.deepEqual(pathOf(traceOf(SHAPE, 2), -1), []);
});

test("the table has one line a token and layer that arrived, and survives every text", () => {
  const message = messageOf(SHAPE);
  message.tokens[0] = { text: ' a,"b"\n', group: "x" };
  message.tokens[1] = { text: "=cmd()" };
  const trace = withStep(withStep(createTrace(message), stepOf(SHAPE, 0)), stepOf(SHAPE, 1));
  const text = toCsv(trace);
  const [first] = choices(trace, 0, 0);
  assert.ok(text.startsWith("token,text,group,layer,experts,weights,dropped\r\n"));
  assert.ok(text.includes(`0," a,""b""\n",x,0,${first.expert} `));
  assert.ok(text.includes("1,'=cmd(),,0,"));
  assert.equal(text.split("\r\n").length, 1 + 2 * 3 + 1);
});
