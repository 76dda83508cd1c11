// The subprotocol onlooker.v1.json: text both ways, bytes as base64, and any binary message a raw image.
import { OnlookerError } from '../../protocol/errors.js';
import { SUBPROTOCOL_JSON } from '../../protocol/messages.js';
import { asFields, type Codec } from './codec.js';
import { parseMessage } from './json-image.js';
import { toJson } from '../to-json.js';

export const jsonCodec: Codec = {
  subprotocol: SUBPROTOCOL_JSON,

  decode(message, isBinary) {
    if (isBinary) return { rawImage: new Uint8Array(message) };
    let value: unknown;
    try {
      value = parseMessage(message);
    } catch (error) {
      if (error instanceof OnlookerError) throw error;
      throw new OnlookerError('BAD_MESSAGE', 'The message is not JSON.', undefined, { cause: error });
    }
    return asFields(value);
  },

  imageOf(field) {
    if (typeof field !== 'string') throw new OnlookerError('BAD_MESSAGE', 'image: must be a base64 text');
    return fromBase64(field);
  },

  encode(message) {
    return { data: toJson(message), isBinary: false };
  },
};

/** Standard base64 with its padding. Node skips what it does not know, so the length tells whether all was valid. */
function fromBase64(field: string): Uint8Array {
  const padding = field.endsWith('==') ? 2 : field.endsWith('=') ? 1 : 0;
  const bytes = Buffer.from(field, 'base64');
  const isUrlSafe = field.includes('-') || field.includes('_');
  const valid = field.length % 4 === 0 && bytes.length === (field.length / 4) * 3 - padding && !isUrlSafe;
  if (!valid) throw new OnlookerError('BAD_MESSAGE', 'image: is not valid base64');
  return bytes;
}
