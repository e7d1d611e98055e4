import assert from "node:assert/strict";
import { test } from "node:test";
import { corporaOf, MOST_TOKENS, routingOf } from "../../../static/js/counts/corpora.js";
import { countedInCorpus } from "../../../static/js/counts/load_measures.js";

/** @param {object} [changes] */
const trace = (changes = {}) =>
  /** @type {import("../../../static/js/types.js").Trace} */ (
    /** @type {unknown} */ ({
      model: { name: "mine", layers: 2, experts: 4, top_k: 2 },
      origin: { source: "live" },
      tokens: [
        { text: "a", id: 7 },
        { text: "b", id: 9 },
      ],
      experts: Uint16Array.from([0, 1, 2, 3, 1, 65535, 3, 0]),
      received: 2,
      ...changes,
    })
  );

/** @param {object} state */
const stateOf = (state) =>
  /** @type {import("../../../static/js/types.js").State} */ ({
    trace: trace(),
    view: { corpus: "" },
    ...state,
  });

const SHAPE = { layers: 2, experts: 4 };
const KNOWN = [
  { name: "heldout/mine", model: "mine", ...SHAPE },
  { name: "first", model: "mine", ...SHAPE },
  { name: "second", model: "mine", ...SHAPE },
  { name: "other", model: "another", ...SHAPE },
  { name: "wider", model: "mine", layers: 2, experts: 8 },
  { name: "broken", model: "mine", ...SHAPE, problem: "expected JSON" },
];

test("the corpora of a model are those of its name and towers, a person's own before the held-out text", () => {
  assert.deepEqual(corporaOf(KNOWN, stateOf({})), ["first", "second", "heldout/mine"]);
});

test("the corpus that a view names comes first", () => {
  assert.equal(corporaOf(KNOWN, stateOf({ view: { corpus: "second" } }))[0], "second");
});

test("authored routing and an empty page have no corpus", () => {
  assert.deepEqual(corporaOf(KNOWN, stateOf({ trace: null })), []);
  assert.deepEqual(corporaOf(KNOWN, stateOf({ trace: trace({ origin: { source: "authored" } }) })), []);
});

test("a routing has ids and experts of the tokens that are routed, -1 for an empty choice", () => {
  assert.deepEqual(routingOf(trace()), {
    ids: [7, 9],
    experts: [
      [
        [0, 1],
        [2, 3],
      ],
      [
        [1, -1],
        [3, 0],
      ],
    ],
  });
  assert.deepEqual(routingOf(trace({ received: 1 }))?.ids, [7]);
});

test("tokens without ids have no kind, and a long trace sends its beginning", () => {
  assert.equal(routingOf(trace({ tokens: [{ text: "a" }, { text: "b", id: 9 }] })), null);
  assert.equal(routingOf(trace({ received: 0 })), null);
  const long = trace({
    tokens: Array.from({ length: 600 }, () => ({ text: "a", id: 1 })),
    experts: new Uint16Array(600 * 4),
    received: 600,
  });
  assert.equal(routingOf(long)?.ids.length, MOST_TOKENS);
});

test("the load of a corpus has the measures that follow from counts alone", () => {
  const counted = countedInCorpus(
    {
      texts: 3,
      tokens: 8,
      assigned: [
        [8, 8],
        [12, 4],
      ],
    },
    "first",
  );
  assert.deepEqual([counted.layers, counted.experts, counted.tokens, counted.texts], [2, 2, 8, 3]);
  assert.equal(counted.measures(1).max_violation, 0.5);
  const { switch_loss: loss, dropped_share: dropped } = counted.measures(1);
  assert.deepEqual([loss, dropped], [undefined, undefined]);
});
