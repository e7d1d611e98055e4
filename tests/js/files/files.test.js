import assert from "node:assert/strict";
import { test } from "node:test";
import {
  elementCode,
  frameCode,
  markdownCode,
  queryOf,
  requestPart,
} from "../../../static/js/embed/snippets.js";
import { patchView } from "../../../static/js/embed/view_patch.js";
import { toCsv } from "../../../static/js/files/csv.js";
import { toJson } from "../../../static/js/files/json.js";
import { inRow, layOut, tooLarge } from "../../../static/js/files/picture.js";
import { isLocal, qrCode } from "../../../static/js/files/qr_code.js";
import { fileName } from "../../../static/js/files/save.js";
import { filmFormat, filmSpeed } from "../../../static/js/files/video.js";
import { withDuration } from "../../../static/js/files/webm.js";
import { parseView, searchOf } from "../../../static/js/view/url.js";
import { BOOT } from "../boot_data.js";
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

test("a file of two stacks says so in its name", () => {
  assert.equal(fileName(parseView("?scenario=code&k=3", BOOT).view, "csv"), "moescope-code-authored-8x3.csv");
  assert.equal(
    fileName(parseView("?scenario=code&b.k=3", BOOT).view, "png"),
    "moescope-code-authored-8x2-compared.png",
  );
});

test("a responsive frame has a ratio, a fixed one its size, and both are lazy and titled", () => {
  const wide = frameCode(`${SITE}/embed?a=1&b=2`, "Code");
  const fixed = frameCode(`${SITE}/embed`, "Code", true);
  assert.match(wide, /style="width:100%;aspect-ratio:720\/450;min-height:420px;border:0"/);
  assert.doesNotMatch(wide, / width="/);
  assert.match(fixed, /width="720" height="450" style="max-width:100%;border:0"/);
  for (const code of [wide, fixed]) assert.match(code, /title="Moescope: Code".* loading="lazy"/);
  assert.match(wide, /src="https:\/\/example\.org\/embed\?a=1&amp;b=2"/);
});

test("the element has a key an attribute, those of a second stack too, and a button that changes something", () => {
  const code = elementCode(SITE, "?scenario=code&k=1&b.source=live&v=1", 'A "title"');
  assert.match(code, /src="https:\/\/example\.org\/static\/embed\.js"/);
  assert.match(
    code,
    /<moescope-embed scenario="code" k="1" b\.source="live" title="Moescope: A &quot;title&quot;"><\/moescope-embed>/,
  );
  assert.match(code, /set\(\{ k: 2 \}\)/);
  assert.match(elementCode(SITE, "?k=3", "x"), /set\(\{ k: 1 \}\)/);
});

test("a prompt that tries to leave its attribute stays in it", () => {
  const code = elementCode(SITE, `?prompt=${encodeURIComponent('"><script>x</script>')}`, "x");
  assert.match(code, /prompt="&quot;>&lt;script>x&lt;\/script>"/);
});

test("Markdown links the preview of what is asked for to the whole view", () => {
  const code = markdownCode(SITE, "?scenario=code&camera=top&b.k=4&lang=fr&v=1", "A [title]_\nof two lines");
  assert.equal(
    code,
    `[![A \\[title\\]\\_ of two lines](${SITE}/preview.png?scenario=code&b.k=4&lang=fr)](${SITE}/?scenario=code&camera=top&b.k=4&lang=fr&v=1)`,
  );
  assert.equal(requestPart("?camera=top&v=1"), "");
});

test("a link from the start leaves out where playback stands", () => {
  const state = { view: parseView("?scenario=code", BOOT).view, at: { token: 3, layer: 1 } };
  assert.match(queryOf(state, BOOT, "moment"), /token=4&layer=2/);
  assert.doesNotMatch(queryOf(state, BOOT, "start"), /token|layer/);
});

test("a QR code has its quiet zone, and a text too long for any has none", () => {
  const code = qrCode(`${SITE}/?scenario=code`);
  assert.ok(code && code.size >= 21 + 8);
  for (const [, x, y, length] of /** @type {any} */ (code).path.matchAll(/M(\d+) (\d+)h(\d+)/g)) {
    assert.ok(
      Number(x) >= 4 && Number(y) >= 4 && Number(x) + Number(length) <= /** @type {any} */ (code).size - 4,
    );
  }
  assert.equal(qrCode("x".repeat(2954)), null);
  assert.ok(qrCode("x".repeat(2953)));
  assert.equal(qrCode("é".repeat(1477)), null);
});

test("an address of this machine alone is known as one", () => {
  for (const local of ["http://127.0.0.1:8000/", "http://localhost/", "http://[::1]:8000/"])
    assert.ok(isLocal(local), local);
  for (const other of ["https://example.org/", "http://192.168.1.5:8000/", "http://localhost.example.org/"])
    assert.ok(!isLocal(other), other);
});

test("boxes lie on a canvas as on the page, whose sides are even", () => {
  const boxes = [
    { left: 100, top: 50, width: 401, height: 301 },
    { left: 501, top: 50, width: 400, height: 301 },
  ];
  const { width, height, areas } = layOut(boxes, 1);
  assert.deepEqual([width, height], [802, 302]);
  assert.deepEqual(areas[1], { left: 401, top: 0, width: 400, height: 301 });
  assert.deepEqual(
    inRow(2, 1280, 720).map(({ left, width: each }) => [left, each]),
    [
      [0, 640],
      [640, 640],
    ],
  );
});

test("a picture beyond the graphics card is refused with the size that fits", () => {
  assert.equal(tooLarge({ width: 1280, height: 720 }, 4, 6), "");
  assert.match(tooLarge({ width: 2560, height: 1440 }, 4, 3.2), /^10240 × 5760 pixels .*choose 2×$/);
  assert.match(tooLarge({ width: 4000, height: 3000 }, 4, 100), /choose 1×/);
  assert.match(tooLarge({ width: 9000, height: 9000 }, 1, 100), /make the window smaller/);
});

test("a long pass is recorded faster, as far as playback goes", () => {
  assert.deepEqual(
    [filmSpeed(12, 1), filmSpeed(12, 2), filmSpeed(45, 1), filmSpeed(4000, 1)],
    [1, 2, 1.5, 10],
  );
});

test("without a recorder there is no format", () => assert.equal(filmFormat(), ""));

/** An element of EBML. @param {number[]} id @param {Uint8Array} body */
function element(id, body) {
  return Uint8Array.of(...id, 0x01, 0, 0, 0, 0, 0, body.length >> 8, body.length & 255, ...body);
}

test("a WebM file gets its length once, where the format has it", () => {
  const scale = element([0x2a, 0xd7, 0xb1], Uint8Array.of(0x0f, 0x42, 0x40));
  const rest = Uint8Array.of(0x16, 0x54, 0xae, 0x6b, 0x80);
  const file = Uint8Array.of(
    0x18,
    0x53,
    0x80,
    0x67,
    0x01,
    255,
    255,
    255,
    255,
    255,
    255,
    255,
    ...element([0x15, 0x49, 0xa9, 0x66], scale),
    ...rest,
  );
  const longer = withDuration(file, 12_345);
  const at = longer.findIndex((_, i) => longer[i] === 0x44 && longer[i + 1] === 0x89);
  assert.equal(longer[at + 2], 0x88);
  assert.equal(new DataView(longer.buffer).getFloat64(at + 3), 12_345);
  assert.deepEqual([...longer.slice(16, 20)], [0x10, 0, 0, scale.length + 11]);
  assert.deepEqual([...longer.slice(-rest.length)], [...rest]);
  assert.equal(withDuration(longer, 1), longer);
  const other = Uint8Array.of(1, 2, 3);
  assert.equal(withDuration(other, 1), other);
});

const TRACE = /** @type {any} */ ({ trace: null, steps: "" });
/** A page that was exported with two stacks. @type {import("../../../static/js/types.js").Boot} */
const PAIR = {
  ...BOOT,
  exported: { query: "scenario=code&b.k=1", home: "", poster: "", ...TRACE, other: TRACE },
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
