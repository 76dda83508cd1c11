// JPEG images as cameras, phones and broken uploads leave them: without their end marker, with something behind or before them.
import sharp from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';

// decode-image.ts shuts out libvips' other loaders for the whole process, so pictures are made before it is loaded.
const { decodeImage } = await import('../../pipeline/images/decode-image.js');

const [WIDTH, HEIGHT] = [640, 480];
const END = Buffer.of(0xff, 0xd9);
let jpegs: Record<'baseline' | 'progressive' | 'restarting' | 'turned' | 'grey' | 'cmyk', Buffer>;

beforeAll(async () => {
  // Noise has as much to decode in its last rows as in its first, as flat pictures have not.
  const noise = sharp({
    create: { width: WIDTH, height: HEIGHT, channels: 3, background: '#888', noise: { type: 'gaussian', mean: 128, sigma: 30 } },
  });
  const picture = sharp(await noise.png().toBuffer());
  jpegs = {
    baseline: await picture.clone().jpeg().toBuffer(),
    progressive: await picture.clone().jpeg({ progressive: true }).toBuffer(),
    restarting: await picture.clone().jpeg({ chromaSubsampling: '4:4:4' }).toBuffer(),
    turned: await picture.clone().jpeg().withMetadata({ orientation: 6 }).toBuffer(),
    grey: await picture.clone().grayscale().jpeg().toBuffer(),
    cmyk: await picture.clone().toColourspace('cmyk').jpeg().toBuffer(),
  };
});

async function told(image: Uint8Array): Promise<string> {
  const decoded = await decodeImage(image, null, WIDTH * HEIGHT * 12);
  return 'code' in decoded ? decoded.code : 'ok';
}
async function pixelsOf(image: Uint8Array): Promise<Buffer> {
  const decoded = await decodeImage(image, null, WIDTH * HEIGHT * 3);
  if ('code' in decoded) throw new Error(decoded.message);
  return Buffer.from(decoded.pixels, 0, decoded.width * decoded.height * 3);
}
/** The two decoders round differently: what is missing or shifted differs by far more. */
async function expectSamePixels(image: Uint8Array, whole: Uint8Array, part = 1): Promise<void> {
  const [actual, expected] = [await pixelsOf(image), await pixelsOf(whole)];
  expect(actual.length).toBe(expected.length);
  const count = Math.floor(expected.length * part);
  let difference = 0;
  for (let at = 0; at < count; at++) difference += Math.abs((actual[at] ?? 0) - (expected[at] ?? 0));
  expect(difference / count).toBeLessThan(2);
}
const kinds = ['baseline', 'progressive', 'restarting', 'turned', 'grey', 'cmyk'] as const;

describe('without an end marker', () => {
  test.each(kinds)('a %s image is the same picture', async (kind) => {
    const whole = jpegs[kind];
    for (const cut of [1, 2]) await expectSamePixels(whole.subarray(0, -cut), whole);
  });

  test('it may be padded all the same', async () => {
    const open = jpegs.baseline.subarray(0, -2);
    for (const padding of [Buffer.alloc(4096), Buffer.alloc(4096, 0xff)])
      await expectSamePixels(Buffer.concat([open, padding]), jpegs.baseline);
  });

  test('what costs its last rows alone is answered, with every other row as it was', async () => {
    await expectSamePixels(jpegs.baseline.subarray(0, -400), jpegs.baseline, (HEIGHT - 48) / HEIGHT);
  });

  test.each(kinds)('a %s image that misses more is damaged, with and without an end marker', async (kind) => {
    const whole = jpegs[kind];
    for (const part of [0.1, 0.5, 0.75, 0.88]) {
      const cut = whole.subarray(0, Math.floor(whole.length * part));
      expect(await told(cut)).toBe('BAD_IMAGE');
      expect(await told(Buffer.concat([cut, END]))).toBe('BAD_IMAGE');
    }
  });

  test('a progressive image that ends between two scans is damaged: nothing but its detail is missing', async () => {
    const whole = jpegs.progressive;
    const scans: number[] = [];
    for (let at = whole.indexOf(Buffer.of(0xff, 0xda)); at >= 0; at = whole.indexOf(Buffer.of(0xff, 0xda), at + 2))
      scans.push(at);
    const beforeTables = (at: number) => {
      const tables = whole.lastIndexOf(Buffer.of(0xff, 0xc4), at);
      return tables > 0 && at - tables < 300 ? tables : at;
    };
    expect(scans.length).toBeGreaterThan(5);
    for (const at of scans.slice(1)) expect(await told(whole.subarray(0, beforeTables(at)))).toBe('BAD_IMAGE');
  });
});

describe('filled up with zeros, as a file that was given its size before it came whole', () => {
  test.each(kinds)('a %s image of which too much is missing is damaged', async (kind) => {
    const whole = jpegs[kind];
    for (const part of [0.3, 0.6, 0.85]) {
      const there = whole.subarray(0, Math.floor(whole.length * part));
      for (const zeros of [200, whole.length - there.length, 2 * whole.length])
        expect(await told(Buffer.concat([there, Buffer.alloc(zeros)]))).toBe('BAD_IMAGE');
    }
  });

  test.each(kinds)('a %s image that misses nothing but its end marker is the same picture', async (kind) => {
    const whole = jpegs[kind];
    await expectSamePixels(Buffer.concat([whole.subarray(0, -2), Buffer.alloc(9000)]), whole);
  });

  test('an even picture whose last rows are coded as zeros may lack its end marker', async () => {
    for (const orientation of [1, 6]) {
      const whole = await sharp(jpegs.baseline)
        .extend({ bottom: 4000, background: '#000' })
        .jpeg({ quality: 40 })
        .withMetadata({ orientation })
        .toBuffer();
      const [width, height] = orientation === 1 ? [WIDTH, HEIGHT + 4000] : [HEIGHT + 4000, WIDTH];
      expect(whole.subarray(-203, -3).equals(Buffer.alloc(200))).toBe(true);
      for (const cut of [2, 3, 5])
        expect(await decodeImage(whole.subarray(0, -cut), null, width * height)).toMatchObject({ width, height });
      expect(await told(whole.subarray(0, -800))).toBe('BAD_IMAGE');
    }
  });
});

test.each([
  ['in arithmetic coding', 0xc9, 8],
  ['in lossless coding', 0xc3, 8],
  ['in hierarchical coding', 0xc5, 8],
  ['of 12 bits', 0xc1, 12],
])('a JPEG image %s is not called damaged, but by what it is', async (kind, code, depth) => {
  const image = Buffer.from(jpegs.baseline);
  const frame = image.indexOf(Buffer.of(0xff, 0xc0));
  image[frame + 1] = code;
  image[frame + 4] = depth;
  expect(await decodeImage(image, null, WIDTH * HEIGHT)).toEqual({
    code: 'BAD_IMAGE',
    message: `JPEG images ${kind} are not read.`,
  });
});

describe('something behind the end', () => {
  test.each([
    ['zeros', () => Buffer.alloc(10_000)],
    ['FF', () => Buffer.alloc(10_000, 0xff)],
    ['one byte', () => Buffer.of(0x0a)],
    ['a second JPEG image', () => jpegs.grey],
    ['a second JPEG image without its end', () => jpegs.grey.subarray(0, -2)],
    [
      'a film',
      () => Buffer.concat([Buffer.from('\0\0\0\x20ftypisom\0\0\x02\0isomiso2avc1mp41', 'latin1'), Buffer.alloc(50_000, 7)]),
    ],
  ])('%s', async (_what, tail) => {
    for (const kind of kinds) await expectSamePixels(Buffer.concat([jpegs[kind], tail()]), jpegs[kind]);
  });

  test('PNG and WebP images too', async () => {
    const picture = sharp(jpegs.baseline);
    for (const image of [await picture.clone().png().toBuffer(), await picture.clone().webp().toBuffer()])
      for (const tail of [Buffer.alloc(5000), Buffer.alloc(5000, 0xff), jpegs.grey])
        await expectSamePixels(Buffer.concat([image, tail]), image);
  });
});

describe('something before the start', () => {
  test.each([
    ['a byte order mark', Buffer.of(0xef, 0xbb, 0xbf)],
    ['line breaks', Buffer.from('\r\n\r\n')],
    ['a length', Buffer.of(0, 1, 2, 3)],
    ['sixteen bytes', Buffer.alloc(16, 0x2d)],
  ])('%s', async (_what, lead) => {
    const picture = sharp(jpegs.baseline);
    const others = [await picture.clone().png().toBuffer(), await picture.clone().webp().toBuffer()];
    for (const image of [...kinds.map((kind) => jpegs[kind]), ...others])
      await expectSamePixels(Buffer.concat([lead, image]), image);
  });

  test('a picture further in is none', async () => {
    expect(await told(Buffer.concat([Buffer.alloc(17, 0x2d), jpegs.baseline]))).toBe('UNSUPPORTED_MEDIA');
  });

  test('a TIFF file that holds JPEG strips is none', async () => {
    const tiff = await sharp(jpegs.baseline).tiff({ compression: 'jpeg' }).toBuffer();
    expect(tiff.subarray(0, 16).includes(Buffer.of(0xff, 0xd8, 0xff))).toBe(true);
    expect(await told(tiff)).toBe('UNSUPPORTED_MEDIA');
    const big = await sharp(jpegs.baseline).tiff({ compression: 'jpeg', bigtiff: true }).toBuffer();
    expect(await told(big)).toBe('UNSUPPORTED_MEDIA');
  });

  test('bounds hold behind it', async () => {
    const decoded = await decodeImage(Buffer.concat([Buffer.from('\r\n'), jpegs.baseline]), null, 1000);
    expect(decoded).toMatchObject({ code: 'TOO_MANY_PIXELS' });
  });
});
