// The engine does not count shared memory: what nobody uses any more stays in the process until somebody asks for it.
import sharp from 'sharp';
import { afterEach, expect, test, vi } from 'vitest';
import { decodeImage } from '../../pipeline/images/decode-image.js';
import { FrameSlots } from '../../pipeline/frames/frame-slots.js';
import { ImageMemory } from '../../pipeline/frames/image-memory.js';

afterEach(() => {
  vi.unstubAllGlobals();
});

const MIB = 2 ** 20;
const IMAGES = 12;
/** Of its pixels: 46 MiB. Twelve that nobody lets go of are half a gigabyte. */
const SIDE_PX = 4000;
const MOST_GROWTH_BYTES = 200 * MIB;

async function hugeJpeg(): Promise<Buffer> {
  return sharp({ create: { width: SIDE_PX, height: SIDE_PX, channels: 3, background: '#888' } })
    .jpeg({ quality: 20 })
    .toBuffer();
}

/** How much larger the process is after so many of them than before, bytes. */
async function growth(once: () => Promise<void>): Promise<number> {
  const before = process.memoryUsage.rss();
  for (let i = 0; i < IMAGES; i++) await once();
  return process.memoryUsage.rss() - before;
}

test('large images that are truncated leave no memory behind', async () => {
  const whole = await hugeJpeg();
  const cut = whole.subarray(0, whole.indexOf(Buffer.from([0xff, 0xda])) + 40);
  const grown = await growth(async () => {
    expect(await decodeImage(cut, null, SIDE_PX ** 2)).toMatchObject({ code: 'BAD_IMAGE' });
  });
  expect(grown).toBeLessThan(MOST_GROWTH_BYTES);
});

test('large images that are decoded leave no memory behind', async () => {
  const whole = await hugeJpeg();
  const grown = await growth(async () => {
    expect(await decodeImage(whole, null, SIDE_PX ** 2)).toMatchObject({ width: SIDE_PX });
  });
  expect(grown).toBeLessThan(MOST_GROWTH_BYTES);
});

test('the pixels that slots give back leave no memory behind', async () => {
  const slots = new FrameSlots(1);
  const grown = await growth(async () => {
    const slot = slots.acquire();
    if (slot === undefined) throw new Error('there is a free slot');
    slot.pixels = new SharedArrayBuffer(SIDE_PX ** 2 * 3);
    new Uint8Array(slot.pixels).fill(1);
    slots.release(slot);
    expect(slot.pixels).toBeNull();
    await new Promise(setImmediate);
  });
  expect(grown).toBeLessThan(MOST_GROWTH_BYTES);
});

test('images whose memory is not kept leave none behind', async () => {
  const memory = new ImageMemory(MIB);
  const image = new Uint8Array(40 * MIB);
  const grown = await growth(async () => {
    memory.hold(image).release();
    await new Promise(setImmediate);
  });
  expect(memory.freeBytes).toBe(0);
  expect(grown).toBeLessThan(MOST_GROWTH_BYTES);
});

test('an image that only sharp can decode is decoded into the memory that was taken for it before', async () => {
  const whole = await sharp({ create: { width: 640, height: 480, channels: 3, background: '#345' } })
    .jpeg()
    .toBuffer();
  // Stray bytes before the end, as cheap cameras send them.
  const stray = Buffer.concat([whole.subarray(0, -2), Buffer.from([1, 2, 3, 4, 5, 6, 7, 8]), whole.subarray(-2)]);
  const made: number[] = [];
  const noted = class extends SharedArrayBuffer {
    constructor(bytes: number) {
      super(bytes);
      made.push(bytes);
    }
  };
  vi.stubGlobal('SharedArrayBuffer', noted);
  expect(await decodeImage(stray, null, 640 * 480)).toMatchObject({ width: 640 });
  expect(made).toHaveLength(1);
});
