import assert from "node:assert/strict";
import { test } from "node:test";
import {
  formatBytes,
  formatCount,
  formatExactly,
  formatShare,
  formatTime,
  formatToken,
  opensWithSpace,
} from "../../../static/js/words/format.js";

test("counts have three digits and a unit, also where rounding carries", () => {
  const expected = {
    0: "0",
    7: "7",
    999: "999",
    1000: "1.00k",
    24576: "24.6k",
    294912: "295k",
    999499: "999k",
    999500: "1.00M",
    1179648: "1.18M",
    9437184: "9.44M",
    99949999: "99.9M",
    99950000: "100M",
    671e9: "671B",
    1.04e12: "1.04T",
  };
  for (const [count, text] of Object.entries(expected)) assert.equal(formatCount(Number(count)), text);
});

test("exact counts are grouped by three", () => {
  assert.equal(formatExactly(1179648), "1,179,648");
  assert.equal(formatExactly(12), "12");
});

test("memory is told in decimal units", () => {
  assert.equal(formatBytes(20_600_000), "20.6 MB");
  assert.equal(formatBytes(1.342e12), "1.34 TB");
  assert.equal(formatBytes(12), "12 B");
});

test("shares are percent, with a digit more where they are small", () => {
  assert.deepEqual(
    [0, 0.0312, 0.0996, 0.25, 1].map(formatShare).map((text) => text.replace("\u2009", " ")),
    ["0 %", "3.1 %", "10 %", "25 %", "100 %"],
  );
});

test("times are minutes and seconds", () => {
  assert.deepEqual([-1, 0, 59.99, 60, 754].map(formatTime), ["0:00", "0:00", "0:59", "1:00", "12:34"]);
});

test("white space of a token can be seen", () => {
  assert.deepEqual(["\n", "  ", " the", "\t\tx", "a  b", "", "\n    "].map(formatToken), [
    "⏎",
    "␣␣",
    "the",
    "⇥⇥x",
    "a␣␣b",
    "",
    "⏎␣␣␣␣",
  ]);
});

test("one leading space is told apart from an indent", () => {
  assert.deepEqual([" the", "the", "  the", " "].map(opensWithSpace), [true, false, false, false]);
});
