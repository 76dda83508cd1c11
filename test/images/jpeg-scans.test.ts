import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { decodeImage } from '../../pipeline/images/decode-image.js';
import { hasTooManyScans, MOST_SCANS } from '../../pipeline/images/jpeg-scans.js';
import { comment, progressiveJpeg, sequentialJpeg, withSegments } from '../many-scans.js';

const MAX_PIXELS = 1_000_000;
const decode = async (image: Uint8Array, format: 'rgb' | 'luma' = 'rgb') => decodeImage(image, null, MAX_PIXELS, format);
const SCANS = Array.from({ length: 2 * MOST_SCANS }, () => [0xff, 0xda]).flat();
const ORIENTATION = [
  [0xff, 0xe1, 0, 34, 0x45, 0x78, 0x69, 0x66, 0, 0, 0x4d, 0x4d, 0, 42, 0, 0, 0, 8],
  [0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0],
].flat();

describe('a JPEG image of more scans than any encoder writes is refused, and told why', () => {
  test.each([
    ['progressive', progressiveJpeg],
    ['one component a scan', sequentialJpeg],
    ['a header that only a whole decoder reads', (scans: number) => withSegments(progressiveJpeg(scans), [0xff])],
    ['bytes between its segments', (scans: number) => withSegments(progressiveJpeg(scans), comment(), [1, 2, 3])],
    ['to be turned', (scans: number) => withSegments(progressiveJpeg(scans), ORIENTATION)],
  ])('%s', async (_name, make) => {
    for (const format of ['rgb', 'luma'] as const) {
      expect(await decode(make(MOST_SCANS), format)).toMatchObject({ width: 64, height: 64 });
      const refused = await decode(make(MOST_SCANS + 1), format);
      expect(refused).toMatchObject({ code: 'BAD_IMAGE', message: expect.stringContaining('64 scans') as string });
    }
  });

  test('scans behind a code that means nothing, which libjpeg passes over where it looks for a restart marker', () => {
    const many = progressiveJpeg(MOST_SCANS + 1);
    const firstScan = Buffer.from(many).indexOf(Buffer.from([0xff, 0xda]));
    // As a segment it would be 32 KiB long.
    const hidden = Uint8Array.from([...many.subarray(0, firstScan), 0xff, 0x02, 0x7f, 0xff, ...many.subarray(firstScan)]);
    expect(hasTooManyScans(hidden)).toBe(true);
  });

  test('in memory that threads share', async () => {
    const image = progressiveJpeg(MOST_SCANS + 1);
    const shared = new Uint8Array(new SharedArrayBuffer(image.length));
    shared.set(image);
    expect(await decode(shared)).toMatchObject({ code: 'BAD_IMAGE' });
  });
});

describe('the scans of a JPEG image are told from', () => {
  test('what looks like one inside of a segment, or after the image', () => {
    expect(hasTooManyScans(withSegments(progressiveJpeg(10), comment(...SCANS)))).toBe(false);
    expect(hasTooManyScans(Uint8Array.from([...progressiveJpeg(10), ...SCANS]))).toBe(false);
  });

  test('restart markers and the bytes of a noisy picture', async () => {
    const size = { width: 640, height: 480 };
    const noise = sharp({
      create: { ...size, channels: 3, background: '#888', noise: { type: 'gaussian', mean: 128, sigma: 60 } },
    });
    for (const mozjpeg of [false, true]) {
      expect(hasTooManyScans(await noise.clone().jpeg({ quality: 95, progressive: true, mozjpeg }).toBuffer())).toBe(false);
    }
    const restarts = Array.from({ length: 1000 }, (_, i) => [0xff, 0xd0 + (i % 8), 0xff, 0x00]).flat();
    const image = progressiveJpeg(MOST_SCANS);
    const data = image.length - 2;
    expect(hasTooManyScans(Uint8Array.from([...image.subarray(0, data), ...restarts, 0xff, 0xd9]))).toBe(false);
    const more = [...image.subarray(0, data), ...restarts, 0xff, 0xff, 0xda, 0, 8, 1, 1, 0, 0, 0, 0];
    expect(hasTooManyScans(Uint8Array.from(more))).toBe(true);
  });

  test('whatever is no JPEG image', async () => {
    const png = await sharp({ create: { width: 8, height: 8, channels: 3, background: '#888' } })
      .png()
      .toBuffer();
    for (const image of [new Uint8Array(), Uint8Array.from([0xff, 0xd8]), Uint8Array.from([...png, ...SCANS])]) {
      expect(hasTooManyScans(image)).toBe(false);
    }
  });
});
