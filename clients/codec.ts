// Messages to bytes and back, for both subprotocols. Works in Node and in browsers under a strict CSP: msgpackr's build
// without eval. Must never put a msgpack extension on the wire: no undefined, no dates, integers over 2^32 as integers.
import { Packr } from 'msgpackr/index-no-eval';
import type { ClientMessage, ServerMessage, Subprotocol } from '../protocol/messages.js';
import { fromBase64, toBase64 } from './base64.js';
import { ProtocolError } from './errors.js';

export interface Codec {
  readonly subprotocol: Subprotocol;
  /** The result may share memory with the next one: hand it to the socket at once. */
  encode(message: ClientMessage): string | Uint8Array;
  /** @throws ProtocolError when it is no message of the contract. */
  decode(data: unknown): ServerMessage;
}

const packr = new Packr({ useRecords: false, variableMapSize: true, int64AsType: 'number', copyBuffers: true });

const msgpackCodec: Codec = {
  subprotocol: 'onlooker.v1.msgpack',
  encode: (message) => packr.pack(Object.fromEntries(definedFields(message).map(([key, value]) => [key, wideInteger(value)]))),
  decode(data) {
    if (!(data instanceof ArrayBuffer)) throw new ProtocolError('the service sent text on the msgpack protocol');
    return checked(() => packr.unpack(new Uint8Array(data)) as unknown);
  },
};

const jsonCodec: Codec = {
  subprotocol: 'onlooker.v1.json',
  encode: (message) => JSON.stringify(message.t === 'frame' ? { ...message, image: toBase64(message.image) } : message),
  decode(data) {
    if (typeof data !== 'string') throw new ProtocolError('the service sent bytes on the JSON protocol');
    return checked(
      () => JSON.parse(data, (key, value: unknown) => (BYTE_FIELDS.has(key) ? fromBase64(String(value)) : value)) as unknown,
    );
  },
};

export const CODECS = { msgpack: msgpackCodec, json: jsonCodec } as const;

/** Fields that are bytes on msgpack and base64 in JSON. */
const BYTE_FIELDS: ReadonlySet<string> = new Set(['embedding', 'thumbnail']);

function definedFields(message: ClientMessage): [string, unknown][] {
  return Object.entries(message).filter(([, value]) => value !== undefined);
}

/** msgpackr packs only a BigInt as a 64-bit integer; a plain number over 2^32 would become a float. */
function wideInteger(value: unknown): unknown {
  return Number.isSafeInteger(value) && Math.abs(value as number) > 0x7fff_ffff ? BigInt(value as number) : value;
}

function checked(parse: () => unknown): ServerMessage {
  let message: unknown;
  try {
    message = parse();
  } catch (error) {
    throw new ProtocolError('the service sent a message that cannot be decoded', { cause: error });
  }
  if (typeof message !== 'object' || message === null || !('t' in message) || typeof message.t !== 'string') {
    throw new ProtocolError('the service sent a message without a type');
  }
  return message as ServerMessage;
}
