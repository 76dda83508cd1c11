// Videos as frames: real ffmpeg, real files.
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { splitJpegs } from '../../clients/video/jpeg-splitter.js';
import { videoFrames, type VideoFrame, type VideoOptions } from '../../clients/video/video-frames.js';

let folder: string;
const film = (name: string) => join(folder, name);
const make = (name: string, ...args: string[]) => execFileSync('ffmpeg', ['-v', 'error', '-f', 'lavfi', ...args, film(name)]);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'onlooker-video-'));
  make('steady.mp4', '-i', 'testsrc=d=2:r=25:s=160x120');
  // One second at 25 frames a second, then three at 5: as telephones write them.
  make('varying.mp4', '-i', 'testsrc=d=4:r=25:s=64x48', '-vf', "select='lt(t,1)+not(mod(n,5))'", '-vsync', 'vfr');
  make('black.mp4', '-i', 'color=black:d=1:r=25:s=32x32');
  make('sound.mp4', '-i', 'sine=d=1');
  make('long.mp4', '-i', 'testsrc=d=40:r=25:s=320x180');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function all(name: string, options?: VideoOptions): Promise<VideoFrame[]> {
  const frames: VideoFrame[] = [];
  for await (const frame of videoFrames(film(name), options)) frames.push(frame);
  return frames;
}

test('every frame comes once, whole, with its own time', async () => {
  const frames = await all('steady.mp4');
  expect(frames.map(({ timeMs }) => timeMs)).toEqual(Array.from({ length: 50 }, (_, i) => 40 * i));
  expect(await sharp(frames[49]?.image).metadata()).toMatchObject({ format: 'jpeg', width: 160, height: 120 });
});

test('the last frames of a long video come too, also to one who is slow', async () => {
  let count = 0;
  for await (const frame of videoFrames(film('long.mp4'))) {
    expect(frame.timeMs).toBe(40 * count);
    count += 1;
    if (count % 100 === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  }
  expect(count).toBe(1000);
});

test('a varying frame rate neither repeats nor loses frames, and keeps its times', async () => {
  const times = (await all('varying.mp4')).map(({ timeMs }) => timeMs);
  expect(times).toHaveLength(40);
  expect(times.slice(23, 28)).toEqual([920, 960, 1000, 1200, 1400]);
});

test('fps takes so many a second, and never one twice', async () => {
  expect((await all('steady.mp4', { fps: 5 })).map(({ timeMs }) => timeMs)).toEqual([
    0, 200, 400, 600, 800, 1000, 1200, 1400, 1600, 1800,
  ]);
  expect(await all('steady.mp4', { fps: 7 })).toHaveLength(14);
  expect(await all('steady.mp4', { fps: 100 })).toHaveLength(50);
});

test('the number of frames to come is told beforehand', async () => {
  let estimate = 0;
  await all('steady.mp4', { fps: 5, onEstimate: (frames) => (estimate = frames) });
  expect(estimate).toBe(10);
});

test('frames of a few hundred bytes are told apart too', async () => {
  const frames = await all('black.mp4');
  expect(frames).toHaveLength(25);
  expect(Math.max(...frames.map(({ image }) => image.length))).toBeLessThan(500);
});

test('leaving the loop early ends ffmpeg, which was never far ahead', async () => {
  await expect.poll(children).toBe(0);
  for await (const frame of videoFrames(film('long.mp4'))) {
    expect(children()).toBe(1);
    if (frame.index === 3) break;
  }
  await expect.poll(children).toBe(0);
});

test('ffmpeg waits while nobody takes frames', async () => {
  await expect.poll(children).toBe(0);
  const frames = videoFrames(film('long.mp4'));
  await frames.next();
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  // The forty seconds are decoded in less than one; what is left over fits into no pipe.
  expect(children()).toBe(1);
  await frames.return(undefined);
});

test.each([
  ['sound.mp4', /^sound\.mp4: neither an image nor a video that ffmpeg can read/],
  ['missing.mp4', /^missing\.mp4: .*No such file or directory/],
])('%s is one clear error', async (name, message) => {
  await expect(all(name)).rejects.toThrow(message);
});

test('images are cut right wherever the pieces of the pipe end', async () => {
  const image = (byte: number) => Buffer.of(0xff, 0xd8, byte, 0xff, 0x00, byte, 0xff, 0xd9);
  const bytes = Buffer.concat([image(1), image(2), image(3)]);
  for (let size = 1; size <= bytes.length; size++) {
    const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.subarray(i * size, (i + 1) * size));
    const images: Buffer[] = [];
    for await (const one of splitJpegs(Readable.from(chunks))) images.push(one);
    expect(images).toEqual([image(1), image(2), image(3)]);
  }
});

/** How many child processes this one has. */
function children(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'ProcessWrap').length;
}
