// Cameras whose key frames are far apart: they are waited for while video comes, and silence is told from it.
import { afterEach, expect, test } from 'vitest';
import { VideoPackets } from '../../pipeline/sources/video-packets.js';
import { joined, recordClip, type ClipSettings, type RtpClip } from './camera/rtp-clip.js';
import { serveClip, type Camera } from './camera/rtsp-camera.js';
import { until, watch, type Watched } from './watched.js';

const WAITING = 'waiting for a key frame';
/** Shorter than the key frames here are apart, and longer than a busy machine keeps the camera of the tests from sending. */
const timings = { startMs: 1000, stallMs: 1000, giveUpMs: 3000 };

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing.close();
});

const clipOf = (settings: Partial<ClipSettings>): Promise<RtpClip> =>
  recordClip({ video: 'testsrc=size=320x240', isGenerated: true, fps: 10, keyFrameEvery: 1000, ...settings });

/** As one who comes in the middle gets it. */
function withoutFirstPicture(clip: RtpClip): RtpClip {
  const [first] = clip.packets;
  return { ...clip, packets: clip.packets.filter(({ atS }) => atS !== first?.atS) };
}

async function watched(
  clip: RtpClip,
  options: Parameters<typeof watch>[1],
  settings = {},
): Promise<Watched & { camera: Camera }> {
  const camera = await serveClip(clip);
  const watching = watch({ url: camera.url, ...settings }, options);
  open.push(camera, watching.source);
  return { ...watching, camera };
}

test.each(['tcp', 'udp'] as const)('the first key frame is waited for, and it is said: %s', async (transport) => {
  const clip = joined(withoutFirstPicture(await clipOf({ seconds: 5 })), await clipOf({ seconds: 5 }));
  const { source, states, nextFrame } = await watched(clip, { timings: { ...timings, startMs: 3000 } }, { transport });
  await until(() => states.some(({ reason }) => reason === WAITING));
  expect(source.state).toMatchObject({ state: 'connecting', reason: WAITING });
  await nextFrame(20_000);
  expect(source.state).toMatchObject({ state: 'live', reason: null });
  expect(states.map(({ state }) => state)).not.toContain('backoff');
  expect(source.counts.reconnects).toBe(0);
});

test('over UDP, too, a camera that sends nothing is one without a picture', async () => {
  const clip = await clipOf({ seconds: 2 });
  // Of a stream that nobody set up.
  const nothing: RtpClip = { ...clip, packets: clip.packets.map((packet) => ({ ...packet, stream: 7 })) };
  const { becomes } = await watched(nothing, { timings: { ...timings, startMs: 3000 } }, { transport: 'udp' });
  expect(await becomes('backoff', 20_000)).toMatchObject({ reason: 'the camera accepts the connection but sends no picture' });
});

test('a key frame that never comes is waited for so long and no longer', async () => {
  const { becomes } = await watched(withoutFirstPicture(await clipOf({ seconds: 8 })), {
    timings: { ...timings, keyFrameMs: 3000 },
  });
  expect(await becomes('backoff', 20_000)).toMatchObject({ reason: expect.stringContaining('no key frame') as string });
});

test('with key frames alone it waits for them, learns how far they are apart, and still notices silence', async () => {
  const { source, states, camera, becomes, frames } = await watched(
    await clipOf({ seconds: 5 }),
    { timings },
    { keyFramesOnly: true },
  );
  await until(() => states.some(({ state, reason }) => state === 'stalled' && reason === WAITING), 20_000);
  await until(() => frames.length >= 2, 20_000);
  const told = states.length;
  await until(() => frames.length >= 4, 20_000);
  // From the second on it knows.
  expect(states.slice(told).filter(({ reason }) => reason === WAITING)).toEqual([]);
  expect(source.counts.reconnects).toBe(0);
  camera.freeze();
  expect(await becomes('stalled')).toMatchObject({ reason: 'no picture comes' });
  await becomes('backoff');
}, 60_000);

test('a camera that sends sound alone is one without a picture', async () => {
  const clip = await clipOf({ seconds: 5, hasAudio: false });
  const silent: RtpClip = { ...clip, packets: clip.packets.map((packet) => ({ ...packet, bytes: asSound(packet.bytes) })) };
  const { becomes, states } = await watched(silent, { timings });
  await becomes('backoff', 20_000);
  expect(states.map(({ reason }) => reason)).not.toContain(WAITING);
});

function asSound(packet: Buffer): Buffer {
  const bytes = Buffer.from(packet);
  // PCMU
  bytes[1] = (bytes[1] ?? 0) & 0x80;
  return bytes;
}

test('video is told from sound and control by the types of the session description', () => {
  const packets = new VideoPackets();
  const rtp = (type: number): Buffer => Buffer.from([0x80, type, ...Array.from({ length: 14 }, () => 0)]);
  packets.take(rtp(96));
  expect(packets.hasReceived()).toBeNull();
  packets.describe('v=0\r\nm=audio 0 RTP/AVP 0\r\nm=video 0 RTP/SAVP 96 97\r\na=x\r\n');
  for (const type of [0, 98, 200, 201]) packets.take(rtp(type));
  packets.take(Buffer.from([0x80, 96]));
  expect(packets.hasReceived()).toBeNull();
  packets.take(rtp(97 | 0x80));
  expect([packets.hasReceived(), packets.hasReceived()]).toEqual([true, false]);
});
