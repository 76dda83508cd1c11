// A camera that works: an RTSP server over real sockets, read by real ffmpeg.
import { readdirSync, readFileSync } from 'node:fs';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { readJpegHeader } from '../../pipeline/images/jpeg-header.js';
import { probeSource } from '../../pipeline/sources/probe-source.js';
import { fixture } from '../fixtures.js';
import { recordClip, type RtpClip } from './camera/rtp-clip.js';
import { serveClip, type Camera, type CameraOptions } from './camera/rtsp-camera.js';
import { watch, type Watched } from './watched.js';

let video: string;
let clip: RtpClip;
const open: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  video = await fixture('franck.mp4');
  clip = await recordClip({ video, size: '640x360', seconds: 3 });
});
afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing.close();
});

async function camera(served: RtpClip = clip, options?: CameraOptions): Promise<Camera> {
  const it = await serveClip(served, options);
  open.push(it);
  return it;
}
function watched(...parameters: Parameters<typeof watch>): Watched {
  const it = watch(...parameters);
  open.push(it.source);
  return it;
}
async function seconds(count: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, count * 1000));
}

test('a camera is live with its first frame, and tells what it sends', async () => {
  const { url } = await camera();
  const { source, frames, nextFrame, states } = watched({ url });
  const frame = await nextFrame();
  expect(states.map(({ state }) => state)).toEqual(['connecting', 'live']);
  expect(readJpegHeader(frame.jpeg)).toMatchObject({ width: 640, height: 360 });
  expect(source.format).toEqual({ codec: 'h264', width: 640, height: 360, fps: 25 });
  expect(frames.length).toBe(source.counts.delivered);
});

test('of 25 frames a second the wanted 5 arrive', async () => {
  const { url } = await camera();
  const { frames, nextFrame } = watched({ url, fps: 5 });
  await nextFrame();
  await seconds(3);
  expect(frames.length).toBeGreaterThanOrEqual(14);
  expect(frames.length).toBeLessThanOrEqual(18);
});

test('pictures are scaled only when that is asked for', async () => {
  const { url } = await camera();
  const { source, nextFrame } = watched({ url, widthPx: 320 });
  expect(readJpegHeader((await nextFrame()).jpeg)).toMatchObject({ width: 320, height: 180 });
  expect(source.format?.width).toBe(640);
});

test('a taker that is slow gets the newest frame, and is never given two at once', async () => {
  const { url } = await camera();
  let atOnce = 0;
  let most = 0;
  const { source, nextFrame } = watched(
    { url, fps: 25 },
    {
      onFrame: async () => {
        most = Math.max(most, ++atOnce);
        await seconds(0.2);
        atOnce -= 1;
      },
    },
  );
  await nextFrame(1).catch(() => undefined);
  await seconds(2);
  expect(most).toBe(1);
  const { delivered, dropped } = source.counts;
  expect(delivered).toBeGreaterThan(4);
  expect(dropped).toBeGreaterThan(delivered);
});

describe.each([
  ['H.265', { codec: 'h265' as const }, 'hevc'],
  ['MJPEG', { codec: 'mjpeg' as const }, 'mjpeg'],
  ['H.264 with sound beside it', { hasAudio: true }, 'h264'],
])('%s', (_, settings, codec) => {
  test('is understood', async () => {
    const { url } = await camera(await recordClip({ video, size: '320x240', seconds: 1, ...settings }));
    const { source, nextFrame } = watched({ url });
    expect(readJpegHeader((await nextFrame()).jpeg)).toMatchObject({ width: 320, height: 240 });
    expect(source.format).toMatchObject({ codec, width: 320, height: 240 });
  });
});

test('UDP carries the picture when it is asked for', async () => {
  const { url } = await camera();
  const { nextFrame, frames } = watched({ url, transport: 'udp' });
  await nextFrame();
  await seconds(1);
  expect(frames.length).toBeGreaterThan(3);
});

describe.each(['digest', 'basic'] as const)('a password asked for by %s', (auth) => {
  test('opens the camera', async () => {
    const { url } = await camera(clip, { user: 'viewer', password: "p@ss:/?#'w", auth });
    await watched({ url }).nextFrame();
  });
});

test('the password is in no state, no log line, no address told and no list of processes', async () => {
  const { url, port } = await camera(clip, { user: 'viewer', password: 'sesame-4711' });
  const right = watched({ url });
  const wrong = watched({ url: url.replace('sesame', 'semase') });
  await right.nextFrame();
  await wrong.becomes('failed');
  const commandLines = readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'latin1') + readFileSync(`/proc/${pid}/environ`, 'latin1');
      } catch {
        return '';
      }
    });
  expect(commandLines.some((line) => line.includes('image2pipe'))).toBe(true);
  const told = [right, wrong].map(({ source, states, logLines }) =>
    JSON.stringify([states, logLines, source.url, source.format]),
  );
  expect([...told, ...commandLines].filter((text) => text.includes('4711'))).toEqual([]);
  expect(right.source.url).toBe(`rtsp://viewer:***@127.0.0.1:${port}/stream`);
  await expect(probeSource({ id: 'x', url: url.replace('sesame', 'semase') }, { rules: {} })).rejects.toMatchObject({
    code: 'SOURCE_FAILED',
    message: 'No picture: the camera refuses the user name or password.',
  });
});

test('a camera is decoded in software where the hardware asked for is not there', async () => {
  const { url } = await camera();
  const { nextFrame, logLines } = watched({ url, hwaccel: 'd3d11va' });
  await nextFrame();
  expect(logLines.filter((line) => line.includes('d3d11va')).length).toBe(1);
});

test('an address is tried with one picture before it is kept', async () => {
  const it = await camera();
  const { format, picture } = await probeSource({ id: 'x', url: it.url }, { rules: {} });
  expect(format).toMatchObject({ codec: 'h264', width: 640, height: 360 });
  expect(readJpegHeader(picture)).toMatchObject({ width: 640, height: 360 });
  await it.kill();
  await expect(probeSource({ id: 'x', url: it.url }, { rules: {} })).rejects.toMatchObject({
    code: 'SOURCE_FAILED',
    message: 'No picture: the connection is refused.',
  });
});
