// JSON messages, whose one long field, the image, is taken out before the rest is parsed: parsing seven million characters that
// are only base64 holds the thread for longer than all else about the frame. Nothing else of a message may be long.
import { randomUUID } from 'node:crypto';
import { OnlookerError } from '../../protocol/errors.js';
import { assertPlainJson, type TextSpan } from './json-guard.js';

/** An image written with escapes costs several times one without. */
const MAX_ESCAPED_BYTES = 4 * 1024 * 1024;
/** Stands for the image while the rest is parsed; nobody who sends can know it. */
const PLACEHOLDER = randomUUID();
const text = new TextDecoder();

/**
 * @param message UTF-8
 * @returns what `JSON.parse` of the whole would give
 * @throws SyntaxError as `JSON.parse`, OnlookerError BAD_MESSAGE for what is too long, too deep or too much
 */
export function parseMessage(message: ArrayBuffer): unknown {
  const bytes = Buffer.from(message);
  const long = assertPlainJson(bytes);
  if (long === null) return JSON.parse(text.decode(bytes));
  const rest = Buffer.concat([bytes.subarray(0, long.start), Buffer.from(PLACEHOLDER), bytes.subarray(long.end)]);
  const value: unknown = JSON.parse(text.decode(rest));
  // It may be a text inside of another field, or one of two images, of which the last counts.
  if (typeof value !== 'object' || value === null || !('image' in value) || value.image !== PLACEHOLDER)
    throw new OnlookerError('BAD_MESSAGE', 'The JSON message is refused: only its image may be long.');
  return { ...value, image: textOf(bytes, long) };
}

/** The text itself. Base64 needs no escapes, but some libraries write its slashes as `\/` or its plus as `\u002b`. */
function textOf(bytes: Buffer, { start, end }: TextSpan): string {
  if (!bytes.subarray(start, end).includes('\\')) return bytes.toString('latin1', start, end);
  if (end - start > MAX_ESCAPED_BYTES) throw new OnlookerError('BAD_MESSAGE', 'image: is too long to be written with escapes');
  return JSON.parse(bytes.toString('latin1', start - 1, end + 1)) as string;
}
