// The shape of pictures: pixels that are not square, pictures on their side, mirrored ones, of every kind of camera.
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { readJpegHeader } from '../../pipeline/images/jpeg-header.js';
import type { SourceSettings } from '../../pipeline/sources/source-settings.js';
import { startMjpegCamera } from './camera/mjpeg-camera.js';
import { joined, recordClip } from './camera/rtp-clip.js';
import { serveClip } from './camera/rtsp-camera.js';
import { until, watch, type Watched } from './watched.js';

const run = promisify(execFile);
let mediaDir: string;
const open: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  mediaDir = await mkdtemp(join(tmpdir(), 'shapes-'));
});
afterAll(() => rm(mediaDir, { recursive: true }));
afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing.close();
});

type Shape = Pick<SourceSettings, 'widthPx' | 'aspect' | 'rotate' | 'flip'>;

function watched(settings: Omit<SourceSettings, 'id'>, maxPixels?: number): Watched {
  const it = watch({ loop: true, ...settings }, { rules: { mediaDir }, ...(maxPixels && { limits: { maxPixels } }) });
  open.push(it.source);
  return it;
}
async function sizeOf(settings: Omit<SourceSettings, 'id'>, maxPixels?: number): Promise<string> {
  const header = readJpegHeader((await watched(settings, maxPixels).nextFrame()).jpeg);
  return `${header?.width}x${header?.height}`;
}
/** One image, each time it is asked. */
async function stillCamera(image: Uint8Array): Promise<{ readonly url: string; close(): Promise<void> }> {
  const server = createServer((_, response) => response.setHeader('Content-Type', 'image/jpeg').end(image)).listen(
    0,
    '127.0.0.1',
  );
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/snap`,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
/** A file of one second with such pixels. @returns its address */
async function film(name: string, size: string, pixel: string, seconds = 1): Promise<string> {
  const input = ['-f', 'lavfi', '-i', `testsrc=size=${size}:rate=10:duration=${seconds}`, '-vf', `setsar=${pixel}`];
  await run('ffmpeg', ['-v', 'error', '-y', ...input, '-c:v', 'libx264', '-pix_fmt', 'yuv420p', join(mediaDir, name)]);
  return `media:${name}`;
}

describe('pixels that are not square', () => {
  test.each<[string, string, string, Shape, string]>([
    ['wide.mp4', '320x360', '2/1', {}, '640x360'],
    ['wide.mkv', '320x360', '2/1', {}, '640x360'],
    ['wide.ts', '320x360', '2/1', {}, '640x360'],
    ['tall.ts', '640x180', '1/2', {}, '640x360'],
    ['pal.ts', '720x576', '16/11', {}, '1046x576'],
    ['ntsc.mp4', '704x480', '10/11', {}, '704x528'],
    ['square.mp4', '322x180', '1/1', {}, '322x180'],
    ['nearly.mp4', '322x180', '100/101', {}, '322x180'],
    ['hostile.mp4', '320x180', '60/1', {}, '320x180'],
    ['thin.ts', '320x180', '1/200', {}, '320x180'],
    ['scaled.mp4', '320x360', '2/1', { widthPx: 320 }, '320x180'],
    ['turned.mp4', '320x360', '2/1', { rotate: 90 }, '360x640'],
    ['scaled-turned.mp4', '320x360', '2/1', { rotate: 270, widthPx: 180 }, '180x320'],
    ['told.mp4', '320x360', '1/1', { aspect: '16:9' }, '640x360'],
    ['told-tall.mp4', '640x180', '1/1', { aspect: '16:9' }, '640x360'],
    ['told-otherwise.ts', '320x240', '2/1', { aspect: '4:3' }, '320x240'],
    ['told-by-film.mp4', '240x240', '1/1', { aspect: '2.35:1' }, '564x240'],
  ])('%s of %s, each %s, with %o is %s', async (name, size, pixel, shape, expected) => {
    expect(await sizeOf({ url: await film(name, size, pixel), ...shape })).toBe(expected);
  });

  test.each(['h264', 'h265'] as const)('are made square of an RTSP camera (%s)', async (codec) => {
    const clip = await recordClip({ video: 'testsrc=size=320x360', isGenerated: true, seconds: 2, pixel: '2/1', codec });
    const camera = await serveClip(clip);
    open.push(camera);
    const { source, nextFrame } = watched({ url: camera.url });
    expect(readJpegHeader((await nextFrame()).jpeg)).toMatchObject({ width: 640, height: 360 });
    expect(source.format).toMatchObject({ width: 320, height: 360 });
  });

  test('never make a picture larger than is allowed', async () => {
    const url = await film('large.mp4', '640x360', '3/1');
    const [width = 0, height = 0] = (await sizeOf({ url }, 640 * 360)).split('x').map(Number);
    expect(width * height).toBeLessThanOrEqual(640 * 360);
    expect(width / height).toBeCloseTo((3 * 16) / 9, 1);
    expect(width * height).toBeGreaterThan(640 * 360 * 0.97);
  });

  test('that change in the middle of a file do not keep it from its end', async () => {
    await film('square-first.ts', '320x360', '1/1');
    await film('wide-then.ts', '320x360', '2/1');
    const parts = await Promise.all(['square-first.ts', 'wide-then.ts'].map((name) => readFile(join(mediaDir, name))));
    await writeFile(join(mediaDir, 'changing.ts'), Buffer.concat(parts));
    const { source, states } = watched({ url: 'media:changing.ts', loop: false, realtime: false });
    await until(() => source.state.reason === 'the file has ended');
    expect(states.map(({ state }) => state)).toEqual(['connecting', 'live', 'disabled']);
  });

  test('that change in the middle of what a camera sends are soon right again', async () => {
    const settings = { video: 'testsrc=size=320x360', isGenerated: true, seconds: 2 };
    const camera = await serveClip(joined(await recordClip(settings), await recordClip({ ...settings, pixel: '2/1' })));
    open.push(camera);
    const { states, frames } = watched({ url: camera.url });
    await until(() => states.some(({ reason }) => reason === 'the camera changed the shape of its pixels'));
    expect(readJpegHeader(frames[0]?.jpeg ?? new Uint8Array())).toMatchObject({ width: 320, height: 360 });
  });
});

/** Which corner of a picture is white. */
async function whiteCorner(jpeg: Uint8Array): Promise<string> {
  const { data, info } = await sharp(jpeg).greyscale().raw().toBuffer({ resolveWithObject: true });
  const at = (x: number, y: number): number => data[Math.floor(y * info.height) * info.width + Math.floor(x * info.width)] ?? 0;
  const corners = {
    'top left': at(0.1, 0.1),
    'top right': at(0.9, 0.1),
    'bottom left': at(0.1, 0.9),
    'bottom right': at(0.9, 0.9),
  };
  return `${info.width}x${info.height} ${Object.entries(corners)
    .filter(([, grey]) => grey > 128)
    .map(([name]) => name)
    .join()}`;
}

describe('a picture 320 wide and 180 high, white at its top left', () => {
  let jpeg: Buffer;
  beforeAll(async () => {
    jpeg = await sharp({ create: { width: 320, height: 180, channels: 3, background: 'black' } })
      .composite([{ input: { create: { width: 80, height: 45, channels: 3, background: 'white' } }, left: 0, top: 0 }])
      .jpeg()
      .toBuffer();
    const path = join(mediaDir, 'corner.png');
    await writeFile(path, await sharp(jpeg).png().toBuffer());
    const video = ['-loop', '1', '-i', path, '-t', '2', '-r', '10', '-c:v', 'libx264', '-pix_fmt', 'yuv420p'];
    await run('ffmpeg', ['-v', 'error', '-y', ...video, join(mediaDir, 'corner.mp4')]);
    expect((await readFile(join(mediaDir, 'corner.mp4'))).length).toBeGreaterThan(0);
  });
  const turns: [Shape, string][] = [
    [{}, '320x180 top left'],
    [{ rotate: 0 }, '320x180 top left'],
    [{ rotate: 90 }, '180x320 top right'],
    [{ rotate: 180 }, '320x180 bottom right'],
    [{ rotate: 270 }, '180x320 bottom left'],
    [{ flip: 'horizontal' }, '320x180 top right'],
    [{ flip: 'vertical' }, '320x180 bottom left'],
    [{ rotate: 90, flip: 'horizontal' }, '180x320 top left'],
    [{ rotate: 90, widthPx: 90 }, '90x160 top right'],
    [{ aspect: '4:3' }, '320x240 top left'],
  ];

  test.each(turns)('of a file, with %o, is %s', async (shape, expected) => {
    expect(await whiteCorner((await watched({ url: 'media:corner.mp4', ...shape }).nextFrame()).jpeg)).toBe(expected);
  });

  test.each(turns)('of an http camera, with %o, is %s', async (shape, expected) => {
    const camera = await startMjpegCamera({ images: [jpeg], fps: 10 });
    open.push(camera);
    expect(await whiteCorner((await watched({ url: camera.url, ...shape }).nextFrame()).jpeg)).toBe(expected);
  });

  test.each<[string, string, Shape]>([
    ['mjpeg', 'images', { rotate: 90 }],
    ['mjpeg', 'images', {}],
    ['mjpeg', 'a still', { aspect: '4:3' }],
    ['png', 'a PNG still', { flip: 'vertical' }],
    ['png', 'a PNG still', {}],
  ])('is told as it was sent (%s), of no rate, for %s of an http camera, with %o', async (codec, what, shape) => {
    const isStill = what !== 'images';
    const image = codec === 'png' ? await sharp(jpeg).png().toBuffer() : jpeg;
    const camera = isStill ? await stillCamera(image) : await startMjpegCamera({ images: [jpeg], fps: 10 });
    open.push(camera);
    const it = watched({ url: camera.url, ...shape });
    await it.nextFrame();
    expect(it.source.format).toEqual({ codec, width: 320, height: 180, fps: null, ...(isStill && { still: true }) });
  });

  test('of an RTSP camera that is mounted sideways stands upright', async () => {
    const camera = await serveClip(await recordClip({ video: join(mediaDir, 'corner.mp4'), seconds: 2 }));
    open.push(camera);
    const { jpeg: turned } = await watched({ url: camera.url, rotate: 90 }).nextFrame();
    expect(await whiteCorner(turned)).toBe('180x320 top right');
  });
});
