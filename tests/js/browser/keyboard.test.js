import assert from "node:assert/strict";
import { test } from "node:test";
import { keyMap } from "../../../static/js/browser/keyboard.js";
import { initialState } from "../../../static/js/state/state.js";
import { createStore } from "../../../static/js/state/store.js";
import { parseView } from "../../../static/js/view/url.js";
import { words } from "../../../static/js/words/words.js";
import { BOOT } from "../boot_data.js";

/** What a key calls, in the view of an address. */
function pressed(key, search = "") {
  const store = createStore(initialState(parseView(search, BOOT)));
  const calls = [];
  const actions = new Proxy(
    {},
    {
      get:
        (_, name) =>
        (...given) =>
          calls.push([name, ...given]),
    },
  );
  keyMap(store, /** @type {any} */ (actions), (...by) => calls.push(["turn", ...by]))[key]?.();
  return calls;
}

test("arrows step through tokens and layers", () => {
  assert.deepEqual(
    ["ArrowRight", "ArrowLeft", "ArrowUp", "ArrowDown"].map((key) => pressed(key)[0]),
    [
      ["stepToken", 1],
      ["stepToken", -1],
      ["stepLayer", 1],
      ["stepLayer", -1],
    ],
  );
});

test("space, restart and escape", () => {
  assert.deepEqual(
    [" ", "r", "Escape"].map((key) => pressed(key)[0][0]),
    ["toggle", "restart", "closeTopmost"],
  );
});

test("m and c go round through all modes and cameras", () => {
  assert.deepEqual(pressed("m")[0], ["setView", { mode: "all" }]);
  assert.deepEqual(pressed("m", "?mode=all")[0], ["setView", { mode: "single" }]);
  assert.deepEqual(pressed("c")[0], ["setView", { camera: "front" }]);
  assert.deepEqual(pressed("c", "?camera=top")[0], ["setView", { camera: "orbit" }]);
});

test("a digit sets k, unless there are fewer experts", () => {
  assert.deepEqual(pressed("3")[0], ["setRequest", { k: 3 }]);
  assert.deepEqual(pressed("3", "?experts=2"), []);
});

test("brackets, plus and minus move the camera", () => {
  assert.deepEqual(
    ["[", "]", "+", "-"].map((key) => pressed(key)[0][0]),
    ["turn", "turn", "turn", "turn"],
  );
  assert.ok(
    pressed("[")[0][1] < 0 && pressed("]")[0][1] > 0 && pressed("+")[0][3] < 1 && pressed("-")[0][3] > 1,
  );
});

test("every key of the map stands in the list that a person sees, and the other way round", () => {
  const listed = words.keyList.map(([keys]) => keys).join(" ");
  const names = {
    " ": "Space",
    ArrowRight: "→",
    ArrowLeft: "←",
    ArrowUp: "↑",
    ArrowDown: "↓",
    Escape: "Esc",
    PageUp: "Page",
    PageDown: "Page",
    "-": "−",
    2: "to",
    3: "to",
  };
  const map = keyMap(createStore(initialState(parseView("", BOOT))), /** @type {any} */ ({}), () => {});
  for (const key of Object.keys(map)) {
    if (key === "=") continue; // plus without Shift
    const name = names[key] ?? key.toUpperCase();
    assert.ok(listed.split(" ").includes(name), key);
  }
});
