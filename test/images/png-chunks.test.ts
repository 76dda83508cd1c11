import { crc32, deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';
import { decodeImage } from '../../pipeline/images/decode-image.js';
import { withoutExtraChunks } from '../../pipeline/images/png-chunks.js';

const HEADER_BYTES = 33;
let png: Buffer;
beforeAll(async () => {
  png = await sharp({ create: { width: 8, height: 6, channels: 3, background: '#345' } })
    .png({ compressionLevel: 0 })
    .toBuffer();
});

function chunk(type: string, data: Uint8Array): Buffer {
  const made = Buffer.concat([Buffer.alloc(4), Buffer.from(type, 'latin1'), data, Buffer.alloc(4)]);
  made.writeUInt32BE(data.length, 0);
  made.writeUInt32BE(crc32(made.subarray(4, -4)), made.length - 4);
  return made;
}
/** With more chunks before its pixels. */
const withChunks = (image: Buffer, ...chunks: readonly Buffer[]): Buffer =>
  Buffer.concat([image.subarray(0, HEADER_BYTES), ...chunks, image.subarray(HEADER_BYTES)]);
const typesIn = (image: Uint8Array): string[] => {
  const bytes = Buffer.from(image);
  const types: string[] = [];
  for (let at = 8; at < bytes.length; at += 12 + bytes.readUInt32BE(at)) types.push(bytes.toString('latin1', at + 4, at + 8));
  return types;
};

describe('a PNG image goes to its decoder', () => {
  test('without texts and profiles, which are small as they are stored and huge once they are unpacked', async () => {
    const packed = deflateSync(Buffer.alloc(7_900_000));
    const extras = ['zTXt', 'iTXt', 'iCCP', 'tEXt', 'pHYs', 'prVt'].map((type) => chunk(type, packed));
    const [first, ...others] = extras;
    if (first === undefined) throw new Error('there are some');
    const image = withChunks(png, first, chunk('tRNS', Buffer.alloc(6)), ...others);
    expect(typesIn(withoutExtraChunks(image))).toEqual(['IHDR', 'tRNS', 'IDAT', 'IEND']);
    expect(await decodeImage(image, null, 48)).toMatchObject({ width: 8, height: 6 });
  });

  test('with what says which way is up', async () => {
    const turned = Buffer.from('4d4d002a00000008000101120003000000010006000000000000', 'hex');
    const image = withChunks(png, chunk('eXIf', turned), chunk('tEXt', Buffer.from('a\0b')));
    expect(await decodeImage(image, null, 48)).toMatchObject({ width: 6, height: 8 });
  });

  test('as it is where there is nothing to leave out', () => {
    expect(withoutExtraChunks(png.subarray(0, HEADER_BYTES))).toEqual(png.subarray(0, HEADER_BYTES));
    const plain = Buffer.concat([png.subarray(0, HEADER_BYTES), chunk('IDAT', Buffer.alloc(9)), chunk('IEND', Buffer.alloc(0))]);
    expect(withoutExtraChunks(plain)).toBe(plain);
  });

  test('as far as it goes where it is cut off, or a chunk claims more than there is', () => {
    const image = withChunks(png, chunk('tEXt', Buffer.from('a\0b')));
    for (let end = 8; end < image.length; end += 3)
      expect(withoutExtraChunks(image.subarray(0, end)).length).toBeLessThanOrEqual(end);
    const claims = Buffer.from(image);
    claims.writeUInt32BE(0xffffffff, HEADER_BYTES);
    expect(withoutExtraChunks(claims)).toEqual(claims);
  });
});
