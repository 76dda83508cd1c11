// Frames through the engine, on lanes that do as they are told.
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { FrameEngine } from '../../pipeline/frames/frame-engine.js';
import { ImageMemory } from '../../pipeline/frames/image-memory.js';
import { LanePool, type PoolLane } from '../../pipeline/scheduling/lane-pool.js';
import type { Size } from '../../pipeline/scheduling/frame-size.js';
import { defaultPack } from '../fixtures.js';
import { plainJpeg } from '../server/support/images.js';
import { DETECT } from '../../pipeline/tasks/faces/face-items.js';
import { FaceJob } from '../../pipeline/tasks/faces/face-job.js';
import { imageOf } from '../pipeline/frames.js';

const images = new ImageMemory(1 << 20);
const COST = { kind: 'done' as const, id: 0, inferMs: 1000, matchMs: 500, batches: [] };

/** Whether a look takes until it is told to end. */
let isHeld = false;
let finish = (): void => undefined;
const lanes: PoolLane = {
  alive: true,
  backInMs: 0,
  idle: true,
  run: async ({ name }, items) => {
    if (isHeld && name === DETECT.name) await new Promise<void>((resolve) => (finish = resolve));
    return { ...COST, answers: items.map(() => (name === DETECT.name ? [] : { points: [] })) };
  },
  tell: () => undefined,
  close: () => Promise.resolve(),
};
/** What is done with a frame: it is looked for faces in. */
async function looking() {
  const { detector } = await defaultPack();
  return new FaceJob({ input: detector.input, detectionScore: 0.5, nmsIou: 0.3 }, {}, 'points');
}
let engine: FrameEngine;
let job: FaceJob;
let image: Uint8Array;
beforeAll(async () => {
  const pool = new LanePool([lanes], { maxBatch: 1, mostOfOneStream: 1, fillMs: 0, onBatch: () => undefined });
  const settings = { preprocessWorkers: 1, slots: 2, maxPixels: 40_000_000 };
  engine = new FrameEngine(pool, { ...settings, onRoom: () => undefined });
  job = await looking();
  image = await imageOf('cage.jpg');
});
afterAll(async () => engine.close());

const work = (bytes: Uint8Array, { size = 'usual', onSpent }: { size?: Size; onSpent?: (ms: number) => void } = {}) => {
  const origin = { source: {}, isInteractive: false, deadlineMs: Infinity };
  return engine.work({ image: images.hold(bytes), origin, size, job }, onSpent);
};

test('while a large frame is decoded there is room for others, and for no other large one', async () => {
  const large = work(image, { size: 'large' });
  expect([engine.hasRoomFor('usual'), engine.hasRoomFor('large')]).toEqual([true, false]);
  const other = work(image);
  expect(engine.hasRoomFor('usual')).toBe(false);
  await Promise.all([large, other]);
  expect([engine.hasRoomFor('usual'), engine.hasRoomFor('large'), engine.inFlight]).toEqual([true, true, 0]);
});

test('frames of which nobody knows what they cost leave a place to others, and may come in beside them', async () => {
  isHeld = true;
  onTestFinished(() => void (isHeld = false));
  const unknown = work(image, { size: 'unproven' });
  // While none is decoded, which there is one thread for here.
  await vi.waitFor(() => expect([engine.preprocessing, engine.inFlight]).toEqual([0, 1]), 20_000);
  expect([engine.hasRoomFor('unproven'), engine.hasRoomFor('usual')]).toEqual([false, true]);
  finish();
  await unknown;
  const known = work(image);
  await vi.waitFor(() => expect([engine.preprocessing, engine.inFlight]).toEqual([0, 1]), 20_000);
  expect([engine.hasRoomFor('unproven'), engine.hasRoomFor('usual')]).toEqual([true, true]);
  finish();
  await known;
});

test('a frame tells what work it was, on all the threads together', async () => {
  const told: number[] = [];
  await work(image, { onSpent: (ms) => told.push(ms) });
  expect(told).toHaveLength(1);
  expect(told[0]).toBeGreaterThan(1500);
});

test('a frame that cannot be decoded tells it too', async () => {
  const told: number[] = [];
  const broken = image.subarray(0, image.length / 2);
  await expect(work(broken, { onSpent: (ms) => told.push(ms) })).rejects.toMatchObject({ code: 'BAD_IMAGE' });
  expect(told).toHaveLength(1);
  expect(told[0]).toBeGreaterThan(0);
});

test('a picture of a usual shape is one look, and a very wide one as many as it has parts, which are counted as work', async () => {
  const looks: number[] = [];
  const counting: PoolLane = {
    ...lanes,
    run: (_stage, items) => Promise.resolve({ ...COST, answers: items.map(() => (looks.push(1), [])) }),
  };
  const pool = new LanePool([counting], { maxBatch: 1, mostOfOneStream: 1, fillMs: 0, onBatch: () => undefined });
  const one = {
    preprocessWorkers: 1,
    slots: 1,
    maxPixels: 40_000_000,
    onRoom: () => undefined,
  };
  const parted = new FrameEngine(pool, one);
  onTestFinished(() => parted.close());
  const looksAt = async (width: number, height: number): Promise<{ readonly looks: number; readonly spentMs: number }> => {
    looks.length = 0;
    let spentMs = 0;
    const held = images.hold(await plainJpeg(width, height));
    const origin = { source: {}, isInteractive: false, deadlineMs: Infinity };
    await parted.work({ image: held, origin, job }, (ms) => (spentMs = ms));
    return { looks: looks.length, spentMs };
  };
  for (const [width, height] of [
    [640, 360],
    [640, 480],
    [360, 640],
    [420, 180],
  ] as const)
    expect((await looksAt(width, height)).looks).toBe(1);
  const wide = await looksAt(1280, 360);
  expect(wide.looks).toBe(2);
  // Each look is said to take 1.5 s.
  expect(wide.spentMs).toBeGreaterThanOrEqual(3000);
  expect((await looksAt(640, 360)).looks).toBe(1);
});
