// Walks over a msgpack message before it is decoded, without building anything: refuses extension types, depth and
// lengths that only an attacker sends. What passes here can neither exhaust the memory nor bring a foreign object in.
import { OnlookerError } from '../../protocol/errors.js';

const MAX_DEPTH = 32;
/** Values of all kinds in one message; the largest honest one has a few dozen. */
const MAX_VALUES = 4096;

/**
 * Checks the form of one message. Layout of the tokens: https://github.com/msgpack/msgpack/blob/master/spec.md
 * @throws OnlookerError BAD_MESSAGE
 */
export function assertPlainMsgpack(bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const open: number[] = [];
  let position = 0;
  let values = 0;
  // `open` holds how many values are still to come in each container around the present position.
  do {
    if (position >= bytes.length) throw truncated();
    if (++values > MAX_VALUES) throw refuse('it holds too many values');
    const token = bytes[position] ?? 0;
    const { header, payload, children } = read(token, view, position);
    position += header + payload;
    if (position > bytes.length) throw truncated();
    if (children > 0) {
      // Every value takes a byte at least: a longer container than that cannot be complete.
      if (children > bytes.length - position) throw truncated();
      if (open.length >= MAX_DEPTH) throw refuse('it is nested too deeply');
      open.push(children);
      continue;
    }
    for (let left = open.pop(); left !== undefined; left = open.pop()) {
      if (left > 1) {
        open.push(left - 1);
        break;
      }
    }
  } while (open.length > 0);
  if (position !== bytes.length) throw refuse('something follows after its end');
}

interface Token {
  /** Bytes of the token and its length field. */
  readonly header: number;
  /** Bytes of the value itself. */
  readonly payload: number;
  /** Values that follow and belong to it. */
  readonly children: number;
}

function read(token: number, view: DataView, position: number): Token {
  const scalar = (payload: number): Token => ({ header: 1, payload, children: 0 });
  const length = (bytes: 1 | 2 | 4): number => {
    if (position + 1 + bytes > view.byteLength) throw truncated();
    if (bytes === 1) return view.getUint8(position + 1);
    return bytes === 2 ? view.getUint16(position + 1) : view.getUint32(position + 1);
  };
  const sized = (bytes: 1 | 2 | 4): Token => ({ header: 1 + bytes, payload: length(bytes), children: 0 });
  const container = (bytes: 2 | 4, perItem: 1 | 2): Token => ({
    header: 1 + bytes,
    payload: 0,
    children: length(bytes) * perItem,
  });

  if (token <= 0x7f || token >= 0xe0) return scalar(0);
  if (token <= 0x8f) return { header: 1, payload: 0, children: (token & 0x0f) * 2 };
  if (token <= 0x9f) return { header: 1, payload: 0, children: token & 0x0f };
  if (token <= 0xbf) return scalar(token & 0x1f);
  switch (token) {
    case 0xc0: // nil
    case 0xc2: // false
    case 0xc3: // true
      return scalar(0);
    case 0xc4: // bin 8
    case 0xd9: // str 8
      return sized(1);
    case 0xc5: // bin 16
    case 0xda: // str 16
      return sized(2);
    case 0xc6: // bin 32
    case 0xdb: // str 32
      return sized(4);
    case 0xcc: // uint 8
    case 0xd0: // int 8
      return scalar(1);
    case 0xcd: // uint 16
    case 0xd1: // int 16
      return scalar(2);
    case 0xca: // float 32
    case 0xce: // uint 32
    case 0xd2: // int 32
      return scalar(4);
    case 0xcb: // float 64
    case 0xcf: // uint 64
    case 0xd3: // int 64
      return scalar(8);
    case 0xdc: // array 16
      return container(2, 1);
    case 0xdd: // array 32
      return container(4, 1);
    case 0xde: // map 16
      return container(2, 2);
    case 0xdf: // map 32
      return container(4, 2);
    default: // ext 8 to 32, fixext 1 to 16, and the one token that is never used
      throw refuse('msgpack extension types are not on this wire');
  }
}

const refuse = (why: string): OnlookerError => new OnlookerError('BAD_MESSAGE', `The msgpack message is refused: ${why}.`);
const truncated = (): OnlookerError => refuse('it ends before its last value does');
