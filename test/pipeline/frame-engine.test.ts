// Frames through the engine, on lanes that do as they are told.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { FrameEngine } from '../../pipeline/frame-engine.js';
import { ImageMemory } from '../../pipeline/image-memory.js';
import { LanePool, type PoolLane } from '../../pipeline/scheduling/lane-pool.js';
import { defaultPack } from '../fixtures.js';
import { imageOf } from './frames.js';

const images = new ImageMemory(1 << 20);
const COST = { inferMs: 1000, matchMs: 500, batches: [] };

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

const work = (bytes: Uint8Array, { isLarge = false, onSpent = (_ms: number): void => undefined } = {}) => {
  const origin = { source: {}, isInteractive: false, deadlineMs: Infinity };
  return engine.work({ image: images.hold(bytes), origin, isLarge, want: 'points' }, onSpent);
};

test('while a large frame is decoded there is room for others, and for no other large one', async () => {
  const large = work(image, { isLarge: true });
  expect([engine.hasRoomFor('usual'), engine.hasRoomFor('large')]).toEqual([true, false]);
  const other = work(image);
  expect(engine.hasRoomFor('usual')).toBe(false);
  await Promise.all([large, other]);
  expect([engine.hasRoomFor('usual'), engine.hasRoomFor('large'), engine.inFlight]).toEqual([true, true, 0]);
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
