// Cameras that cannot be watched: each ends in a state that says why, none in waiting for ever.
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { afterEach, expect, test } from 'vitest';
import { fixture } from '../fixtures.js';
import { recordClip, type ClipSettings } from './camera/rtp-clip.js';
import { serveClip, type CameraOptions } from './camera/rtsp-camera.js';
import { until, watch } from './watched.js';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing.close();
});

async function cameraWith(settings: Partial<ClipSettings>, options?: CameraOptions): Promise<string> {
  const camera = await serveClip(
    await recordClip({ video: await fixture('franck.mp4'), size: '320x240', seconds: 1, ...settings }),
    options,
  );
  open.push(camera);
  return camera.url;
}
function watched(...parameters: Parameters<typeof watch>): ReturnType<typeof watch> {
  const it = watch(...parameters);
  open.push(it.source);
  return it;
}

test('sound without a picture', async () => {
  const { becomes } = watched({ url: await cameraWith({ codec: 'none', hasAudio: true }) });
  expect(await becomes('failed')).toMatchObject({ reason: 'the stream has no video' });
});

test('a picture of 8K', async () => {
  const url = await cameraWith({ video: 'color=size=7680x4320', isGenerated: true, codec: 'mjpeg', size: '2040x2040' });
  const { becomes, frames } = watched({ url }, { limits: { maxPixels: 2040 * 2039 } });
  expect(await becomes('failed')).toMatchObject({
    reason: expect.stringMatching(/more pixels than this service decodes \(\d+, ONLOOKER_CAMERA_MAX_PIXELS\)/) as string,
  });
  expect(frames).toEqual([]);
});

test('a picture of 8K in H.264, with the limits as they are', async () => {
  const url = await cameraWith({
    video: 'color=size=7680x4320:rate=5',
    isGenerated: true,
    size: '7680x4320',
    fps: 5,
    seconds: 0.4,
  });
  const { becomes, frames } = watched({ url });
  expect(await becomes('failed')).toMatchObject({
    reason: expect.stringMatching(/more pixels than this service decodes \(\d+, ONLOOKER_CAMERA_MAX_PIXELS\)/) as string,
  });
  expect(frames).toEqual([]);
});

test('240 frames a second', async () => {
  const { becomes } = watched({ url: await cameraWith({ fps: 240 }) });
  expect(await becomes('failed')).toMatchObject({ reason: 'the camera sends more frames a second than this service decodes' });
});

test('a wrong password: told at once, and not tried again soon, since cameras lock users out', async () => {
  const url = (await cameraWith({}, { user: 'viewer', password: 'right' })).replace('right', 'wrong');
  const { source, becomes } = watched({ url });
  expect(await becomes('failed')).toMatchObject({ reason: 'the camera refuses the user name or password' });
  await new Promise((resolve) => setTimeout(resolve, 1500));
  expect(source.counts.reconnects).toBe(0);
});

test('a path that is not there', async () => {
  const url = (await cameraWith({})).replace('/stream', '/other');
  const { becomes, source } = watched({ url });
  expect(await becomes('backoff')).toMatchObject({ reason: 'the camera has nothing at this path' });
  await new Promise((resolve) => setTimeout(resolve, 1500));
  // Asked without ffmpeg from then on.
  expect(source.counts.reconnects).toBe(0);
});

test('a server that accepts and never answers', async () => {
  const silent = createServer(() => undefined).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const { port } = silent.address() as AddressInfo;
  const { becomes, source } = watched({ url: `rtsp://127.0.0.1:${port}/x` }, { timings: { startMs: 800 } });
  expect(await becomes('backoff', 5000)).toMatchObject({ reason: 'the camera accepts the connection but sends no picture' });
  await source.close();
  silent.close();
});

test('a server that talks nonsense', async () => {
  const odd = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.end('220 welcome to the mail server\r\n'.repeat(50));
  }).listen(0, '127.0.0.1');
  await once(odd, 'listening');
  const { port } = odd.address() as AddressInfo;
  for (const url of [`rtsp://127.0.0.1:${port}/x`, `http://127.0.0.1:${port}/x`]) {
    const { states } = watched({ url }, { timings: { startMs: 3000 } });
    await until(() => states.some(({ state, reason }) => state === 'backoff' && reason !== null));
  }
  odd.close();
});

test('a host name that nobody has', async () => {
  const { becomes } = watched({ url: 'rtsp://camera.invalid/stream' });
  expect(await becomes('backoff')).toMatchObject({ reason: 'the host name is not known' });
});

test('an http address that leads to a playlist of files opens none of them', async () => {
  const { createServer: createHttp } = await import('node:http');
  const asked: string[] = [];
  const server = createHttp((request, response) => {
    asked.push(request.url ?? '');
    response.writeHead(200, { 'Content-Type': 'application/vnd.apple.mpegurl' });
    response.end('#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n/segment.ts\n#EXTINF:1,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const { states, frames } = watched({ url: `http://127.0.0.1:${port}/list` });
  await until(() => states.some(({ state }) => state === 'backoff' || state === 'failed'));
  expect(asked.every((path) => path === '/list')).toBe(true);
  expect(frames).toEqual([]);
  server.close();
});
