// Pictures of followed faces, encoded by whatever takes its time or fails: the answers of frames know nothing of it.
import { afterEach, expect, test, vi } from 'vitest';
import sharp from 'sharp';
import type { FaceEvent } from '../../../../protocol/events.js';
import { FacePictures } from '../../../../pipeline/tasks/faces/face-pictures.js';
import type { FaceCut } from '../../../../pipeline/tasks/faces/face-picture.js';
import type { Gallery } from '../../../../pipeline/tasks/faces/gallery/gallery.js';
import { TrackedStream } from '../../../../pipeline/tasks/faces/tracked-stream.js';
import { random } from './scene.js';

const WIDTH = 640;
const HEIGHT = 480;
const FACE = { x1: 100, y1: 100, x2: 200, y2: 220, score: 0.9 };
const next = random(7);
const pixels = new SharedArrayBuffer(WIDTH * HEIGHT * 3);
new Uint8Array(pixels).forEach((_, index, all) => (all[index] = Math.floor(next() * 256)));
const VIEW = { width: WIDTH, height: HEIGHT, pixels, channels: 3 } as const;
const EMBEDDING = new Float32Array(8).fill(Math.sqrt(1 / 8));

afterEach(() => void vi.useRealTimers());

/** An encoder that is done when it is told to be. */
function heldEncoder() {
  const held: (() => void)[] = [];
  return {
    held,
    encode: (cut: FaceCut): Promise<Uint8Array> =>
      new Promise((resolve, reject) => held.push(() => void cut.toJpeg().then(resolve, reject))),
  };
}

function watched(encode?: (cut: FaceCut) => Promise<Uint8Array>) {
  const events: FaceEvent[] = [];
  const people = new Set<string>(['ann']);
  const gallery = {
    version: 1,
    validSince: 0,
    lastRemoval: 0,
    twins: { hasTwins: () => false },
    facesSince: () => null,
    person: (id: string) => (people.has(id) ? { id, name: 'Ann' } : undefined),
    owner: () => ({ id: 'ann', name: 'Ann' }),
    has: (id: string) => people.has(id),
  };
  const stream = new TrackedStream({
    stream: 'door',
    model: 'embedder',
    rule: { match: 0.4, margin: 0.05 },
    detectionScore: 0.5,
    gallery: gallery as unknown as Gallery,
    pictures: new FacePictures(encode),
    detectEvery: 1,
    onEvents: (told) => events.push(...told),
  });
  let frames = 0;
  /** One more frame with the face in it. @returns who it is answered to be */
  const frame = async () => {
    const atMs = 1_000_000 + 200 * frames++;
    const one = stream.begin(atMs, 80_000);
    const chosen = await one.choose([FACE], VIEW);
    const faces = chosen.map(({ face, want }) => ({
      face,
      answer:
        want !== 'all'
          ? { points: [] }
          : {
              points: [],
              embedding: EMBEDDING,
              measures: { sizePx: 110, sharpness: 100 + frames, yawDegrees: 0, pitchDegrees: 0, score: 0.9 },
              matches: [{ owner: 0, similarity: 0.8 }],
              galleryVersion: 1,
            },
    }));
    one.described(faces, VIEW);
    return one.learn(faces)[0]?.person?.name;
  };
  const removeAnn = (): void => {
    people.clear();
    gallery.lastRemoval = gallery.version = 2;
    gallery.validSince = 2;
  };
  return { stream, events, frame, removeAnn };
}

const kindsOf = (events: readonly FaceEvent[]): string[] => events.map(({ kind }) => kind);

test('answers do not wait for pictures; events do, and come in order with theirs', async () => {
  const { encode, held } = heldEncoder();
  const { stream, events, frame } = watched(encode);
  for (let i = 0; i < 8; i++) await frame();
  expect(await frame()).toBe('Ann');
  stream.end();
  expect(held.length).toBeGreaterThan(0);
  expect(kindsOf(events)).not.toContain('identify');

  for (const finish of held.splice(0)) finish();
  await stream.told();
  expect(kindsOf(events)).toEqual(['appear', 'identify', 'leave']);
  for (const { thumbnail } of events.slice(1)) expect((await sharp(thumbnail).metadata()).format).toBe('jpeg');
});

test('pictures that are ready out of order change nothing about the order of events', async () => {
  const { encode, held } = heldEncoder();
  const { stream, events, frame } = watched(encode);
  for (let i = 0; i < 9; i++) await frame();
  stream.end();
  const told = stream.told();
  for (const finish of held.splice(0).reverse()) {
    finish();
    await new Promise((resolve) => setImmediate(resolve));
  }
  await told;
  expect(kindsOf(events)).toEqual(['appear', 'identify', 'leave']);
});

test('an encoder that fails fails no frame: events come without the picture', async () => {
  const { stream, events, frame } = watched(() => Promise.reject(new Error('out of memory')));
  for (let i = 0; i < 8; i++) await frame();
  expect(await frame()).toBe('Ann');
  stream.end();
  await stream.told();
  expect(kindsOf(events)).toEqual(['appear', 'identify', 'leave']);
  for (const event of events) expect(event).not.toHaveProperty('thumbnail');
});

test('a picture that fails leaves the place to the next one, though that be of a poorer face', async () => {
  let tries = 0;
  const { stream, events, frame } = watched((cut) => (tries++ === 0 ? Promise.reject(new Error('no memory')) : cut.toJpeg()));
  for (let i = 0; i < 120; i++) {
    await frame();
    await new Promise((resolve) => setImmediate(resolve));
  }
  stream.end();
  await stream.told();
  expect(tries).toBeGreaterThan(1);
  expect(events.at(-1)).toHaveProperty('thumbnail');
});

test('an encoder that never ends holds events up for seconds, not for ever', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const { stream, events, frame } = watched(() => new Promise(() => undefined));
  for (let i = 0; i < 9; i++) await frame();
  stream.end();
  const told = stream.told();
  await vi.advanceTimersByTimeAsync(10_000);
  await told;
  expect(kindsOf(events)).toEqual(['appear', 'identify', 'leave']);
  for (const event of events) expect(event).not.toHaveProperty('thumbnail');
});

test('of somebody who is deleted while a picture is encoded no picture is told', async () => {
  const { encode, held } = heldEncoder();
  const { stream, events, frame, removeAnn } = watched(encode);
  for (let i = 0; i < 9; i++) await frame();
  removeAnn();
  stream.tick();
  stream.end();
  for (const finish of held.splice(0)) finish();
  await stream.told();
  expect(kindsOf(events)).toContain('identify');
  for (const event of events) expect(event).not.toHaveProperty('thumbnail');
});

test('only so many pictures wait for a slow encoder', async () => {
  let cuts = 0;
  const pictures = new FacePictures((cut) => {
    cuts += cut.bytes;
    return new Promise(() => undefined);
  });
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const whole = { x1: 0, y1: 0, x2: WIDTH, y2: HEIGHT, score: 1 };
  const taken = Array.from({ length: 100 }, () => pictures.take(VIEW, whole));
  expect(taken.at(0)).not.toBeNull();
  expect(taken.at(-1)).toBeNull();
  expect(cuts).toBeLessThan(32 * 1024 * 1024);
  await vi.runAllTimersAsync();
  expect(taken.every((picture) => picture === null || picture.isSettled)).toBe(true);
  // Whose encoding goes on still takes the place.
  expect(pictures.take(VIEW, whole)).toBeNull();
});
