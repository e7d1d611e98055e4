/**
 * The messages of the socket in both directions. docs/PROTOCOL.md describes them; tests/golden holds their bytes.
 *
 * A request: keys that may contradict each other. `changed` names those that a user just changed; `second` holds the keys
 * in which a second stack differs; `around` is a token: of a long trace the part is asked for in which it lies.
 * @typedef {{request: Partial<Request>, changed?: string[], second?: Partial<Request>, around?: number}} OpenRequest
 *
 * @typedef {object} TraceMessage
 * @property {"trace"} op
 * @property {number} id
 * @property {string} trace   identity of the trace: equal requests to an unchanged server give equal ones
 * @property {number} from    token of the first step that follows
 * @property {Model} model
 * @property {Origin} origin
 * @property {Token[]} tokens
 * @property {Request} request     as understood, with every key set
 * @property {Partial<Request>} given   the fewest keys for the same request
 * @property {ServerNotice[]} notices   for keys that were replaced
 * @property {number[][]} [bias]   [L][N] bias that the router adds to scores for selection only; omitted without one
 *
 * Generated tokens; `from` is the index of the first. The steps of their routing follow.
 * @typedef {{op: "tokens", id: number, from: number, tokens: Token[]}} TokensMessage
 *
 * @typedef {{op: "end", id: number, tokens: number}} EndMessage
 *
 * @typedef {object} FieldError
 * @property {string} field
 * @property {string} found
 * @property {string} expected
 * @property {string} message
 *
 * @typedef {object} ErrorMessage
 * @property {"error"} op
 * @property {number | null} id
 * @property {"bad_request" | "bad_message" | "unknown_op" | "busy" | "internal"} code
 * @property {string | null} field
 * @property {string} message
 * @property {FieldError[]} errors
 *
 * @typedef {TraceMessage | TokensMessage | EndMessage | ErrorMessage} Message
 *
 * The routing of one token; arrays are rows [L, K] and [L, N].
 * @typedef {object} Step
 * @property {number} id
 * @property {number} token
 * @property {number} layers
 * @property {number} experts
 * @property {number} topK
 * @property {Uint16Array} chosen      [L, K], NO_EXPERT for none
 * @property {Float32Array} weights    [L, K]
 * @property {Uint8Array} scores       [L, N], 255 * sqrt(gate score); equal for the chosen ones with `idsOnly`
 * @property {boolean} [idsOnly]       no gate scores are known
 * @property {Uint8Array | null} dropped  [L, K]
 *
 * @import {Model, Origin, Request, ServerNotice, Token} from "../types.js"
 */

export const VERSION = 2;
export const NO_EXPERT = 65535;

const STEP = 1;
const DROPPED = 1;
const IDS_ONLY = 2;
/** The score of a chosen expert if only ids are known, so that beams have equal strength. */
const EQUAL = 255;
const HEADER_BYTES = 20;

/**
 * @param {number} id
 * @param {OpenRequest} openRequest
 * @param {number} from      number of tokens already received
 */
export function encodeOpen(id, openRequest, from) {
  return JSON.stringify({ op: "open", version: VERSION, id, ...openRequest, from });
}

/** @param {number} id */
export function encodeStop(id) {
  return JSON.stringify({ op: "stop", id });
}

/**
 * Throws if the text is not a message of this version.
 * @param {string} text
 * @returns {Message}
 */
export function decodeText(text) {
  const message = JSON.parse(text);
  const op = message?.op;
  const right =
    (op === "trace" && Array.isArray(message.tokens) && message.model?.layers > 0 && message.from >= 0) ||
    (op === "tokens" && Array.isArray(message.tokens) && message.from >= 0) ||
    (op === "end" && message.tokens >= 0) ||
    (op === "error" && typeof message.message === "string");
  if (!right) throw new Error(`message: expected a trace, end or error, got ${text.slice(0, 60)}`);
  return message;
}

/**
 * Returns a step. The arrays except the weights are views of the buffer. Throws if it is not a step of this version.
 * @param {ArrayBuffer} buffer
 * @returns {Step}
 */
export function decodeStep(buffer) {
  if (buffer.byteLength < HEADER_BYTES)
    throw new Error(`step: expected ${HEADER_BYTES} bytes, got ${buffer.byteLength}`);
  const header = new DataView(buffer);
  const [version, kind, flags] = new Uint8Array(buffer, 0, 3);
  if (version !== VERSION || kind !== STEP) {
    throw new Error(`step: expected version ${VERSION} and kind ${STEP}, got ${version} and ${kind}`);
  }
  const [id, token] = [header.getUint32(4, true), header.getUint32(8, true)];
  const [layers, experts, topK] = [12, 14, 16].map((at) => header.getUint16(at, true));
  const idsOnly = (flags & IDS_ONLY) !== 0;
  const [narrow, wide] = [layers * topK, idsOnly ? 0 : layers * experts];
  const dropped = (flags & DROPPED) !== 0;
  const bytes = HEADER_BYTES + 4 * narrow + wide + (dropped ? narrow : 0);
  if (buffer.byteLength !== bytes) throw new Error(`step: expected ${bytes} bytes, got ${buffer.byteLength}`);
  const scoresAt = HEADER_BYTES + 4 * narrow;
  const chosen = new Uint16Array(buffer, HEADER_BYTES, narrow); // browsers run on little-endian machines
  return {
    id,
    token,
    layers,
    experts,
    topK,
    idsOnly,
    chosen,
    weights: Float32Array.from(new Uint16Array(buffer, HEADER_BYTES + 2 * narrow, narrow), fromHalf),
    scores: idsOnly ? equalScores(chosen, layers, experts) : new Uint8Array(buffer, scoresAt, wide),
    dropped: dropped ? new Uint8Array(buffer, scoresAt + wide, narrow) : null,
  };
}

/**
 * Returns equal scores for the chosen experts and 0 for the others.
 * @param {Uint16Array} chosen
 * @param {number} layers
 * @param {number} experts
 */
function equalScores(chosen, layers, experts) {
  const scores = new Uint8Array(layers * experts);
  const topK = chosen.length / layers;
  chosen.forEach((expert, place) => {
    if (expert !== NO_EXPERT) scores[Math.floor(place / topK) * experts + expert] = EQUAL;
  });
  return scores;
}

/** Returns the number that 16 bits encode (IEEE 754 binary16). @param {number} bits */
export function fromHalf(bits) {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
