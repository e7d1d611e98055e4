import assert from "node:assert/strict";
import { test } from "node:test";
import { bytesOf, shownToken, textsOf } from "../../../static/js/words/token_text.js";

const tokens = (...texts) => texts.map((text) => ({ text }));

test("pieces of a character name the character and their place in it", () => {
  assert.deepEqual(textsOf(tokens("a", "\\xf0\\x9f", "\\xa6", "\\x80", "b")), [
    "a",
    "🦀 1/3",
    "🦀 2/3",
    "🦀 3/3",
    "b",
  ]);
});

test("bytes that make no character are marked as bytes", () => {
  const [text] = textsOf(tokens("\\xe2\\x82"));
  assert.equal(text, "‹E2 82›");
  assert.equal(bytesOf("\\xe2\\x82"), "E2 82");
  assert.equal(bytesOf("word"), "");
});

test("text of eight scripts is shown as it is", () => {
  const scripts = ["слово", "λόγος", "שלום", "سلام", "नमस्ते", "漢字", "ひらがな", "한글"];
  assert.deepEqual(textsOf(tokens(...scripts)), scripts);
  for (const text of textsOf(tokens(...scripts))) assert.doesNotMatch(text, /\\x/);
});

test("a token and its twin with a leading space look different, others stay bare", () => {
  const list = tokens("the", " the", " cat");
  assert.deepEqual(
    [0, 1, 2].map((i) => shownToken(list, i)),
    ["the", "␣the", "cat"],
  );
});
