/**
 * The published models of GET /api/catalogue, and figures derived from them on the page. Pure except for the request.
 *
 * @import {Model} from "../types.js"
 */

/**
 * @typedef {{published: number | null, convention: string | null, computed: number | null, reason: string, deviation: number | null}} Comparison
 *
 * @typedef {object} CountedModel   parameters counted from a config.json (app/published/report.py)
 * @property {string} key            of the request key `shape`
 * @property {string} name
 * @property {string} architecture
 * @property {number} total
 * @property {number} active
 * @property {Model} shape
 * @property {{router: string, settings: Record<string, number>, note: string}} router
 * @property {Record<string, unknown>} [assumed]
 * @property {Record<string, number>} [uncounted]
 *
 * @typedef {{source?: string, config_source?: string, note?: string, reasons?: Record<string, string>}} Notes   statements of the authors and of this project
 *
 * @typedef {object} More   fields of a published model in addition
 * @property {number} year
 * @property {string} paper
 * @property {string} source
 * @property {string} config_source
 * @property {string} note
 * @property {Notes} fr              the same in French
 * @property {{total: Comparison, active: Comparison}} compared
 *
 * @typedef {CountedModel & More} Entry
 * @typedef {CountedModel & Partial<More>} Known
 */

/** @type {Promise<Entry[]> | null} requested once per page */
let asked = null;

/** @returns {Promise<Entry[]>} */
export function fetchCatalogue() {
  asked ??= fetch("api/catalogue").then(async (answer) => {
    if (!answer.ok) throw new Error(`${answer.status}`);
    return (await answer.json()).models;
  });
  asked.catch(() => (asked = null));
  return asked;
}

/** Orders of the list: the largest, the newest or the first letter comes first. */
export const ORDERS = /** @type {const} */ (["total", "active", "ratio", "experts", "year", "name"]);
/** @typedef {typeof ORDERS[number]} Order */

/** @type {Record<Order, (entry: Entry) => number>} */
const RANKS = {
  total: ({ total }) => -total,
  active: ({ active }) => -active,
  ratio: ({ total, active }) => active / total,
  experts: ({ shape }) => -shape.experts,
  year: ({ year, total }) => -year - total / 1e15,
  name: () => 0,
};

/** @param {readonly Entry[]} entries @param {Order} order */
export function ordered(entries, order) {
  const rank = RANKS[order];
  return [...entries].sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name, "en"));
}

/**
 * Returns the entries whose name, year, router or architecture contains every word of the query.
 * @param {readonly Entry[]} entries
 * @param {string} query
 * @param {(router: string) => string} [nameOf]   the displayed name of a router
 */
export function matching(entries, query, nameOf = String) {
  const wanted = query.toLowerCase().split(/\s+/).filter(Boolean);
  const textOf = (/** @type {Entry} */ { name, key, year, router, architecture }) =>
    [name, key, year, router.router, nameOf(router.router), architecture].join(" ").toLowerCase();
  return entries.filter((entry) => wanted.every((word) => textOf(entry).includes(word)));
}

/** Returns the bytes of the weights, as app/published/report.py does. @param {number} parameters @param {number} bits */
export function weightBytes(parameters, bits) {
  return Math.ceil((parameters * bits) / 8);
}

/** Returns the number of devices that hold these bytes. @param {number} bytes @param {number} gigabytes  of one device */
export function devicesFor(bytes, gigabytes) {
  return Math.ceil(bytes / (gigabytes * 1e9));
}

/** Splits a text at its references to arXiv papers. @param {string} text @returns {{text: string, href?: string}[]} */
export function withPapers(text) {
  return text
    .split(/(arXiv \d{4}\.\d{5})/)
    .filter(Boolean)
    .map((part) => {
      const number = /^arXiv (\d{4}\.\d{5})$/.exec(part)?.[1];
      return number ? { text: part, href: `https://arxiv.org/abs/${number}` } : { text: part };
    });
}

/**
 * Returns the entry of a shape that is in no catalogue, from its trace.
 * @param {string} key
 * @param {Model} model
 * @returns {Known}
 */
export function knownOf(key, model) {
  const router = { router: model.router, settings: {}, note: "" };
  return {
    key,
    name: "",
    architecture: "",
    total: model.whole_total,
    active: model.whole_active,
    shape: model,
    router,
  };
}
