/**
 * The counts of a long trace over all its tokens, of which the page holds a part.
 */

/**
 * @typedef {object} WholeCounts
 * @property {string} trace
 * @property {number} layers
 * @property {number} experts
 * @property {number} tokens
 * @property {Uint32Array} counts   [L * N], how often each expert was chosen
 * @property {Uint32Array} first    [L * N], how often it was the first choice
 * @property {Uint32Array} totals   [L]
 * @property {number} unique        pairs (layer, expert) that were chosen
 */

/** @param {string} trace  a file of the folder of traces @returns {Promise<WholeCounts>} */
export async function fetchWholeCounts(trace) {
  const answer = await fetch(`api/long-trace?${new URLSearchParams({ trace })}`);
  if (!answer.ok) throw new Error(String(answer.status));
  const { tokens, assigned, first } = await answer.json();
  const counts = Uint32Array.from(assigned.flat());
  return {
    trace,
    layers: assigned.length,
    experts: assigned[0].length,
    tokens,
    counts,
    first: Uint32Array.from(first.flat()),
    totals: Uint32Array.from(assigned, sumOf),
    unique: counts.reduce((sum, count) => sum + (count ? 1 : 0), 0),
  };
}

/** @param {number[]} row */
const sumOf = (row) => row.reduce((sum, value) => sum + value, 0);
