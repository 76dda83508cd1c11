// Frames through the engine, on lanes that do as they are told.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { FrameEngine } from '../../pipeline/frame-engine.js';
import { ImageMemory } from '../../pipeline/image-memory.js';
import { LanePool, type PoolLane } from '../../pipeline/scheduling/lane-pool.js';
import { defaultPack } from '../fixtures.js';
import { imageOf } from './frames.js';

const images = new ImageMemory(1 << 20);
const COST = { inferMs: 1, matchMs: 0, batches: [] };

const lanes: PoolLane = {
  alive: true,
  idle: true,
  detect: (items) => Promise.resolve({ frames: items.map(() => []), ...COST }),
  describe: (items) => Promise.resolve({ answers: items.map(() => ({ points: [] })), ...COST }),
  useGallery: () => undefined,
  close: () => Promise.resolve(),
};
let engine: FrameEngine;
let image: Uint8Array;
beforeAll(async () => {
  const { detector } = await defaultPack();
  const pool = new LanePool([lanes], { maxBatch: 1, mostOfOneStream: 1, fillMs: 0, onBatch: () => undefined });
  const settings = { preprocessWorkers: 1, slots: 2, maxPixels: 40_000_000, detectionScore: 0.5, onRoom: () => undefined };
  engine = new FrameEngine(pool, { input: detector.input, ...settings });
  image = await imageOf('cage.jpg');
});
afterAll(async () => engine.close());

const work = (isInteractive: boolean) =>
  engine.work({ image: images.hold(image), origin: { source: {}, isInteractive, deadlineMs: Infinity }, want: 'points' });
/** What is expected of the next frame while another is under way; 0 while nothing is known. */
async function expectedMs(): Promise<number> {
  const underWay = work(true);
  const expected = engine.expectedMs;
  await underWay;
  return expected;
}

test('what a single image takes says nothing of what the frames of streams take', async () => {
  for (let i = 0; i < 3; i++) await work(true);
  expect(await expectedMs()).toBe(0);
  await work(false);
  const ofStreams = await expectedMs();
  expect(ofStreams).toBeGreaterThan(0);
  await work(true);
  expect(await expectedMs()).toBe(ofStreams);
});
