/**
 * What a server would have put into the page.
 *
 * @import {Boot} from "../../static/js/types.js"
 */

/** @param {string} name @param {Partial<import("../../static/js/types.js").RouterInfo>} [more] */
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
  limits: {
    prompt_tokens: 256,
    prompt_chars: 2000,
    experts: [2, 512],
    experts_offered: [8, 64],
    k_offered: [1, 2],
    settings: {
      capacity: [0.05, 512],
      groups: [1, 512],
      topk_groups: [1, 512],
      scale: [0.01, 100],
      noise: [0, 10],
      updates: [0, 200],
      rate: [0.0001, 1],
      skew: [0, 20],
    },
  },
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
