// A camera that goes away and comes back, as another perhaps: the picture must be back within two seconds of it.
import { afterEach, beforeAll, expect, test } from 'vitest';
import { readJpegHeader } from '../../pipeline/images/jpeg-header.js';
import { fixture } from '../fixtures.js';
import { joined, recordClip, type RtpClip } from './camera/rtp-clip.js';
import { serveClip, type Camera } from './camera/rtsp-camera.js';
import { until, watch, type Watched } from './watched.js';

const BACK_WITHIN_MS = 2000;

let video: string;
let clip: RtpClip;
const open: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  video = await fixture('franck.mp4');
  clip = await recordClip({ video, size: '320x240', seconds: 2 });
});
afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing.close();
});

async function liveCamera(options: Parameters<typeof watch>[1] = {}): Promise<Watched & { camera: Camera }> {
  const camera = await serveClip(clip);
  const watched = watch({ url: camera.url }, options);
  open.push(camera, watched.source);
  await watched.nextFrame();
  return { ...watched, camera };
}
async function seconds(count: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, count * 1000));
}

test('a killed camera is asked for again and again, also after a while, and is back within two seconds of its return', async () => {
  const { camera, becomes, nextFrame, states, source } = await liveCamera();
  await camera.kill();
  await becomes('backoff');
  await seconds(4);
  expect(source.state).toMatchObject({ state: 'backoff', reason: 'the connection is refused' });
  // No process was started while nobody was there.
  expect(source.counts.reconnects).toBeLessThanOrEqual(1);
  await camera.restart();
  await nextFrame(BACK_WITHIN_MS);
  expect(source.state).toMatchObject({ state: 'live', reason: null });
  expect(states.at(-2)?.state).toBe('connecting');
});

test('a camera that froze is told as stalled and goes on by itself when it thaws', async () => {
  const { camera, becomes, nextFrame, source } = await liveCamera({ timings: { stallMs: 700, giveUpMs: 5000 } });
  camera.freeze();
  expect(await becomes('stalled')).toMatchObject({ reason: 'no picture comes' });
  camera.thaw();
  await nextFrame(BACK_WITHIN_MS);
  await becomes('live');
  expect(source.counts.reconnects).toBe(0);
});

test('a camera that stays frozen is connected to anew, and is back within two seconds of its thaw', async () => {
  const { camera, becomes, nextFrame } = await liveCamera({ timings: { stallMs: 600, giveUpMs: 300, startMs: 1500 } });
  camera.freeze();
  await becomes('stalled');
  await becomes('backoff');
  await seconds(3);
  camera.thaw();
  await nextFrame(BACK_WITHIN_MS);
  await becomes('live');
});

test('a camera restarted with another resolution gives pictures of that', async () => {
  const { camera, frames, source } = await liveCamera();
  const larger = await recordClip({ video, size: '640x480', seconds: 1 });
  await camera.restart(larger);
  await until(() => frames.some(({ jpeg }) => readJpegHeader(jpeg)?.width === 640), BACK_WITHIN_MS);
  expect(source.format).toMatchObject({ width: 640, height: 480 });
});

test('a camera whose resolution is changed while it is watched gives pictures of the new one, not scaled to the old', async () => {
  const larger = await recordClip({ video, size: '640x480', seconds: 4 });
  const camera = await serveClip(joined(await recordClip({ video, size: '320x240', seconds: 1 }), larger));
  const { frames, states, source } = watch({ url: camera.url });
  open.push(camera, source);
  await until(() => states.some(({ reason }) => reason === 'the camera changed the size of its picture'));
  expect(new Set(frames.map(({ jpeg }) => readJpegHeader(jpeg)?.width))).toEqual(new Set([320]));
  await camera.restart(larger);
  await until(() => frames.some(({ jpeg }) => readJpegHeader(jpeg)?.width === 640), BACK_WITHIN_MS);
});

test('a camera moved to another codec is followed', async () => {
  const { camera, source } = await liveCamera();
  const h265 = await recordClip({ video, size: '320x240', seconds: 1, codec: 'h265' });
  await camera.restart(h265);
  await until(() => source.format?.codec === 'hevc', BACK_WITHIN_MS);
});

test('a camera away at the start is found when it comes', async () => {
  const camera = await serveClip(clip);
  await camera.kill();
  const { source, becomes, nextFrame } = watch({ url: camera.url });
  open.push(camera, source);
  expect(await becomes('backoff')).toMatchObject({ reason: 'the connection is refused' });
  await seconds(1);
  await camera.restart();
  await nextFrame(BACK_WITHIN_MS);
});

test('disabled it lets go of the camera, and started again it is live again', async () => {
  const { camera, source, nextFrame, frames } = await liveCamera();
  await source.disable();
  expect(source.state).toMatchObject({ state: 'disabled', reason: null });
  await seconds(0.3);
  expect(camera.viewers.now).toBe(0);
  const count = frames.length;
  await seconds(0.5);
  expect(frames.length).toBe(count);
  source.start();
  await nextFrame();
});
