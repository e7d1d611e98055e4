import assert from "node:assert/strict";
import { test } from "node:test";
import { configOf, parted } from "../../../static/js/panels/data/taking_files.js";
import { listed } from "../../../static/js/words/format.js";

const file = (/** @type {string} */ name, type = "") => new File(["{}"], name, { type });
const names = (/** @type {readonly File[]} */ files) => files.map(({ name }) => name);

test("of the files of a checkpoint config.json is taken, in any order", () => {
  const folder = ["vocab.json", "generation_config.json", "m/config.json", "tokenizer_config.json"];
  assert.equal(configOf(folder.map((name) => file(name)))?.name, "m/config.json");
  assert.equal(configOf([file("my_config.json")])?.name, "my_config.json");
  assert.equal(configOf([file("my_config.json"), file("vocab.json")]), undefined);
});

test("weights and pictures beside other files are not read, a single file always is", () => {
  const weights = file("model-00001-of-00002.safetensors");
  const picture = file("holiday.png", "image/png");
  const config = file("config.json");
  const [read, ignored] = parted([weights, picture, config]);
  assert.deepEqual([names(read), names(ignored)], [["config.json"], [weights.name, "holiday.png"]]);
  assert.deepEqual(names(parted([picture])[0]), ["holiday.png"]);
  assert.deepEqual(parted([weights, picture]).map(names), [[weights.name], ["holiday.png"]]);
});

test("three files are named, of more the number is said", () => {
  const more = (/** @type {number} */ count) => `and ${count} more`;
  assert.equal(listed(["a"], more), "a");
  assert.equal(listed(["a", "b", "c", "d", "e"], more), "a, b, c and 2 more");
});
