/**
 * Cuts a part out of a trace file (safetensors, app/trace.py). The file stays where the browser keeps it: only the header
 * and the rows of the part are read.
 */

/** @typedef {{dtype: string, shape: number[], data_offsets: [number, number]}} Tensor */

/** Bytes of the number in front of the header. */
const LENGTH = 8;

/** @param {Blob} file */
export function openTraceFile(file) {
  /** @type {ReturnType<typeof readHeader> | null} */
  let header = null;
  return {
    /** Returns the rows of some tokens as a trace file. @param {number} begin @param {number} count */
    async part(begin, count) {
      header ??= readHeader(file);
      const { data, metadata, tensors, tokens } = await header;
      /** @type {Record<string, Tensor>} */
      const kept = {};
      /** @type {Blob[]} */
      const parts = [];
      let at = 0;
      for (const [
        name,
        {
          dtype,
          shape,
          data_offsets: [low, high],
        },
      ] of Object.entries(tensors)) {
        const rows = shape[0] === tokens.length ? tokens.slice(begin, begin + count).length : shape[0];
        const first = shape[0] === tokens.length ? begin : 0;
        const row = (high - low) / shape[0];
        parts.push(file.slice(data + low + first * row, data + low + (first + rows) * row));
        kept[name] = { dtype, shape: [rows, ...shape.slice(1)], data_offsets: [at, (at += rows * row)] };
      }
      const texts = { ...metadata, tokens: JSON.stringify(tokens.slice(begin, begin + count)) };
      return new Blob([headed({ __metadata__: texts, ...kept }), ...parts]);
    },
  };
}

/** @param {Blob} file */
async function readHeader(file) {
  const size = Number(new DataView(await file.slice(0, LENGTH).arrayBuffer()).getBigUint64(0, true));
  const data = LENGTH + size;
  const { __metadata__: metadata, ...tensors } = JSON.parse(await file.slice(LENGTH, data).text());
  return {
    data,
    metadata: /** @type {Record<string, string>} */ (metadata),
    tensors: /** @type {Record<string, Tensor>} */ (tensors),
    tokens: /** @type {unknown[]} */ (JSON.parse(metadata.tokens)),
  };
}

/** Returns a header with its length, padded to whole numbers of eight bytes. @param {object} header */
function headed(header) {
  const text = new TextEncoder().encode(JSON.stringify(header));
  const bytes = new Uint8Array(LENGTH + Math.ceil(text.length / LENGTH) * LENGTH).fill(32);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(bytes.length - LENGTH), true);
  bytes.set(text, LENGTH);
  return bytes;
}
