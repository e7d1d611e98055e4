/**
 * Adds the duration to a WebM file. A browser's recorder writes the file as a stream, without a duration, so players
 * cannot seek. Format: EBML (RFC 8794) and Matroska (RFC 9559). Pure.
 */

const INFO = [0x15, 0x49, 0xa9, 0x66];
const DURATION = [0x44, 0x89];
/** Size byte of an element that holds a double of eight bytes. */
const EIGHT = 0x88;
/** Bytes searched for the header. */
const HEADER = 4096;

/**
 * Returns the file with its duration; unchanged if it has one or its format is unknown.
 * @param {Uint8Array<ArrayBuffer>} file
 * @param {number} milliseconds  of the file, at the usual scale of a millisecond
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function withDuration(file, milliseconds) {
  const at = find(file, INFO, 0, HEADER);
  const size = at < 0 ? null : readSize(file, at + INFO.length);
  if (!size || size.unknown) return file;
  const end = size.after + size.value;
  if (find(file, DURATION, size.after, end) >= 0) return file;
  const element = new Uint8Array(DURATION.length + 9);
  element.set([...DURATION, EIGHT]);
  new DataView(element.buffer).setFloat64(DURATION.length + 1, milliseconds);
  const parts = [
    file.subarray(0, at + INFO.length),
    writeSize(size.value + element.length),
    file.subarray(size.after, end),
    element,
    file.subarray(end),
  ];
  return joined(parts);
}

/** @param {Uint8Array} file @param {number[]} bytes @param {number} from @param {number} to */
function find(file, bytes, from, to) {
  for (let at = from; at + bytes.length <= Math.min(to, file.length); at++)
    if (bytes.every((byte, i) => file[at + i] === byte)) return at;
  return -1;
}

/** Reads a number of variable length: the leading zeros of the first byte give the number of bytes that follow. @param {Uint8Array} file @param {number} at */
function readSize(file, at) {
  const length = Math.clz32(file[at]) - 23;
  if (length > 8) return null;
  let value = file[at] & (0xff >> length);
  let ones = value === 0xff >> length;
  for (let i = 1; i < length; i++) {
    value = value * 256 + file[at + i];
    ones &&= file[at + i] === 0xff;
  }
  return { value, after: at + length, unknown: ones };
}

/** Writes a size in four bytes, up to 256 MB. @param {number} value */
function writeSize(value) {
  return Uint8Array.of(0x10 | (value >>> 24), (value >>> 16) & 255, (value >>> 8) & 255, value & 255);
}

/** @param {Uint8Array[]} parts */
function joined(parts) {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
