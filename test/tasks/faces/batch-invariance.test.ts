// What is answered must not depend on what else happened to be in the batch.
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { FaceItem, FoundFace } from '../../../pipeline/tasks/faces/face-items.js';
import type { FaceModels } from '../../../pipeline/tasks/faces/face-lane.js';
import { defaultPack } from '../../fixtures.js';
import { frameOf, freshCost, openFaceModels, type Frame } from '../../pipeline/frames.js';

const NAMES = [
  'franck_01829.jpg',
  'cage.jpg',
  'sample4.jpg',
  'audrey.jpg',
  'sample1.jpg',
  'joconde.jpg',
  'ironman.jpg',
  'sample6.jpg',
];
const CLOSE = 1e-4;

let alone: FaceModels;
let batched: FaceModels;
let frames: Frame[];
beforeAll(async () => {
  const { input } = (await defaultPack()).detector;
  [alone, batched] = await Promise.all([openFaceModels([1]), openFaceModels([1, 2, 4, 8])]);
  frames = await Promise.all(NAMES.map((name) => frameOf(name, input)));
});
afterAll(async () => {
  await alone.close();
  await batched.close();
});

const numbers = ({ x1, y1, x2, y2, score }: FoundFace): number[] => [x1, y1, x2, y2, score];

async function facesAlone(): Promise<FoundFace[][]> {
  const found: FoundFace[][] = [];
  for (const { detect } of frames) found.push(...(await alone.detect([detect], freshCost())));
  return found;
}

test.each([2, 3, 4, 7, 8])('detection: %i frames together are each as alone', async (size) => {
  const expected = (await facesAlone()).slice(0, size);
  const cost = freshCost();
  const together = await batched.detect(
    frames.slice(0, size).map(({ detect }) => detect),
    cost,
  );
  expect(cost.batches.reduce((sum, batch) => sum + batch.size, 0)).toBe(size);
  expect(expected.flat().length).toBeGreaterThanOrEqual(size);
  together.forEach((faces, index) => {
    const lonely = expected[index] ?? [];
    expect(faces).toHaveLength(lonely.length);
    // Pixels of frames of up to a thousand: 1e-4 of the picture.
    faces.forEach((face, at) => {
      const wanted = numbers(lonely[at] as FoundFace);
      numbers(face).forEach((value, i) => expect(Math.abs(value - (wanted[i] ?? NaN))).toBeLessThan(i === 4 ? CLOSE : 0.1));
    });
  });
});

test('points and embeddings: faces of all frames together are each as alone', async () => {
  const found = await facesAlone();
  const items: FaceItem[] = found.flatMap((faces, index) =>
    faces.map((face) => (frames[index] as Frame).face(face, 'embedding')),
  );
  expect(items.length).toBeGreaterThan(12);
  const together = await batched.describe(items, freshCost());
  for (const [index, item] of items.entries()) {
    const [lonely] = await alone.describe([item], freshCost());
    const answer = together[index];
    answer?.points.forEach((value, at) => expect(Math.abs(value - (lonely?.points[at] ?? NaN))).toBeLessThan(0.01));
    expect(answer?.embedding).toHaveLength(512);
    answer?.embedding?.forEach((value, at) => expect(Math.abs(value - (lonely?.embedding?.[at] ?? NaN))).toBeLessThan(CLOSE));
  }
});
