/**
 * Answers of an atlas: GET /api/atlas, described in docs/ATLAS.md. Layers and experts count from 0 here.
 *
 * @typedef {object} Named  an available atlas
 * @property {string} name
 * @property {string} [model]
 * @property {number} [layers]
 * @property {number} [experts]
 * @property {boolean} [runs]   its model runs on the server
 * @property {number} [tokens]
 * @property {string} [problem]
 *
 * @typedef {object} Overview
 * @property {{name: string}} model
 * @property {{name: string}} engine
 * @property {{name: string}} corpus
 * @property {number} tokens
 * @property {number} documents
 * @property {number} layers
 * @property {number} experts
 * @property {number} top_k
 * @property {string} shape   as text, for the key of an address
 * @property {boolean} ids_only
 * @property {Record<string, Record<string, number>>} labels
 * @property {Record<string, {definition: string, unit: string}>} expert_maps
 *
 * @typedef {object} ExpertMap
 * @property {(number | null)[][]} values  [L][N]
 * @property {string} unit
 * @property {number} tokens
 *
 * @typedef {object} Flow
 * @property {number} layer
 * @property {number} from
 * @property {number} to
 * @property {number} count
 * @property {number} share
 * @property {number} lift
 *
 * @typedef {object} Neighbour
 * @property {number} [layer]
 * @property {number} expert
 * @property {number} count
 * @property {number} share
 * @property {number} lift
 *
 * @typedef {object} Finding
 * @property {string} kind
 * @property {string} value
 * @property {number} share
 * @property {number} low
 * @property {number} high
 * @property {number} corpus_share
 * @property {number} tokens
 * @property {number} documents
 *
 * @typedef {object} TokenRow
 * @property {number} id
 * @property {string} text
 * @property {number} count
 * @property {number} occurs
 * @property {number} share_of_expert
 * @property {number} share_of_token
 *
 * @typedef {object} Context
 * @property {number} doc
 * @property {number} position
 * @property {number} weight
 * @property {string} before
 * @property {string} token
 * @property {string} after
 * @property {string} domain
 *
 * @typedef {object} ExpertPage
 * @property {number} layer
 * @property {number} expert
 * @property {number} tokens
 * @property {number} of
 * @property {number} documents
 * @property {{finding: Finding | null}} sentence
 * @property {Finding[]} findings
 * @property {{frequent: TokenRow[], preferred: TokenRow[]}} top_tokens
 * @property {Context[]} contexts
 * @property {Neighbour[]} partners
 * @property {{from: Neighbour[], to: Neighbour[]}} flows
 * @property {{share: number, even_share: number, rank: number, layer_loads: number[], over_corpus: number[]}} load
 *
 * @typedef {object} Coverage
 * @property {number[][]} curves  [L][N]
 * @property {number[]} experts_for_half
 * @property {number} tokens
 *
 * @typedef {object} Pairs
 * @property {number[][]} share  [N][N]
 * @property {number} tokens
 *
 * @typedef {object} LearnedOfCorpus
 * @property {string} model
 * @property {string} corpus
 * @property {number} documents
 * @property {number} tokens
 * @property {number} experts
 * @property {number} top_k
 * @property {number[] | null} js_bits          [L]; null where fewer than two domains are known
 * @property {number[] | null} js_bits_chance   [L]
 * @property {number} js_bits_most
 * @property {number[]} max_violation   [L]
 * @property {number[]} entropy         [L]
 * @property {[string, number, number][][][]} likes   [L][N]: token, times the expert received it, times it occurs
 *
 * @typedef {object} Kinds  a routing against a corpus
 * @property {number} even
 * @property {number} corpus_tokens
 * @property {{occurs: number, mean: number | null}[]} tokens
 *
 * @typedef {object} Training
 * @property {string} name
 * @property {number[]} steps
 * @property {number[][]} max_violation  [S][L]
 * @property {number[][]} dead_experts  [S][L]
 * @property {{experts: [number, number][], imbalance: number[][]} | null} placement  first and last expert of each rank
 * @property {(number | null)[]} collapse  [L]
 * @property {number[][] | null} saturation  [S][L]
 *
 * @typedef {object} Caches
 * @property {number[]} shares
 * @property {Record<string, number[]>} hit_rate
 * @property {number} tokens
 *
 * @typedef {object} Placement
 * @property {number} devices
 * @property {number} tokens
 * @property {Record<string, {imbalance: number[], reach: number, bytes: number, slots: number}>} strategies
 */

/**
 * Returns the answer to a question. Rejects with the reason of the server.
 * @param {string} atlas
 * @param {string} question
 * @param {Record<string, string | number>} [query]
 * @returns {Promise<any>}
 */
export async function askAtlas(atlas, question, query = {}) {
  const keys = new URLSearchParams({
    atlas,
    ...Object.fromEntries(Object.entries(query).map(([key, value]) => [key, String(value)])),
  });
  return answerOf(await fetch(`api/atlas/${question}?${keys}`));
}

/** Returns the corpus as the scene draws it. @param {string} atlas @returns {Promise<import("../types.js").Corpus>} */
export async function askScene(atlas) {
  return { atlas, ...(await askAtlas(atlas, "scene")) };
}

/** Returns the available atlases and trainings. @returns {Promise<{atlases: Named[], trainings: string[]}>} */
export async function listAtlases() {
  return answerOf(await fetch("api/atlases"));
}

/** Returns the series of a training. @param {string} name @param {Record<string, string>} [sizes]  of the parallelism @returns {Promise<Training>} */
export async function askTraining(name, sizes = {}) {
  return answerOf(await fetch(`api/training?${new URLSearchParams({ name, ...sizes })}`));
}

/**
 * Routes a text with the model of the atlas and compares it with the corpus.
 * @param {string} atlas
 * @param {string} text
 * @returns {Promise<{even: number, tokens: {text: string, occurs: number, mean: number | null}[]}>}
 */
export async function compareText(atlas, text) {
  return answerOf(
    await fetch(`api/atlas-text?${new URLSearchParams({ atlas })}`, { method: "POST", body: text }),
  );
}

/**
 * A routing that the page holds, against a corpus.
 * @param {string} atlas
 * @param {{ids: number[], experts: number[][][]}} routing  [T] and [T][L][K], -1 for none
 * @returns {Promise<Kinds>}
 */
export async function compareRouting(atlas, routing) {
  const query = new URLSearchParams({ atlas });
  return answerOf(await fetch(`api/atlas-kind?${query}`, { method: "POST", body: JSON.stringify(routing) }));
}

/** @param {Response} answer */
async function answerOf(answer) {
  const body = await answer.json();
  if (!answer.ok) throw new Error(body.errors?.[0]?.message ?? String(answer.status));
  return body;
}
