import assert from "node:assert/strict";
import { test } from "node:test";
import { patchView } from "../../../static/js/embed/view_patch.js";
import { createInlineTrace, decodeSteps } from "../../../static/js/trace/local_trace.js";
import { decodeStep } from "../../../static/js/trace/wire.js";
import { parseView, searchOf } from "../../../static/js/view/url.js";
import { BOOT } from "../boot_data.js";
import { bytes, golden } from "../golden.js";
import { messageOf } from "../random_traces.js";

const { hex } = golden("steps").find((/** @type {any} */ each) => !decodeStep(bytes(each.hex)).dropped);
const base64 = (/** @type {ArrayBuffer[]} */ ...parts) =>
  Buffer.concat(parts.map((part) => new Uint8Array(part))).toString("base64");

/** The golden step as that of another token. @param {number} token */
function stepAt(token) {
  const buffer = bytes(hex);
  new DataView(buffer).setUint32(8, token, true);
  return buffer;
}

const THREE = [0, 1, 2].map(stepAt);
const trace = messageOf({ tokens: 3 });
const exported = {
  query: "scenario=code&experts=64&mode=all",
  home: "",
  trace,
  steps: base64(...THREE),
};
const boot = { ...BOOT, exported };

test("the steps of a page are the steps that the socket would have brought", () => {
  assert.deepEqual(decodeSteps(exported.steps, 3), THREE.map(decodeStep));
});

test("steps that are cut short are refused", () => {
  assert.throws(() => decodeSteps(base64(THREE[0], THREE[1].slice(0, -1)), 2), /step: expected/);
});

test("opening brings the trace, its steps in order, and the end", () => {
  /** @type {any[]} */ const heard = [];
  const note = (/** @type {string} */ name) => (/** @type {any} */ value) =>
    heard.push([name, value?.token ?? value?.trace ?? value]);
  const inline = createInlineTrace(exported, {
    onTrace: note("trace"),
    onStep: note("step"),
    onEnd: () => heard.push(["end"]),
    onError: note("error"),
    onState: note("state"),
  });
  assert.deepEqual(heard, [], "nothing before it is asked for");
  inline.open();
  assert.deepEqual(heard, [
    ["state", "streaming"],
    ["trace", trace.trace],
    ["step", 0],
    ["step", 1],
    ["step", 2],
    ["state", "done"],
    ["end"],
  ]);
});

test("an exported page opens with its own view, and its address may change how it is looked at, not what it is", () => {
  const { view } = parseView(searchOf(boot, "?experts=8&mode=single&token=2&scenario=english"), boot);
  assert.deepEqual([view.scenario, view.experts, view.mode, view.token], ["code", 64, "single", 1]);
  assert.equal(searchOf(BOOT, "?experts=8"), "?experts=8");
});

test("a host page may change how an exported page is looked at, not what it is", () => {
  const before = parseView(searchOf(boot, ""), boot).view;
  const { view, problems } = patchView(before, { k: 4, camera: "top" }, boot);
  assert.deepEqual([view.k, view.camera], [before.k, "top"]);
  assert.match(problems[0], /^k: expected no change, as an exported page holds one routing/);
});
