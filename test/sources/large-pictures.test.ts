// Cameras of 12 and 16 megapixels, scaled while they are decoded.
import { afterEach, expect, test } from 'vitest';
import { readJpegHeader } from '../../pipeline/images/jpeg-header.js';
import { recordClip } from './camera/rtp-clip.js';
import { serveClip } from './camera/rtsp-camera.js';
import { watch } from './watched.js';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing.close();
});

test.each([
  [4512, 2512],
  [5312, 2988],
])(
  'a camera of %i x %i is live, scaled to the width that is wanted',
  async (width, height) => {
    const camera = await serveClip(
      await recordClip({ video: `testsrc=size=${width}x${height}:rate=2`, isGenerated: true, fps: 2, seconds: 2 }),
    );
    const { source, nextFrame } = watch({ url: camera.url, widthPx: 1920 });
    open.push(camera, source);
    const { jpeg } = await nextFrame(30_000);
    expect(readJpegHeader(jpeg)?.width).toBe(1920);
    expect(source.format).toMatchObject({ width, height });
  },
  60_000,
);
