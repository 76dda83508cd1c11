// The one long field of a JSON message, the image, taken out before the rest is parsed: parsing seven million characters that
// are only base64 holds the thread for longer than all else about the frame. It decides nothing: where it is not sure, it does nothing.
import { randomUUID } from 'node:crypto';

/** Shorter messages are parsed as they are. */
const LEAST_BYTES = 256 * 1024;
const KEY = '"image"';
const QUOTE = 0x22;
const COLON = 0x3a;
/** Stands for the image while the rest is parsed; nobody who sends can know it. */
const PLACEHOLDER = randomUUID();
const text = new TextDecoder();

/**
 * @param message UTF-8
 * @returns what `JSON.parse` of the whole would give
 * @throws SyntaxError as `JSON.parse`
 */
export function parseMessage(message: ArrayBuffer): unknown {
  const bytes = Buffer.from(message);
  const field = bytes.length < LEAST_BYTES ? null : imageField(bytes);
  if (field !== null) {
    const rest = `${text.decode(bytes.subarray(0, field.start))}${PLACEHOLDER}${text.decode(bytes.subarray(field.end))}`;
    const value: unknown = JSON.parse(rest);
    // It may have been a text inside of another field, or come twice.
    if (typeof value === 'object' && value !== null && 'image' in value && value.image === PLACEHOLDER)
      return { ...value, image: bytes.toString('latin1', field.start, field.end) };
  }
  return JSON.parse(text.decode(message));
}

/** Where the value of the first `image` lies, without its quotes; null where it is anything but a text without escapes. */
function imageField(bytes: Buffer): { readonly start: number; readonly end: number } | null {
  const key = bytes.indexOf(KEY);
  if (key < 0) return null;
  const colon = afterSpace(bytes, key + KEY.length);
  if (bytes[colon] !== COLON) return null;
  const quote = afterSpace(bytes, colon + 1);
  if (bytes[quote] !== QUOTE) return null;
  const start = quote + 1;
  const end = bytes.indexOf(QUOTE, start);
  const escape = end < 0 ? -1 : bytes.subarray(start, end).indexOf('\\');
  return end < 0 || escape >= 0 ? null : { start, end };
}

function afterSpace(bytes: Buffer, from: number): number {
  let at = from;
  while (bytes[at] === 0x20 || bytes[at] === 0x09 || bytes[at] === 0x0a || bytes[at] === 0x0d) at++;
  return at;
}
