import assert from "node:assert/strict";
import { test } from "node:test";
import { groupNumbers, groupsOf, PATTERNS } from "../../../static/js/trace/token_groups.js";

test("groups are numbered in the order of their first token, tokens without one are 0", () => {
  const tokens = ["b", "a", undefined, "b"].map((group) => ({ text: "x", group }));
  assert.deepEqual(groupsOf(tokens), ["b", "a"]);
  assert.deepEqual([...(groupNumbers(tokens) ?? [])], [1, 2, 0, 1]);
});

test("one group alone tells nothing apart", () => {
  assert.equal(groupNumbers([{ text: "x", group: "code" }, { text: "y" }]), null);
});

test("a token that comes later is numbered too", () => {
  const tokens = [
    { text: "x", group: "a" },
    { text: "y", group: "b" },
  ];
  assert.equal(groupNumbers(tokens)?.length, 2);
  tokens.push({ text: "z", group: "a" });
  assert.deepEqual([...(groupNumbers(tokens) ?? [])], [1, 2, 1]);
});

test("groups beyond the patterns begin again", () => {
  const tokens = Array.from({ length: PATTERNS + 1 }, (_, i) => ({ text: "x", group: `g${i}` }));
  assert.deepEqual([...(groupNumbers(tokens) ?? [])].slice(-2), [PATTERNS, 1]);
});
