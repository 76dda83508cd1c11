// http cameras, files of the media directory, and the motion gate.
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { readJpegHeader } from '../../pipeline/images/jpeg-header.js';
import { MOST_SCANS } from '../../pipeline/images/jpeg-scans.js';
import { MotionGate } from '../../pipeline/sources/motion-gate.js';
import { fixture } from '../fixtures.js';
import { progressiveJpeg } from '../many-scans.js';
import { startMjpegCamera } from './camera/mjpeg-camera.js';
import { until, watch } from './watched.js';

const run = promisify(execFile);
let mediaDir: string;
let images: Buffer[];
const open: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  mediaDir = await mkdtemp(join(tmpdir(), 'media-'));
  const cut = [
    '-ss',
    '1',
    '-t',
    '2',
    '-vf',
    'fps=25,scale=320:240',
    '-c:v',
    'libx264',
    '-preset',
    'veryfast',
    '-pix_fmt',
    'yuv420p',
  ];
  await run('ffmpeg', ['-v', 'error', '-i', await fixture('franck.mp4'), ...cut, join(mediaDir, 'two seconds.mp4')]);
  await copyFile(await fixture('franck_01829.jpg'), join(mediaDir, 'picture.txt'));
  await writeFile(join(mediaDir, 'list.m3u8'), `#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\ntwo seconds.mp4\n#EXT-X-ENDLIST\n`);
  images = await Promise.all(
    ['franck_01829.jpg', 'franck_02045.jpg'].map(async (name) =>
      sharp(await fixture(name))
        .jpeg()
        .toBuffer(),
    ),
  );
});
afterAll(() => rm(mediaDir, { recursive: true }));
afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing.close();
});
function watched(...parameters: Parameters<typeof watch>): ReturnType<typeof watch> {
  const it = watch(...parameters);
  open.push(it.source);
  return it;
}

describe('an http camera', () => {
  test('gives its very images, thinned out, without coding them again', async () => {
    const camera = await startMjpegCamera({ images, fps: 25, user: 'viewer', password: 'p@ss' });
    open.push(camera);
    const { nextFrame, frames, source } = watched({ url: camera.url, fps: 5 });
    const frame = await nextFrame();
    expect(images.some((image) => image.equals(frame.jpeg))).toBe(true);
    await new Promise((resolve) => setTimeout(resolve, 2000));
    expect(frames.length).toBeGreaterThanOrEqual(9);
    expect(frames.length).toBeLessThanOrEqual(12);
    expect(source.format).toMatchObject({
      codec: 'mjpeg',
      width: readJpegHeader(frame.jpeg)?.width,
      height: readJpegHeader(frame.jpeg)?.height,
    });
  });

  test('is scaled when that is asked for', async () => {
    const camera = await startMjpegCamera({ images, fps: 10 });
    open.push(camera);
    const { nextFrame } = watched({ url: camera.url, widthPx: 160 });
    expect(readJpegHeader((await nextFrame()).jpeg)?.width).toBe(160);
  });

  test('that asks for another password has failed', async () => {
    const camera = await startMjpegCamera({ images, fps: 10, user: 'viewer', password: 'right' });
    open.push(camera);
    const { becomes } = watched({ url: camera.url.replace('right', 'wrong') });
    expect(await becomes('failed')).toMatchObject({ reason: 'the camera refuses the user name or password' });
  });
});

describe('a file', () => {
  test('plays once at its own speed and is then over', async () => {
    const { becomes, frames, nextFrame } = watched({ url: 'media:two seconds.mp4', fps: 5 }, { rules: { mediaDir } });
    await nextFrame();
    const startMs = performance.now();
    expect(await becomes('disabled')).toMatchObject({ reason: 'the file has ended' });
    expect(performance.now() - startMs).toBeGreaterThan(1300);
    expect(frames.length).toBe(10);
  });

  test('begins again when it is looped', async () => {
    const { frames, source } = watched({ url: 'media:two seconds.mp4', fps: 5, loop: true }, { rules: { mediaDir } });
    await until(() => frames.length > 13);
    expect(source.state.state).toBe('live');
    expect(source.counts.reconnects).toBe(0);
  });

  test('played as fast as it is taken loses nothing, and each frame has its time in the file', async () => {
    const atMs: number[] = [];
    let atOnce = 0;
    const { source } = watched(
      { url: 'media:two seconds.mp4', fps: 25, realtime: false },
      {
        rules: { mediaDir },
        onFrame: async (frame) => {
          expect(++atOnce).toBe(1);
          atMs.push(frame.atMs);
          await new Promise((resolve) => setTimeout(resolve, 10));
          atOnce -= 1;
        },
      },
    );
    await until(() => source.state.reason === 'the file has ended');
    expect(atMs.length).toBe(50);
    expect(atMs.every((at, index) => Math.abs(at - (atMs[0] ?? 0) - index * 40) < 0.001)).toBe(true);
  });

  test.each([
    ['media:none.mp4', 'There is no such file in the media directory.'],
    ['media:list.m3u8', undefined],
    ['media:picture.txt', undefined],
  ])('%s is not played', async (url, reason) => {
    const { states, frames } = watched({ url }, { rules: { mediaDir } });
    await until(() => states.some(({ state }) => state === 'failed' || state === 'backoff'));
    if (reason !== undefined) expect(states.at(-1)).toMatchObject({ state: 'failed', reason });
    expect(frames).toEqual([]);
  });
});

describe('the motion gate', () => {
  test('lets a still scene through until it is known, then at its heartbeat alone, and a change at once', async () => {
    const gate = new MotionGate({ holdMs: 1000, heartbeatMs: 5000 });
    const [still, other] = images as [Buffer, Buffer];
    const letThrough: number[] = [];
    for (let ms = 0; ms < 12_000; ms += 200) if (await gate.lets(still, ms)) letThrough.push(ms);
    expect(letThrough).toEqual([0, 200, 400, 600, 800, 1000, 6000, 11_000]);
    expect(await gate.lets(other, 12_200)).toBe(true);
  });

  test('sees a face of 60 pixels come into a picture 1280 wide, and not the noise of the sensor nor a cloud', async () => {
    const grey = (level: number) => ({
      create: { width: 1280, height: 720, channels: 3 as const, background: { r: level, g: level, b: level } },
    });
    const noisy = async (level: number) =>
      sharp({ ...grey(level), create: { ...grey(level).create, noise: { type: 'gaussian', mean: level, sigma: 8 } } })
        .jpeg({ quality: 80 })
        .toBuffer();
    const [scene, again, cloud] = [await noisy(120), await noisy(120), await noisy(132)];
    const face = await sharp(images[0]).resize(60, 60).toBuffer();
    const visitor = await sharp(again)
      .composite([{ input: face, left: 633, top: 307 }])
      .jpeg({ quality: 80 })
      .toBuffer();
    const gate = new MotionGate({ holdMs: 0, heartbeatMs: Infinity });
    expect([
      await gate.lets(scene, 0),
      await gate.lets(again, 1),
      await gate.lets(cloud, 2),
      await gate.lets(visitor, 3),
    ]).toEqual([true, false, false, true]);
  });

  test('hands a picture of too many scans on without reading it: who decodes it tells why', async () => {
    const gate = new MotionGate({ holdMs: 0, heartbeatMs: Infinity });
    const [readable, endless] = [progressiveJpeg(MOST_SCANS), progressiveJpeg(MOST_SCANS + 1)];
    expect([await gate.lets(readable, 0), await gate.lets(readable, 1)]).toEqual([true, false]);
    expect([await gate.lets(endless, 2), await gate.lets(endless, 3)]).toEqual([true, true]);
  });

  test('holds the frames of a still camera back, and counts them', async () => {
    const camera = await startMjpegCamera({ images: images.slice(0, 1), fps: 10 });
    open.push(camera);
    const { source, frames } = watched({ url: camera.url, fps: 10, motionGate: true });
    await until(() => source.counts.unchanged > 5);
    // One that the gate is just looking at is counted as delivered until it is held back.
    await until(() => source.counts.delivered === frames.length);
    expect(source.latest?.atMs).toBeGreaterThan(frames.at(-1)?.atMs ?? Infinity);
  });
});
