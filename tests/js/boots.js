/**
 * What a server would have put into the page.
 * @import {Boot} from "../../static/js/types.js"
 */

/** @type {Boot} */
export const BOOT = {
  version: "0.0.1",
  scenarios: ["english", "code"].map((name) => ({ name, title: name, teaches: "", text: "", groups: [] })),
  models: [{ name: "trio-8", experts: 8, top_k: 2, note: "", steps: [1, 20, 3600] }],
  limits: { prompt_tokens: 256, prompt_chars: 2000, experts: [2, 512], experts_offered: [8, 64], k_offered: [1, 2] },
  embed: true,
};
