import assert from "node:assert/strict";
import { test } from "node:test";
import { decisionOf, ladderOf } from "../../../static/js/counts/decision.js";
import { NO_EXPERT } from "../../../static/js/trace/wire.js";
import { marginInWords, sumInWords } from "../../../static/js/panels/story/decision.js";

/** A trace of one token and one layer with these scores; `chosen` are [expert, weight, dropped]. */
function traceOf(scores, chosen, more = {}) {
  const { model = {}, ...rest } = more;
  return /** @type {any} */ ({
    model: { layers: 1, experts: scores.length, top_k: chosen.length, router: "topk_norm", ...model },
    origin: { badge: "AUTHORED" },
    scores: Uint8Array.from(scores, (score) => Math.round(255 * Math.sqrt(score))),
    experts: Uint16Array.from(chosen, ([expert]) => expert),
    weights: Float32Array.from(chosen, ([, weight]) => weight),
    dropped: Uint8Array.from(chosen, ([, , dropped]) => (dropped ? 1 : 0)),
    bias: null,
    received: 1,
    ...rest,
  });
}
/** The decision that is known to be there. @returns {any} */
const decided = (/** @type {Parameters<typeof decisionOf>} */ ...asked) => decisionOf(...asked);
const EIGHT = [0.05, 0.26, 0.02, 0.44, 0.12, 0.01, 0.07, 0.03];
const TWO = /** @type {any[]} */ ([
  [3, 0.63],
  [1, 0.37],
]);
const idsOf = (decision) => decision.rows.map(({ expert }) => expert);

test("rows are sorted by score, the cut lies after the k-th, the margin is what parts it from the next", () => {
  const decision = decided(traceOf(EIGHT, TWO), 0, 0);
  assert.deepEqual(idsOf(decision), [3, 1, 4, 6, 0, 7, 2, 5]);
  assert.equal(decision.cut, 2);
  assert.ok(Math.abs(decision.margin - 0.14) < 0.01);
  assert.equal(marginInWords(decision), "Clear by 14 points.");
  assert.equal(sumInWords(decision), "0.63 + 0.37 = 1");
});

test("shown weights add up to their shown sum, where each rounded alone would not", () => {
  const close = /** @type {any[]} */ ([
    [3, 0.665],
    [1, 0.335],
  ]);
  assert.equal(sumInWords(decided(traceOf(EIGHT, close), 0, 0)), "0.67 + 0.33 = 1");
  const three = /** @type {any[]} */ ([3, 1, 4].map((expert) => [expert, 2.5 / 3]));
  assert.equal(sumInWords(decided(traceOf(EIGHT, three), 0, 0)), "0.84 + 0.83 + 0.83 = 2.50");
});

test("a margin below the steps in which scores are sent is no tie: it is said how small it is", () => {
  const pair = /** @type {any[]} */ ([
    [7, 0.53],
    [3, 0.47],
  ]);
  const near = decided(traceOf([0.08, 0.12, 0.15, 0.1831, 0.1815, 0.02, 0.05, 0.2154], pair), 0, 0);
  assert.ok(near.margin < near.resolution);
  assert.match(marginInWords(near), /^Less than 0\.[3-7] points apart\.$/);
});

test("choices of zero experts compute nothing: counted apart, and the margin to others is not known", () => {
  const model = { router: "LongcatFlashTopkRouter (softmax)", top_k: 4, zero_experts: 3 };
  const chosen = /** @type {any[]} */ ([...TWO, [NO_EXPERT, 0], [NO_EXPERT, 0]]);
  const decision = decided(traceOf(EIGHT, chosen, { model }), 0, 0);
  assert.equal(decision.nothing, 2);
  assert.equal(decision.cut, 2);
  assert.equal(decision.margin, null);
  assert.equal(marginInWords(decision), "2 of 4 choices compute nothing.");
  const other = decided(traceOf(EIGHT, chosen, { model: { router: "topk_norm", top_k: 4 } }), 0, 0);
  assert.equal(other.nothing, 0);
});

test("a bias selects and does not weigh, and what it swayed is said", () => {
  const bias = [[0, 0, 0, 0, 0.3, 0, 0, 0]];
  const decision = decided(
    traceOf(
      EIGHT,
      [
        [3, 0.79],
        [4, 0.21],
      ],
      { bias },
    ),
    0,
    0,
  );
  assert.deepEqual(idsOf(decision).slice(0, 3), [3, 4, 1]);
  assert.deepEqual(decision.swayed, { won: 4, over: 1 });
  assert.equal(marginInWords(decision), "The bias chose 4 over 1.");
});

test("experts of closed groups did not lose to the cut", () => {
  const model = { router: "group_limited", settings: { groups: 4, topk_groups: 1 } };
  const decision = decided(
    traceOf(
      EIGHT,
      [
        [3, 0.44],
        [2, 0.02],
      ],
      { model },
    ),
    0,
    0,
  );
  const closed = decision.rows.filter(({ state }) => state === "closed").map(({ expert }) => expert);
  assert.deepEqual(closed.sort(), [0, 1, 4, 5, 6, 7]);
  assert.equal(decision.margin, null);
});

test("an expert over its capacity stays above the cut and weighs nothing", () => {
  const decision = decided(
    traceOf(EIGHT, [
      [3, 0.63, true],
      [1, 0.37],
    ]),
    0,
    0,
  );
  assert.equal(decision.rows[0].state, "full");
  assert.equal(decision.rows[0].weight, 0);
  assert.equal(marginInWords(decision), "3 is full: 0.37 of the mix is left.");
});

test("under expert choice there is no line of the token's own", () => {
  const decision = decided(
    traceOf(
      EIGHT,
      [
        [5, 0.01],
        [0, 0.05],
      ],
      { model: { router: "expert_choice" } },
    ),
    0,
    0,
  );
  assert.equal(decision.cut, 0);
  assert.deepEqual(idsOf(decision).slice(0, 2), [3, 1]);
  assert.equal(marginInWords(decision), "Taken by 2 of 8; each sets its own cut.");
});

test("a source that gives ids alone gets no score, no weight and no margin", () => {
  const decision = decided(traceOf(EIGHT, TWO, { origin: { badge: "IDS ONLY", ids_only: true } }), 0, 0);
  assert.deepEqual(idsOf(decision), [1, 3]);
  assert.ok(decision.rows.every(({ score, weight }) => score === 0 && weight === 0));
  assert.equal(marginInWords(decision), "This source gives ids, not scores.");
  assert.equal(sumInWords(decision), "");
});

test("of 384 experts the chosen and the first that lost are told, the rest is a tail", () => {
  const scores = Array.from({ length: 384 }, (_, i) => 1 / (i + 2) ** 2);
  const chosen = Array.from({ length: 10 }, (_, i) => [i, 0.1]);
  const decision = decided(traceOf(scores, chosen), 0, 0);
  const { rows, hidden, tail } = ladderOf(decision);
  assert.deepEqual(
    rows.map(({ expert }) => expert),
    [0, 1, 2, 3, 4, 5, 9, 10],
  );
  assert.equal(hidden, 3);
  assert.equal(rows.length + hidden + tail.length, 384);
});

test("a token that is not routed yet has no decision", () => {
  assert.equal(decisionOf(traceOf(EIGHT, TWO), 1, 0), null);
  assert.equal(decisionOf(traceOf(EIGHT, TWO), -1, -1), null);
});
