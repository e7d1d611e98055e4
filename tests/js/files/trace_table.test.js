import assert from "node:assert/strict";
import { test } from "node:test";
import { toCsv, toJson } from "../../../static/js/files/trace_table.js";
import { traceOf } from "../random_traces.js";

const SITE = "https://example.org";

/** @param {string} text  RFC 4180 @returns {string[][]} */
function readCsv(text) {
  return text
    .trimEnd()
    .split("\r\n")
    .map((line) =>
      [...line.matchAll(/"((?:[^"]|"")*)"|([^,]*)(?:,|$)/g)].map(([, quoted, plain]) => quoted ?? plain),
    );
}

test("the JSON of a table holds the rows of its CSV", () => {
  const trace = traceOf({ tokens: 4, layers: 3 });
  const { format, version, link, stacks } = JSON.parse(toJson(`${SITE}/?k=2`, trace));
  assert.deepEqual([format, version, link, stacks.length], ["moescope-table", 1, `${SITE}/?k=2`, 1]);
  assert.deepEqual([stacks[0].stack, stacks[0].origin.badge, stacks[0].model.experts], ["a", "AUTHORED", 8]);
  const [header, ...lines] = readCsv(toCsv(trace));
  assert.equal(lines.length, 12);
  lines.forEach((line, i) => {
    const row = stacks[0].rows[i];
    const cells = Object.fromEntries(header.map((name, at) => [name, line[at]]));
    assert.deepEqual(
      [cells.token, cells.text, cells.layer, cells.experts],
      [String(row.token), row.text, String(row.layer), row.experts.join(" ")],
    );
    assert.deepEqual(cells.weights.split(" ").map(Number), row.weights);
  });
});

test("of two stacks the first column says which", () => {
  const [one, other] = [traceOf({ tokens: 2, layers: 1 }), traceOf({ tokens: 2, layers: 1, experts: 4 })];
  const [header, ...lines] = readCsv(toCsv(one, other));
  assert.equal(header[0], "stack");
  assert.deepEqual(
    lines.map(([stack]) => stack),
    ["a", "a", "b", "b"],
  );
  assert.deepEqual(
    JSON.parse(toJson("", one, other)).stacks.map((/** @type {any} */ each) => each.stack),
    ["a", "b"],
  );
});

test("a dropped token is in the row with the expert that was full", () => {
  const trace = traceOf({ tokens: 1, layers: 1 });
  trace.dropped[1] = 1;
  assert.deepEqual(JSON.parse(toJson("", trace)).stacks[0].rows[0].dropped, [trace.experts[1]]);
  assert.ok(toCsv(trace).trimEnd().endsWith(`,${trace.experts[1]}`));
});
