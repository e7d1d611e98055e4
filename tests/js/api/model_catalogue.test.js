import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import {
  devicesFor,
  matching,
  ordered,
  ORDERS,
  weightBytes,
  withPapers,
} from "../../../static/js/api/model_catalogue.js";
import { createUploadedConfig } from "../../../static/js/api/uploaded_config.js";

const entry = (name, year, total, active, router, experts) =>
  /** @type {any} */ ({
    key: name.toLowerCase(),
    name,
    year,
    total,
    active,
    architecture: "",
    router: { router },
    shape: { experts },
  });
const ENTRIES = [
  entry("Mixtral-8x7B", 2023, 46.7e9, 12.9e9, "topk_norm", 8),
  entry("DeepSeek-V3", 2024, 671e9, 37.6e9, "sigmoid_bias", 256),
  entry("OLMoE", 2024, 6.9e9, 1.3e9, "topk", 64),
  entry("Switch-C", 2021, 1571e9, 1.7e9, "switch", 2048),
];
const names = (/** @type {{name: string}[]} */ entries) => entries.map(({ name }) => name);

test("a reader orders the models by each thing that the list tells", () => {
  const first = Object.fromEntries(ORDERS.map((order) => [order, ordered(ENTRIES, order)[0].name]));
  assert.deepEqual(first, {
    total: "Switch-C",
    active: "DeepSeek-V3",
    ratio: "Switch-C",
    experts: "Switch-C",
    year: "DeepSeek-V3",
    name: "DeepSeek-V3",
  });
  assert.deepEqual(names(ordered(ENTRIES, "total")), ["Switch-C", "DeepSeek-V3", "Mixtral-8x7B", "OLMoE"]);
  assert.equal(ENTRIES[0].name, "Mixtral-8x7B", "the list itself stays as it is");
});

test("a reader finds models by parts of names, by year and by router, all words together", () => {
  assert.deepEqual(names(matching(ENTRIES, "2024")), ["DeepSeek-V3", "OLMoE"]);
  assert.deepEqual(names(matching(ENTRIES, " 2024  sigmoid ")), ["DeepSeek-V3"]);
  assert.deepEqual(
    names(
      matching(ENTRIES, "renormalised", (router) =>
        router === "topk_norm" ? "Top-k, renormalised" : router,
      ),
    ),
    ["Mixtral-8x7B"],
  );
  assert.deepEqual(names(matching(ENTRIES, "")), names(ENTRIES));
  assert.deepEqual(matching(ENTRIES, "mixtral 2024"), []);
});

test("memory and devices are those of the command line", () => {
  assert.deepEqual(
    [16, 8, 4].map((bits) => weightBytes(46_702_792_704, bits)),
    [93_405_585_408, 46_702_792_704, 23_351_396_352],
  );
  assert.deepEqual(
    [16, 80, 141].map((gigabytes) => devicesFor(93_405_585_408, gigabytes)),
    [6, 2, 1],
  );
  assert.equal(devicesFor(80e9, 80), 1);
});

test("papers on arXiv become links, and nothing else of a text does", () => {
  assert.deepEqual(withPapers("Jiang et al., arXiv 2401.04088, 47B"), [
    { text: "Jiang et al., " },
    { text: "arXiv 2401.04088", href: "https://arxiv.org/abs/2401.04088" },
    { text: ", 47B" },
  ]);
  assert.deepEqual(withPapers("README <a href=x>"), [{ text: "README <a href=x>" }]);
});

test("the papers of all published models are read as links where they name arXiv", () => {
  const folder = new URL("../../../app/published/models/", import.meta.url);
  for (const file of readdirSync(folder)) {
    const { paper } = JSON.parse(readFileSync(new URL(file, folder), "utf8"));
    assert.equal(
      withPapers(paper).some(({ href }) => href),
      paper.includes("arXiv"),
      file,
    );
  }
});

/** @param {(path: string, options: any) => any} answer */
function withFetch(answer) {
  globalThis.fetch = /** @type {any} */ (
    async (/** @type {string} */ path, /** @type {any} */ options) => answer(path, options)
  );
  return createUploadedConfig();
}
const file = (/** @type {string} */ text) => new File([text], "config.json");

test("a config that is counted is kept, until another one is", async () => {
  const uploadedConfig = withFetch((path, { method }) => ({
    ok: true,
    json: async () => ({ key: `${method} ${path}` }),
  }));
  assert.equal(uploadedConfig.get().state, "none");
  assert.equal((await uploadedConfig.count(file("{}"))).found?.key, "POST api/shape");
  assert.equal(uploadedConfig.get().state, "counted");
});

test("a config that is refused says why in the words of the server", async () => {
  const errors = [{ message: "architecture: got LlamaForCausalLM" }, { message: "more" }];
  const uploadedConfig = withFetch(() => ({ ok: false, status: 422, json: async () => ({ errors }) }));
  assert.deepEqual(await uploadedConfig.count(file("{}"), [new File([], "vocab.json")]), {
    state: "refused",
    found: null,
    problem: "architecture: got LlamaForCausalLM\nmore",
    name: "config.json",
    ignored: ["vocab.json"],
  });
});

test("a file that is too large is not sent", async () => {
  const uploadedConfig = withFetch(() => assert.fail("it was sent"));
  const { state, problem } = await uploadedConfig.count(file(" ".repeat(2 ** 20 + 1)));
  assert.equal(state, "refused");
  assert.match(problem, /config\.json: expected a config\.json of at most 1\.05 MB, got 1\.05 MB/);
});

test("a server that cannot be reached is told of", async () => {
  const uploadedConfig = withFetch(() => {
    throw new TypeError("no network");
  });
  assert.match((await uploadedConfig.count(file("{}"))).problem, /no network/);
});
