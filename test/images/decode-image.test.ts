import sharp, { type Sharp } from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';
import { progressiveJpeg } from '../many-scans.js';
import { withClaimedSize } from '../server/support/images.js';

// decode-image.ts shuts out libvips' other loaders for the whole process, so pictures are made before it is loaded.
const { decodeImage } = await import('../../pipeline/images/decode-image.js');

const MAX = 1_000_000;
let scene: Sharp;
beforeAll(async () => {
  // Four quarters of different colours, smooth enough for JPEG: which corner is where shows the orientation.
  const quarter = (background: string) =>
    sharp({ create: { width: 40, height: 30, channels: 3, background } })
      .png()
      .toBuffer();
  const [red, lime, blue] = await Promise.all([quarter('#ff0000'), quarter('#00ff00'), quarter('#0000ff')]);
  scene = sharp(
    await sharp({ create: { width: 80, height: 60, channels: 3, background: '#ffffff' } })
      .composite([
        { input: red, left: 0, top: 0 },
        { input: lime, left: 40, top: 0 },
        { input: blue, left: 0, top: 30 },
      ])
      .png()
      .toBuffer(),
  );
});

async function pixelsOf(image: Uint8Array) {
  const decoded = await decodeImage(image, null, MAX);
  if ('code' in decoded) throw new Error(`${decoded.code}: ${decoded.message}`);
  const data = new Uint8Array(decoded.pixels);
  const at = (x: number, y: number) => [...data.subarray((y * decoded.width + x) * 3, (y * decoded.width + x) * 3 + 3)];
  return { ...decoded, at };
}
const near = (actual: number[], expected: number[], within = 12) => {
  actual.forEach((value, index) => expect(Math.abs(value - (expected[index] ?? 0))).toBeLessThanOrEqual(within));
};

describe('decoding gives upright RGB', () => {
  test.each([
    ['baseline JPEG', () => scene.clone().jpeg({ quality: 95, chromaSubsampling: '4:4:4' })],
    ['progressive JPEG', () => scene.clone().jpeg({ quality: 95, progressive: true, chromaSubsampling: '4:4:4' })],
    ['PNG', () => scene.clone().png()],
    ['PNG of 16 bits', () => scene.clone().toColourspace('rgb16').png()],
    ['palette PNG', () => scene.clone().png({ palette: true })],
    ['WebP', () => scene.clone().webp({ lossless: true })],
    ['CMYK JPEG', () => scene.clone().toColourspace('cmyk').jpeg({ quality: 95, chromaSubsampling: '4:4:4' })],
  ])('%s', async (name, make) => {
    const picture = await pixelsOf(await make().toBuffer());
    expect([picture.width, picture.height]).toEqual([80, 60]);
    const within = name.startsWith('CMYK') ? 60 : 12;
    near(picture.at(20, 15), [255, 0, 0], within);
    near(picture.at(60, 45), [255, 255, 255], within);
  });

  test.each([1, 2, 3, 4, 5, 6, 7, 8])('EXIF orientation %i', async (orientation) => {
    // What autoOrient() of another picture library would show: sharp undoes the tag when it writes upright pixels.
    const tagged = await scene.clone().jpeg({ quality: 95, chromaSubsampling: '4:4:4' }).withMetadata({ orientation }).toBuffer();
    const upright = await sharp(tagged).autoOrient().raw().toBuffer({ resolveWithObject: true });
    const picture = await pixelsOf(tagged);
    expect([picture.width, picture.height]).toEqual([upright.info.width, upright.info.height]);
    const { width, height } = picture;
    for (const [x, y] of [
      [0.25, 0.25],
      [0.75, 0.25],
      [0.25, 0.75],
      [0.75, 0.75],
    ] as const) {
      const [px, py] = [Math.floor(x * width), Math.floor(y * height)];
      const offset = (py * width + px) * 3;
      near(picture.at(px, py), [...upright.data.subarray(offset, offset + 3)]);
    }
  });

  test('grey JPEG and grey PNG with alpha become three equal channels', async () => {
    for (const image of [scene.clone().grayscale().jpeg(), scene.clone().grayscale().ensureAlpha().png()]) {
      const picture = await pixelsOf(await image.toBuffer());
      const [red, green, blue] = picture.at(20, 15);
      expect(red).toBe(green);
      expect(green).toBe(blue);
      near(picture.at(60, 45), [255, 255, 255]);
    }
  });

  test('what is transparent is seen on white', async () => {
    const clear = await sharp({ create: { width: 8, height: 8, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0 } } })
      .png()
      .toBuffer();
    near((await pixelsOf(clear)).at(4, 4), [255, 255, 255]);
  });

  test('memory of an earlier frame is used again while it is large enough', async () => {
    const image = await scene.clone().jpeg().toBuffer();
    const first = await decodeImage(image, null, MAX);
    if ('code' in first) throw new Error(first.message);
    const second = await decodeImage(image, first.pixels, MAX);
    if ('code' in second) throw new Error(second.message);
    expect(second.pixels).toBe(first.pixels);
  });
});

describe('decoding gives the brightness alone', () => {
  test.each([
    ['baseline JPEG', () => scene.clone().jpeg({ quality: 95 })],
    ['JPEG that is to be turned', () => scene.clone().jpeg({ quality: 95 }).withMetadata({ orientation: 2 })],
    ['PNG', () => scene.clone().png()],
    ['grey PNG with alpha', () => scene.clone().grayscale().ensureAlpha().png()],
  ])('%s', async (name, make) => {
    const decoded = await decodeImage(await make().toBuffer(), null, MAX, 'luma');
    if ('code' in decoded) throw new Error(decoded.message);
    expect([decoded.width, decoded.height]).toEqual([80, 60]);
    const pixels = new Uint8Array(decoded.pixels);
    const isMirrored = name.endsWith('turned');
    // Lime is brighter than red, and blue darker (ITU-R BT.601).
    const [red = 0, lime = 0, blue = 0] = [
      [20, 15],
      [60, 15],
      [20, 45],
    ].map(([x = 0, y = 0]) => pixels[y * 80 + (isMirrored ? 79 - x : x)]);
    expect(lime).toBeGreaterThan(red + 40);
    expect(blue).toBeLessThan(red - 20);
  });
});

test('an image in memory that threads share is read where it lies, in every format', async () => {
  for (const make of [scene.clone().jpeg(), scene.clone().png(), scene.clone().webp()]) {
    const image = await make.toBuffer();
    const shared = new Uint8Array(new SharedArrayBuffer(image.length + 100), 0, image.length);
    shared.set(image);
    const decoded = await decodeImage(shared, null, MAX);
    expect(decoded).toMatchObject({ width: 80, height: 60 });
  }
});

describe('bad images are told apart and cost nothing', () => {
  const code = async (image: Uint8Array, maxPixels = MAX) => {
    const decoded = await decodeImage(image, null, maxPixels);
    return 'code' in decoded ? decoded.code : 'ok';
  };

  test('empty', async () => expect(await code(new Uint8Array())).toBe('BAD_IMAGE'));

  test('truncated anywhere, in every format', async () => {
    for (const image of [
      scene.clone().jpeg(),
      scene.clone().jpeg({ progressive: true }),
      scene.clone().png(),
      scene.clone().webp(),
    ]) {
      const whole = await image.toBuffer();
      for (const part of [0.2, 0.5, 0.9])
        expect(await code(whole.subarray(0, Math.floor(whole.length * part)))).toBe('BAD_IMAGE');
    }
  });

  test('SVG, GIF, TIFF, MP4 and random bytes', async () => {
    const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"/>');
    const gif = Buffer.from('R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw==', 'base64');
    const tiff = Buffer.from([0x49, 0x49, 0x2a, 0x00, 0x08, 0x00, 0x00, 0x00]);
    const mp4 = Buffer.from('\0\0\0\x18ftypmp42\0\0\0\0mp42isom', 'latin1');
    const random = Buffer.from(Array.from({ length: 1000 }, (_, i) => (i * 7919) % 251));
    for (const bytes of [svg, gif, tiff, mp4, random]) expect(await code(bytes)).toBe('UNSUPPORTED_MEDIA');
  });

  test('a JPEG signature before something else', async () => {
    expect(await code(Buffer.concat([Buffer.from([0xff, 0xd8, 0xff]), Buffer.from('<svg/>')]))).toBe('BAD_IMAGE');
  });

  test('a bomb of 100 megapixels, seen in its header alone', async () => {
    const bomb = await sharp({
      create: { width: 10_000, height: 10_000, channels: 3, background: '#000' },
      limitInputPixels: false,
    })
      .png()
      .toBuffer();
    expect(await code(bomb, 40_000_000)).toBe('TOO_MANY_PIXELS');
  });
});

describe('what decoding costs is bounded, whatever the pixels are arranged as', () => {
  const MOST = 33_177_600;
  const refused = async (image: Uint8Array, maxPixels: number) => {
    const decoded = await decodeImage(image, null, maxPixels);
    return 'code' in decoded ? decoded : { code: 'ok', message: '' };
  };
  const flat = (width: number, height: number, background = '#808080') =>
    sharp({ create: { width, height, channels: 3, background }, limitInputPixels: false });

  test.each([
    ['one pixel high', 1_000_000, 1],
    ['one pixel wide', 1, 1_000_000],
    ['a few pixels wide', 8, 100_000],
    ['one pixel longer than the longest', 16_385, 4],
  ])('a PNG image %s is refused by its header', async (_name, width, height) => {
    const image = await flat(width, height).png().toBuffer();
    expect(await refused(image, MOST)).toMatchObject({
      code: 'TOO_MANY_PIXELS',
      message: expect.stringContaining('16384') as string,
    });
  });

  test('a WebP image whose canvas claims a side that no WebP decoder takes is refused by its header', async () => {
    const image = Buffer.from(
      await sharp({ create: { width: 40, height: 30, channels: 4, background: '#00000080' } })
        .webp()
        .toBuffer(),
    );
    image.writeUIntLE(1_999_999, 24, 3);
    expect(await refused(image, MOST)).toMatchObject({ code: 'TOO_MANY_PIXELS' });
  });

  test.each([
    ['a panorama', 8000, 1500],
    ['the longest there may be', 16_384, 64],
  ])('%s is decoded in every format', async (_name, width, height) => {
    for (const image of [flat(width, height).jpeg(), flat(width, height).png(), flat(Math.min(width, 16_383), height).webp()]) {
      expect(await refused(await image.toBuffer(), MOST)).toMatchObject({ code: 'ok' });
    }
  });

  test('a long JPEG image is decoded up to the longest that there is', async () => {
    expect(await refused(await flat(65_500, 16).jpeg().toBuffer(), MOST)).toMatchObject({ code: 'ok' });
  });

  test('a photo of the most pixels is decoded', async () => {
    for (const image of [flat(7680, 4320).jpeg(), flat(7680, 4320).jpeg({ progressive: true })])
      expect(await refused(await image.toBuffer(), MOST)).toMatchObject({ code: 'ok' });
  });

  test.each([
    ['CMYK JPEG', 2.5, () => scene.clone().toColourspace('cmyk').jpeg()],
    ['interlaced PNG of 16 bits', 1.25, () => scene.clone().toColourspace('rgb16').png({ progressive: true })],
    ['interlaced PNG of 8 bits', 1, () => scene.clone().png({ progressive: true })],
    ['PNG of 16 bits', 1, () => scene.clone().toColourspace('rgb16').png()],
  ])('a pixel of a %s counts for %d', async (_name, weight, make) => {
    const image = await make().toBuffer();
    const pixels = Math.ceil(80 * 60 * weight);
    expect(await refused(image, pixels)).toMatchObject({ code: 'ok' });
    expect(await refused(image, pixels - 1)).toMatchObject({ code: 'TOO_MANY_PIXELS' });
  });

  test.each([
    ['baseline', () => scene.clone().jpeg()],
    ['progressive', () => scene.clone().jpeg({ progressive: true })],
    ['to be turned', () => scene.clone().withMetadata({ orientation: 6 }).jpeg()],
    ['CMYK', () => scene.clone().toColourspace('cmyk').jpeg()],
  ])('a %s JPEG image whose header claims more than its data holds is damaged', async (_name, make) => {
    const image = await make().toBuffer();
    expect(await refused(image, MOST)).toMatchObject({ code: 'ok' });
    for (const [width, height] of [
      [12_000, 1000],
      [80, 600],
      [96, 60],
    ] as const)
      expect(await refused(withClaimedSize(image, width, height), MOST)).toMatchObject({ code: 'BAD_IMAGE' });
  });

  test('a JPEG image of the most pixels may have fewer scans than a small one', async () => {
    const image = progressiveJpeg(17);
    expect(await refused(image, 4 * 64 * 64)).toMatchObject({ code: 'ok' });
    expect(await refused(image, 64 * 64)).toMatchObject({
      code: 'BAD_IMAGE',
      message: expect.stringContaining('16 scans') as string,
    });
    expect(await refused(progressiveJpeg(16), 64 * 64)).toMatchObject({ code: 'ok' });
  });
});
