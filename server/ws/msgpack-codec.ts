// The subprotocol onlooker.v1.msgpack. Nothing but plain msgpack goes out: no extension types, integers as integers.
import { Packr, Unpackr } from 'msgpackr';
import { imageFormat, withoutBytesBefore } from '../../pipeline/images/image-format.js';
import { OnlookerError } from '../../protocol/errors.js';
import { SUBPROTOCOL_MSGPACK } from '../../protocol/messages.js';
import { asFields, type Codec } from './codec.js';
import { assertPlainMsgpack } from './msgpack-guard.js';

// 64-bit integers as numbers as far as those are exact, and as BigInt beyond, which no schema takes. The library
// documents the choice `auto` but its typings lack it.
const unpackr = new Unpackr({ useRecords: false, mapsAsObjects: true, int64AsType: 'auto' as 'bigint' });
const packr = new Packr({ useRecords: false, variableMapSize: true, encodeUndefinedAsNil: true });

export const msgpackCodec: Codec = {
  subprotocol: SUBPROTOCOL_MSGPACK,

  decode(message, isBinary) {
    if (!isBinary) throw new OnlookerError('BAD_MESSAGE', 'This connection speaks msgpack: send binary messages.');
    const bytes = new Uint8Array(message);
    // The image in a message may lie as near to its beginning as one with a few bytes before it.
    const rawImage = isMap(bytes[0]) ? bytes : withoutBytesBefore(bytes);
    if (imageFormat(rawImage) !== null) return { rawImage };
    assertPlainMsgpack(bytes);
    let value: unknown;
    try {
      value = unpackr.unpack(bytes);
    } catch (error) {
      throw new OnlookerError('BAD_MESSAGE', 'The message is neither msgpack nor an image.', undefined, { cause: error });
    }
    return asFields(value);
  },

  imageOf(field) {
    if (!(field instanceof Uint8Array)) throw new OnlookerError('BAD_MESSAGE', 'image: must be the bytes of an image');
    return field;
  },

  encode(message) {
    // The socket copies while it sends, so that the packer's shared buffer may be used again afterwards.
    return { data: packr.pack(withWideIntegers(message)), isBinary: true };
  },
};

/** fixmap, map 16, map 32: what every message of the contract begins with. */
const isMap = (first = 0): boolean => (first & 0xf0) === 0x80 || first === 0xde || first === 0xdf;

/** Packed as they are, integers beyond 32 bits would go out as floats. `seq` and `ts` are those that get so large. */
function withWideIntegers<M extends object>(message: M): M {
  const { seq, ts } = message as { readonly seq?: number; readonly ts?: number | null };
  if (!isWide(seq) && !isWide(ts)) return message;
  return { ...message, ...(isWide(seq) ? { seq: BigInt(seq) } : {}), ...(isWide(ts) ? { ts: BigInt(ts) } : {}) };
}

function isWide(value: number | null | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && (value > 0xffff_ffff || value < -0x8000_0000);
}
