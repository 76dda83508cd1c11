// Cameras whose clocks are wrong: RTP with other timestamps than it was sent with, read by real ffmpeg.
import { beforeAll, expect } from 'vitest';
import { recordClip, retimed, type RtpClip } from './camera/rtp-clip.js';
import { serveClip } from './camera/rtsp-camera.js';
import { test } from './side-by-side.js';
import { until } from './watched.js';

const FPS = 5;
let clip: RtpClip;

beforeAll(async () => {
  clip = await recordClip({ video: 'testsrc=size=320x180:rate=25', isGenerated: true, seconds: 8 });
});

test.concurrent.for<[string, (seconds: number) => number]>([
  ['is right', (s) => s],
  ['stands still', () => 0],
  ['creeps', (s) => s / 100],
  ['runs at half speed', (s) => s / 2],
  ['runs at double speed', (s) => s * 2],
  ['runs backwards', (s) => 100 - s],
  ['leaps an hour ahead each second', (s) => s + Math.floor(s) * 3600],
  ['leaps back each second', (s) => 1000 + s - Math.floor(s) * 10],
  ['trembles by a tenth of a second', (s) => 1 + s + Math.sin(s * 71) / 10],
])('a camera whose clock %s gives about the wanted pictures a second of the wall', async ([, clock], { owned, watched }) => {
  const camera = owned(await serveClip(retimed(clip, clock)));
  const { frames, states, nextFrame } = watched({ url: camera.url, fps: FPS });
  await nextFrame();
  const from = frames.length;
  // Counted by what the camera sent meanwhile, so that a machine that is busy is not blamed on anybody.
  const sent = camera.sentAtMs.length;
  await until(() => camera.sentAtMs.length >= sent + 4 * 25);
  const perSecond = (frames.length - from) / 4;
  expect(states.map(({ state }) => state)).toEqual(['connecting', 'live']);
  expect(perSecond).toBeGreaterThanOrEqual(FPS * 0.8);
  expect(perSecond).toBeLessThanOrEqual(FPS * 1.25);
});

test.concurrent.for([5, 12, 100, 240, 500])(
  'a camera that declares %i frames a second and sends 25 stays live at 15',
  async (declared, { owned, watched }) => {
    const told = await recordClip({
      video: 'testsrc=size=320x180:rate=25',
      isGenerated: true,
      seconds: 6,
      declaredFps: declared,
    });
    const camera = owned(await serveClip(told));
    const { frames, states, nextFrame } = watched({ url: camera.url, fps: 15 });
    await nextFrame();
    const [from, sent] = [frames.length, camera.sentAtMs.length];
    await until(() => camera.sentAtMs.length >= sent + 4 * 25);
    expect(states.map(({ state }) => state)).toEqual(['connecting', 'live']);
    expect((frames.length - from) / 4).toBeGreaterThanOrEqual(12);
    expect((frames.length - from) / 4).toBeLessThanOrEqual(17);
  },
);
