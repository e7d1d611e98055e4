/**
 * What a server would have put into the page.
 *
 * @import {Boot} from "../../static/js/boot_types.js"
 */

import { readFileSync } from "node:fs";

/** @param {string} name @param {Partial<import("../../static/js/boot_types.js").RouterInfo>} [more] */
const router = (name, more) => ({
  name,
  source: "",
  settings: [],
  defaults: {},
  biased: false,
  fixed_k: null,
  largest_k: null,
  whole_batch: false,
  varies: false,
  ...more,
});

/** @type {import("../../static/js/boot_types.js").KeyDeclaration[]} */
export const KEYS = JSON.parse(readFileSync(new URL("declarations.json", import.meta.url), "utf8"));

/** Every request key at its default. @type {any} */
const REQUEST = Object.fromEntries(
  KEYS.filter(({ belongs }) => belongs === "request").map(({ name, default: usual }) => [name, usual]),
);

/** How a server understands keys that go together: as they are. @param {Record<string, any>} [given] */
export const answerTo = (given = {}) => ({ request: { ...REQUEST, ...given }, given, notices: [] });

/** @type {Boot} */
export const BOOT = {
  version: "0.0.1",
  scenarios: ["english", "code"].map((name) => ({ name, title: name, teaches: "", text: "", groups: [] })),
  models: [{ name: "trio-8", experts: 8, top_k: 2, note: "", steps: [1, 20, 3600], router: "topk_norm" }],
  routers: [
    router("topk_norm"),
    router("noisy_topk", { settings: ["noise", "seed"], defaults: { noise: 0.7, seed: 0 } }),
    router("switch", { settings: ["capacity"], defaults: { capacity: 1.25 }, fixed_k: 1, whole_batch: true }),
    router("base", { largest_k: 16, whole_batch: true }),
    router("expert_choice", { whole_batch: true, varies: true }),
    router("sigmoid_bias", {
      settings: ["groups", "topk_groups", "scale", "updates", "rate"],
      defaults: { scale: 1, updates: 0, rate: 0.01 },
      biased: true,
    }),
  ],
  keys: KEYS,
  offers: { experts: [8, 64], k: [1, 2] },
  request: REQUEST,
  given: {},
  notices: [],
  second: null,
  tours: [
    {
      name: "walk",
      title: "Walk",
      summary: "",
      steps: [
        { caption: "See.", view: "k=1" },
        { caption: "See.", view: "k=4" },
      ],
    },
  ],
  questions: ["one", "two"].map((name) => ({
    name,
    asks: "?",
    choices: ["a", "b"],
    answer: 1,
    view: "",
    shows: "k=1",
    says: ".",
  })),
  embed: true,
};
