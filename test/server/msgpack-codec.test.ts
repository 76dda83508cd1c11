// The msgpack subprotocol as bytes: every plain form is read, nothing that is not plain gets through, either way.
import { pack } from 'msgpackr';
import { expect, test } from 'vitest';
import type { ServerMessage } from '../../protocol/messages.js';
import { msgpackCodec } from '../../server/ws/msgpack-codec.js';

const toArrayBuffer = (bytes: Uint8Array): ArrayBuffer => new Uint8Array(bytes).buffer;
const decode = (bytes: Uint8Array) => msgpackCodec.decode(toArrayBuffer(bytes), true);
const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');
/** `{t: "x", v: …}` with the value as it is written on the wire. */
const withValue = (value: string): Buffer => hex(`82 a1 74 a1 78 a1 76 ${value}`);

test.each<[string, string, unknown]>([
  ['positive fixint', '7f', 127],
  ['negative fixint', 'e0', -32],
  ['uint 8', 'cc ff', 255],
  ['uint 16', 'cd ffff', 65_535],
  ['uint 32', 'ce ffffffff', 4_294_967_295],
  ['uint 64', 'cf 001fffffffffffff', Number.MAX_SAFE_INTEGER],
  ['int 8', 'd0 80', -128],
  ['int 16', 'd1 8000', -32_768],
  ['int 32', 'd2 80000000', -2_147_483_648],
  ['int 64', 'd3 ffe0000000000001', Number.MIN_SAFE_INTEGER],
  ['float 32', 'ca 3fc00000', 1.5],
  ['float 64', 'cb 3ff8000000000000', 1.5],
  ['nil', 'c0', null],
  ['false', 'c2', false],
  ['true', 'c3', true],
  ['str 8', 'd9 02 6869', 'hi'],
  ['str 16', 'da 0002 6869', 'hi'],
  ['str 32', 'db 00000002 6869', 'hi'],
  ['array 16', 'dc 0002 01 02', [1, 2]],
  ['array 32', 'dd 00000002 01 02', [1, 2]],
  ['map 16', 'de 0001 a1 61 01', { a: 1 }],
  ['map 32', 'df 00000001 a1 61 01', { a: 1 }],
  ['fixarray in fixmap', '81 a1 61 91 c0', { a: [null] }],
])('%s is read', (_name, wire, value) => {
  expect(decode(withValue(wire))).toEqual({ t: 'x', v: value });
});

test.each(['c4 02 0102', 'c5 0002 0102', 'c6 00000002 0102'])('bytes written as %s are an image', (wire) => {
  const fields = decode(withValue(wire));
  expect(msgpackCodec.imageOf(fields['v' as never])).toEqual(new Uint8Array([1, 2]));
});

test('an integer that a number cannot hold stays apart from all numbers', () => {
  expect(decode(withValue('cf 0020000000000001'))).toMatchObject({ v: 9007199254740993n });
});

test.each([
  'd4 65 00',
  'd5 73 00 00',
  'd6 ff 00000000',
  'd7 69 00000000 00000000',
  `d8 42 ${'00'.repeat(16)}`,
  'c7 01 74 00',
  'c8 0001 78 00',
  'c9 00000001 62 00',
  'c1',
])('the extension %s is refused', (wire) => {
  expect(() => decode(withValue(wire))).toThrow(expect.objectContaining({ code: 'BAD_MESSAGE' }));
});

test('whatever is cut off anywhere is refused, never read past its end', () => {
  const whole = pack({
    t: 'frame',
    stream: 'door',
    seq: 2 ** 40,
    image: Buffer.alloc(300, 7),
    more: { a: [1, 'two', null, 3.5] },
  });
  for (let length = 0; length < whole.length; length++)
    expect(() => decode(whole.subarray(0, length))).toThrow(expect.objectContaining({ code: 'BAD_MESSAGE' }));
  expect(() => decode(Buffer.concat([whole, Buffer.from([0xc0])]))).toThrow(expect.objectContaining({ code: 'BAD_MESSAGE' }));
});

test('random bytes never do anything but decode or be refused', () => {
  let seed = 1;
  const random = (): number => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
  for (let i = 0; i < 20_000; i++) {
    const bytes = Uint8Array.from({ length: Math.floor(random() * 40) }, () => Math.floor(random() * 256));
    try {
      decode(bytes);
    } catch (error) {
      expect(error).toMatchObject({ code: 'BAD_MESSAGE' });
    }
  }
});

test('a key `__proto__` changes no prototype', () => {
  const fields = decode(
    hex(`82 a1 74 a1 78 a9 ${Buffer.from('__proto__').toString('hex')} 81 a8 ${Buffer.from('polluted').toString('hex')} c3`),
  );
  expect('polluted' in fields).toBe(false);
  expect('polluted' in {}).toBe(false);
});

test('integers beyond 32 bits go out as 64-bit integers and fractions as floats', () => {
  const encoded = (seq: number, ts: number): string => {
    const { data } = msgpackCodec.encode({
      t: 'result',
      stream: 's',
      seq,
      ts,
      status: 'dropped',
      reason: 'deadline',
    } satisfies ServerMessage);
    return Buffer.from(data as Uint8Array).toString('hex');
  };
  const key = (name: string): string => Buffer.from(name).toString('hex');
  expect(encoded(2 ** 32, 2 ** 53 - 1)).toMatch(
    new RegExp(`${key('seq')}(cf|d3)0000000100000000.*${key('ts')}(cf|d3)001fffffffffffff`),
  );
  expect(encoded(2 ** 32 - 1, -(2 ** 31) - 1)).toMatch(new RegExp(`${key('seq')}ceffffffff.*${key('ts')}d3ffffffff7fffffff`));
  expect(encoded(1, 1_763_690_000_123.5)).toMatch(new RegExp(`${key('seq')}01.*${key('ts')}cb`));
});

test('a raw image may have a few bytes before it, and the image in a message is none', () => {
  const jpeg = Buffer.of(0xff, 0xd8, 0xff, 0xe0, 1, 2, 3);
  for (const before of ['\r\n', '\u00ef\u00bb\u00bf', '\r\n\r\n']) {
    const message = new Uint8Array(Buffer.concat([Buffer.from(before, 'latin1'), jpeg])).buffer;
    expect(Buffer.from((msgpackCodec.decode(message, true) as { rawImage: Uint8Array }).rawImage)).toEqual(jpeg);
  }
  // An image may begin within the first few bytes of a message, too.
  const message = pack({ image: jpeg, t: 'frame' });
  expect(decode(message)).not.toHaveProperty('rawImage');
});
