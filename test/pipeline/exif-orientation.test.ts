// Every reading is held against the one that decodes pictures.
import sharp from 'sharp';
import { beforeAll, expect, test } from 'vitest';
import { decodeImage } from '../../pipeline/images/decode-image.js';
import { readJpegHeader } from '../../pipeline/images/jpeg-header.js';

let plain: Buffer;
beforeAll(async () => {
  plain = await sharp({ create: { width: 40, height: 30, channels: 3, background: '#345' } })
    .jpeg()
    .toBuffer();
});

type Entry = readonly [tag: number, type: number, count: number, value: number];
const SHORT = 3;
const LONG = 4;
const oriented = (value: number): Entry => [0x0112, SHORT, 1, value];
const MAKE: Entry = [0x0100, SHORT, 1, 40];

/** TIFF data with one directory, as EXIF has it. */
function tiff(order: 'II' | 'MM', entries: readonly Entry[], directoryAt = 8): Buffer {
  const bytes = Buffer.alloc(directoryAt + 2 + 12 * entries.length + 4);
  const u16 = (value: number, at: number) => (order === 'II' ? bytes.writeUInt16LE(value, at) : bytes.writeUInt16BE(value, at));
  const u32 = (value: number, at: number) => (order === 'II' ? bytes.writeUInt32LE(value, at) : bytes.writeUInt32BE(value, at));
  bytes.write(order, 0, 'latin1');
  u16(42, 2);
  u32(directoryAt, 4);
  u16(entries.length, directoryAt);
  entries.forEach(([tag, type, count, value], index) => {
    const at = directoryAt + 2 + 12 * index;
    u16(tag, at);
    u16(type, at + 2);
    u32(count, at + 4);
    if (type === SHORT) u16(value, at + 8);
    else u32(value, at + 8);
  });
  return bytes;
}

/** The picture with APP1 segments behind its start marker. */
function withSegments(...contents: readonly Buffer[]): Buffer {
  const segments = contents.map((content) => {
    const head = Buffer.from([0xff, 0xe1, 0, 0]);
    head.writeUInt16BE(content.length + 2, 2);
    return Buffer.concat([head, content]);
  });
  return Buffer.concat([plain.subarray(0, 2), ...segments, plain.subarray(2)]);
}
const exif = (data: Buffer): Buffer => Buffer.concat([Buffer.from('Exif\0\0', 'latin1'), data]);
const XMP = Buffer.from('http://ns.adobe.com/xap/1.0/\0<x:xmpmeta xmlns:x="adobe:ns:meta/"/>', 'latin1');

/** As sharp has it: 1 where nothing is said. */
const bySharp = async (image: Buffer): Promise<number> => (await sharp(image).metadata()).orientation ?? 1;

test.each((['II', 'MM'] as const).flatMap((order) => [1, 2, 3, 4, 5, 6, 7, 8].map((value) => [order, value] as const)))(
  'orientation in byte order %s: %i',
  async (order, value) => {
    const image = withSegments(exif(tiff(order, [MAKE, oriented(value)])));
    expect(readJpegHeader(image)?.orientation).toBe(value);
    expect(await bySharp(image)).toBe(value);
  },
);

test.each([
  ['no EXIF data', () => plain],
  ['XMP alone', () => withSegments(XMP)],
  ['EXIF data that says nothing of it', () => withSegments(exif(tiff('II', [MAKE])))],
  ['a directory of nothing', () => withSegments(exif(tiff('MM', [])))],
  ['a directory farther back', () => withSegments(exif(tiff('II', [oriented(1)], 64)))],
  ['XMP before EXIF data', () => withSegments(XMP, exif(tiff('MM', [oriented(1)])))],
])('a picture is upright: %s', async (_, make) => {
  expect(readJpegHeader(make())?.orientation).toBe(1);
  expect(await bySharp(make())).toBe(1);
});

test.each([
  ['out of range', () => [exif(tiff('II', [oriented(0)]))]],
  ['far out of range', () => [exif(tiff('II', [oriented(9)]))]],
  ['of another type', () => [exif(tiff('MM', [[0x0112, LONG, 1, 6]]))]],
  ['several values', () => [exif(tiff('II', [[0x0112, SHORT, 2, 6]]))]],
  ['said twice', () => [exif(tiff('II', [oriented(6), oriented(3)]))]],
  ['two segments', () => [exif(tiff('II', [oriented(6)])), exif(tiff('II', [oriented(3)]))]],
  ['neither byte order', () => [exif(Buffer.from('XX*\0\x08\0\0\0\0\0', 'latin1'))]],
  ['a directory beyond the end', () => [exif(Buffer.from('II*\0\xff\xff\xff\xff', 'latin1'))]],
  ['a directory in the header', () => [exif(Buffer.from('II*\0\0\0\0\0\0\0', 'latin1'))]],
  ['more entries than there are', () => [exif(Buffer.from('II*\0\x08\0\0\0\xff\xff', 'latin1'))]],
  ['cut off', () => [exif(tiff('II', [oriented(6)]).subarray(0, 12))]],
  ['no data', () => [exif(Buffer.alloc(0))]],
  ['a broken identifier', () => [Buffer.from('Exif__II*\0', 'latin1')]],
] as const)('what is not certain is left to the decoder: %s', async (_, contents) => {
  const image = withSegments(...contents());
  expect(readJpegHeader(image)).toMatchObject({ width: 40, height: 30, orientation: null });
  const turned = (await bySharp(image)) >= 5;
  expect(await decodeImage(image, null, 1 << 24)).toMatchObject(turned ? { width: 30, height: 40 } : { width: 40, height: 30 });
});

test('EXIF data of any bytes makes no reading that the decoder does not share', async () => {
  let seed = 5;
  const byte = (): number => (seed = (seed * 1_103_515_245 + 12_345) & 0x7fffffff) >> 16;
  for (let round = 0; round < 300; round++) {
    const data = tiff(round % 2 === 0 ? 'II' : 'MM', [MAKE, oriented(1 + (round % 8)), [0x0128, SHORT, 1, 2]]);
    for (let changes = 1 + (round % 3); changes > 0; changes--) data[byte() % data.length] = byte() & 255;
    const image = withSegments(exif(data));
    const { orientation } = readJpegHeader(image) ?? {};
    if (typeof orientation === 'number') expect([round, orientation]).toEqual([round, await bySharp(image)]);
  }
});
