import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { readJpegHeader } from '../../pipeline/images/jpeg-header.js';

const picture = (width: number, height: number) => sharp({ create: { width, height, channels: 3, background: '#345' } });

describe('the header of a JPEG image', () => {
  test.each([
    ['baseline', () => picture(123, 45).jpeg(), { width: 123, height: 45, components: 3, orientation: 1 }],
    [
      'progressive',
      () => picture(123, 45).jpeg({ progressive: true }),
      { width: 123, height: 45, components: 3, orientation: 1 },
    ],
    ['grey', () => picture(64, 32).toColourspace('b-w').jpeg(), { width: 64, height: 32, components: 1, orientation: 1 }],
    ['to be turned', () => picture(40, 30).withMetadata({ orientation: 6 }).jpeg(), { width: 40, height: 30, orientation: 6 }],
  ])('%s', async (_name, make, expected) => {
    expect(readJpegHeader(await make().toBuffer())).toMatchObject(expected);
  });

  test('is null where it is cut off anywhere before the first scan', async () => {
    const whole = await picture(200, 100).jpeg().toBuffer();
    const scan = whole.indexOf(Buffer.from([0xff, 0xda]));
    for (let end = 0; end < scan; end++) expect(readJpegHeader(whole.subarray(0, end))).toBeNull();
  });

  test('is null where another decoder might read something else', async () => {
    const whole = await picture(200, 100).jpeg().toBuffer();
    const frame = whole.findIndex((byte, at) => byte === 0xff && whole[at + 1] === 0xc0);
    const twice = Buffer.concat([whole.subarray(0, frame), whole.subarray(frame, frame + 19), whole.subarray(frame)]);
    expect(readJpegHeader(twice)).toBeNull();
    const garbage = Buffer.concat([whole.subarray(0, frame), Buffer.from([1, 2, 3]), whole.subarray(frame)]);
    expect(readJpegHeader(garbage)).toBeNull();
    const empty = Buffer.from(whole);
    empty.fill(0, frame + 5, frame + 9);
    expect(readJpegHeader(empty)).toBeNull();
  });

  test('is null for whatever is no JPEG image', async () => {
    for (const bytes of [new Uint8Array(), new Uint8Array(5), await picture(8, 8).png().toBuffer()]) {
      expect(readJpegHeader(bytes)).toBeNull();
    }
  });
});
