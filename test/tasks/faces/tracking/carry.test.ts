// Faces carried on between two detections: only while nothing is open about anybody, and nothing looks otherwise.
import { describe, expect, test } from 'vitest';
import { Continuity } from '../../../../pipeline/tracks/continuity.js';
import { DetectionPlan } from '../../../../pipeline/tracks/detection-plan.js';
import type { Glance } from '../../../../pipeline/tasks/faces/tracking/carry.js';
import type { StreamTracks } from '../../../../pipeline/tasks/faces/tracking/stream-tracks.js';
import { evidence, faceAt, streamTracks } from './scene.js';
import sharp from 'sharp';

const look = (...values: number[]): Float32Array => {
  const length = Math.hypot(...values);
  return Float32Array.from(values, (value) => value / length);
};
const SCENE = look(1, 2, 3, -6);
const FACE = look(4, -1, -2, -1);
const OTHER = look(-1, 3, -1, -1);
const glance = (more: Partial<Glance> = {}): Glance => ({
  scene: SCENE,
  widthPx: 1280,
  heightPx: 720,
  isWanted: () => true,
  lookAt: () => FACE,
  ...more,
});

/** Somebody known who walks to the right at 100 px a second, seen at 0, 40, … 400 ms. */
function settled(x = 300): StreamTracks {
  const tracks = streamTracks();
  for (let atMs = 0; atMs <= 400; atMs += 40) {
    const face = faceAt(x + atMs / 10, 200);
    const [sight] = tracks.see([face], atMs, 1, { scene: SCENE, faces: [FACE] });
    if (sight === undefined || sight === null) throw new Error('no sight');
    tracks.located(
      sight,
      face,
      [x, 190, x + 20, 190, x + 10, 200, x, 215, x + 20, 215].map((at, i) => (i % 2 === 0 ? at + atMs / 10 : at)),
    );
    if (sight.embed) tracks.learn(sight, evidence({ ada: 0.8 }, { atMs }));
  }
  return tracks;
}

describe('a settled face', () => {
  test('is carried on to where its motion takes it, with its points and its name', () => {
    const tracks = settled();
    expect(tracks.mayCarry(440, 1)).toBe(true);
    const [sight] = tracks.carry(glance(), 440, 1) ?? [];
    if (sight === undefined) throw new Error('nobody was carried on');
    const expected = faceAt(300 + 44, 200);
    expect(Math.abs(sight.face.x1 - expected.x1)).toBeLessThan(3);
    expect(Math.abs((sight.points[0] ?? 0) - 344)).toBeLessThan(4);
    expect(tracks.decision(sight).person?.id).toBe('ada');
    expect(sight.embed).toBe(false);
  });

  test.each([
    ['another scene', { scene: OTHER }],
    ['another face at its place', { lookAt: () => OTHER }],
    ['a place that the stream does not want', { isWanted: () => false }],
    ['a smaller picture, which it has left', { widthPx: 200 }],
  ])('is looked for in a frame that shows %s', (_name, change) => {
    const tracks = settled();
    expect(tracks.carry(glance(change), 440, 1)).toBeNull();
    // Nothing has changed by the attempt.
    expect(tracks.carry(glance(), 440, 1)).toHaveLength(1);
  });

  test('is looked for when the gallery has changed, since it may be somebody else now', () => {
    expect(settled().mayCarry(440, 2)).toBe(false);
  });

  test('is not carried on beside somebody new, somebody who flickers, or somebody whom it touches', () => {
    const [beside, touching, flickering] = [settled(), settled(), settled()];
    beside.see([faceAt(344, 200), faceAt(800, 200)], 440, 1, { scene: SCENE, faces: [FACE, FACE] });
    expect(beside.mayCarry(480, 1)).toBe(false);
    touching.see([faceAt(344, 200), faceAt(390, 205)], 440, 1, { scene: SCENE, faces: [FACE, FACE] });
    expect(touching.mayCarry(480, 1)).toBe(false);
    flickering.see([], 440, 1, { scene: SCENE, faces: [] });
    expect(flickering.mayCarry(480, 1)).toBe(false);
  });

  test('does not leave by being carried on, and is in view again when it is found', () => {
    const tracks = settled();
    for (let atMs = 440; atMs <= 520; atMs += 40) expect(tracks.carry(glance(), atMs, 1)).toHaveLength(1);
    const [sight] = tracks.see([faceAt(356, 200)], 560, 1, { scene: SCENE, faces: [FACE] });
    expect(sight && tracks.decision(sight).track).toBe('t1');
    tracks.tick(3000, 1);
    expect(tracks.takeEvents().map(({ kind }) => kind)).toEqual(['appear', 'identify']);
  });
});

describe('a frame nobody has seen', () => {
  test('shows whoever was in view, but for those who have walked out of it', () => {
    const unseen = { widthPx: 1280, heightPx: 720, isWanted: () => true };
    expect(settled().carryUnseen(unseen, 440, 1)).toHaveLength(1);
    expect(settled().carryUnseen({ ...unseen, widthPx: 200 }, 440, 1)).toEqual([]);
  });
});

describe('detection', () => {
  const pattern = (plan: DetectionPlan, everyMs: number, count: number): string =>
    Array.from({ length: count }, (_, index) => (plan.mayGlance(index * everyMs, true) ? 'g' : 'L')).join('');

  test('comes every third frame of a fast stream, and every frame of a slow one', () => {
    expect(pattern(new DetectionPlan({ detectEvery: 3 }), 40, 9)).toBe('LggLggLgg');
    expect(pattern(new DetectionPlan({ detectEvery: 3 }), 100, 4)).toBe('LLLL');
    expect(pattern(new DetectionPlan({ detectEvery: 3 }), 60, 6)).toBe('LgLgLg');
    expect(pattern(new DetectionPlan({ detectEvery: 1 }), 10, 4)).toBe('LLLL');
  });

  test('comes at once while something is open', () => {
    const plan = new DetectionPlan({ detectEvery: 3 });
    expect([0, 10, 20].map((atMs) => plan.mayGlance(atMs, false))).toEqual([false, false, false]);
  });

  test('may come half as often while there is no time, but not later than 200 ms after the last', () => {
    const plan = new DetectionPlan({ detectEvery: 3 });
    plan.looked(0);
    expect([10, 20, 30, 40, 50].map((atMs) => plan.mayGoUnseen(atMs))).toEqual([true, true, true, true, false]);
    plan.looked(100);
    expect([150, 299, 300].map((atMs) => plan.mayGoUnseen(atMs))).toEqual([true, true, false]);
  });
});

describe('bytes go on with the picture', () => {
  const jpeg = (width: number, quality = 80) =>
    sharp({ create: { width, height: 90, channels: 3, background: '#456', noise: { type: 'gaussian', mean: 120, sigma: 30 } } })
      .jpeg({ quality })
      .toBuffer();
  const calm = async (frames = 5): Promise<{ continuity: Continuity; image: Buffer }> => {
    const image = await jpeg(160);
    const continuity = new Continuity();
    for (let i = 0; i < frames; i++) continuity.decoded({ width: 160, height: 90 }, image.length, true);
    return { continuity, image };
  };

  test('only after some frames of a scene that hardly changed', async () => {
    const { continuity, image } = await calm(2);
    expect(continuity.continues(image)).toBeNull();
    continuity.decoded({ width: 160, height: 90 }, image.length, true);
    continuity.decoded({ width: 160, height: 90 }, image.length, true);
    expect(continuity.continues(image)).toEqual({ width: 160, height: 90 });
    continuity.decoded({ width: 160, height: 90 }, image.length, false);
    expect(continuity.continues(image)).toBeNull();
  });

  test('not for another size, another amount, a part of an image, one that is to be turned, or no JPEG', async () => {
    const { continuity, image } = await calm();
    expect(continuity.continues(await jpeg(176))).toBeNull();
    expect(continuity.continues(await jpeg(160, 40))).toBeNull();
    expect(continuity.continues(image.subarray(0, image.length - 2))).toBeNull();
    expect(continuity.continues(await sharp(image).withMetadata({ orientation: 3 }).jpeg({ quality: 80 }).toBuffer())).toBeNull();
    expect(continuity.continues(await sharp(image).png().toBuffer())).toBeNull();
  });
});
