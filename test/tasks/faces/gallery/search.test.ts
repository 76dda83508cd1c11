import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect, onTestFinished, test } from 'vitest';
import { GallerySearch, type OwnerSimilarity } from '../../../../pipeline/tasks/faces/gallery/gallery-search.js';
import { CHUNK_ROWS, viewChunk } from '../../../../pipeline/tasks/faces/gallery/gallery-chunk.js';
import type { GallerySnapshot } from '../../../../pipeline/tasks/faces/gallery/gallery.js';
import { isZero, nearest, openGallery, program, temporaryDir } from './fixtures.js';
import { sketchBytes } from '../../../../pipeline/tasks/faces/gallery/sketch.js';
import { DIM, faceOf, unitVector } from './vectors.js';

test('the search finds each person once, by the best face, in the order of similarity', async () => {
  const gallery = await openGallery(temporaryDir());
  const facesOf = new Map<string, number[]>();
  for (let index = 0; index < 40; index++) {
    const { id } = await gallery.createPerson({ name: `person ${index}` });
    const seeds = Array.from({ length: 1 + (index % 4) }, (_, face) => index * 10 + face);
    for (const seed of seeds) await gallery.addFace(id, faceOf(seed));
    facesOf.set(id, seeds);
  }
  const search = new GallerySearch(gallery.snapshot);
  for (let probe = 1000; probe < 1020; probe++) {
    const vector = unitVector(probe);
    const cosine = (seed: number): number =>
      unitVector(seed).reduce((sum, value, index) => sum + value * (vector[index] ?? 0), 0);
    const expected = [...facesOf]
      .map(([id, seeds]) => ({ id, similarity: Math.max(...seeds.map(cosine)) }))
      .sort((a, b) => b.similarity - a.similarity)
      .slice(0, 5);
    const found = nearest(search, vector, 5).map(({ owner, similarity }) => ({ id: gallery.owner(owner)?.id, similarity }));
    expect(found.map(({ id }) => id)).toEqual(expected.map(({ id }) => id));
    found.forEach(({ similarity }, index) => expect(similarity).toBeCloseTo(expected[index]?.similarity ?? NaN, 5));
  }
});

test('a search that is given a probe of another model fails', async () => {
  const gallery = await openGallery(temporaryDir());
  expect(() => nearest(new GallerySearch(gallery.snapshot), new Float32Array(DIM + 1))).toThrow(RangeError);
});

test('a thread sees an enrolment and a deletion at its next search, without being told', async () => {
  const gallery = await openGallery(temporaryDir());
  const worker = new Worker(program('search-worker'), { workerData: gallery.snapshot });
  onTestFinished(async () => void (await worker.terminate()));
  const ask = async (seed: number): Promise<{ found: OwnerSimilarity[]; version: number }> => {
    worker.postMessage({ probe: unitVector(seed) });
    const [answer] = (await once(worker, 'message')) as [{ found: OwnerSimilarity[]; version: number }];
    return answer;
  };
  expect(await ask(7)).toEqual({ found: [], version: 0 });
  const { id } = await gallery.createPerson({ name: 'A' });
  await gallery.addFace(id, faceOf(7));
  const { found, version } = await ask(7);
  expect(found[0]?.similarity).toBeCloseTo(1, 6);
  expect(gallery.owner(found[0]?.owner ?? -1)?.id).toBe(id);
  expect(version).toBe(2);
  await gallery.deletePerson(id);
  expect(await ask(7)).toEqual({ found: [], version: 3 });
});

test('shared memory grows, listeners are told, and an owner index never means somebody else', async () => {
  const gallery = await openGallery(temporaryDir());
  const told: GallerySnapshot[] = [];
  gallery.onSnapshot((snapshot) => told.push(snapshot));
  gallery.onSnapshot(() => {
    throw new Error('a listener that fails is nobody else’s business');
  });
  const gone = await gallery.createPerson({ name: 'gone' });
  await gallery.addFace(gone.id, faceOf(9999));
  const search = new GallerySearch(gallery.snapshot);
  const goneOwner = nearest(search, unitVector(9999))[0]?.owner ?? -1;
  const { id } = await gallery.createPerson({ name: 'A' });
  await gallery.deletePerson(gone.id);
  await Promise.all(Array.from({ length: 1100 }, (_, seed) => gallery.addFace(id, faceOf(seed))));

  expect(told.length).toBe(1);
  expect(gallery.snapshot).toBe(told[0]);
  expect(gallery.snapshot.generation).toBeGreaterThan(1);
  search.useSnapshot(gallery.snapshot);
  for (const seed of [0, 500, 1099]) {
    const [best] = nearest(search, unitVector(seed));
    expect(best?.similarity).toBeCloseTo(1, 6);
    expect(gallery.owner(best?.owner ?? -1)?.id).toBe(id);
  }
  expect(search.version).toBe(gallery.version);
  expect(gallery.owner(goneOwner)).toBeUndefined();
  expect(nearest(search, unitVector(9999)).map(({ owner }) => owner)).not.toContain(goneOwner);
});

test('a deleted row is zeroed in shared memory, and its room is won back when the rows are full', async () => {
  const gallery = await openGallery(temporaryDir());
  const { id } = await gallery.createPerson({ name: 'A' });
  const faces = await Promise.all(Array.from({ length: CHUNK_ROWS }, (_, seed) => gallery.addFace(id, faceOf(seed))));
  const { snapshot } = gallery;
  const [before] = snapshot.chunks.map((memory) => viewChunk(memory, DIM));
  await Promise.all(faces.slice(0, 600).map(({ face }) => gallery.deleteFace(id, face.id)));
  expect(isZero(before?.embeddings.subarray(0, 600 * DIM) ?? new Float32Array([1]))).toBe(true);
  expect(isZero(before?.sketches.subarray(0, 600 * sketchBytes(DIM)) ?? new Uint8Array([1]))).toBe(true);
  await gallery.addFace(id, faceOf(5000));
  expect(gallery.snapshot.generation).toBe(snapshot.generation + 1);
  expect(gallery.snapshot.chunks).toHaveLength(1);
  const [after] = gallery.snapshot.chunks.map((memory) => viewChunk(memory, DIM));
  expect(after?.used[0]).toBe(CHUNK_ROWS - 600 + 1);
  const search = new GallerySearch(gallery.snapshot);
  for (const seed of [600, 1023, 5000]) expect(nearest(search, unitVector(seed))[0]?.similarity).toBeCloseTo(1, 6);
  expect(nearest(search, unitVector(10))[0]?.similarity).toBeLessThan(0.9);

  // Whoever has not heard of the new memory yet reads the old: what is deleted now goes there too.
  await gallery.deleteFace(id, faces[700]?.face.id ?? '');
  expect(isZero(before?.embeddings.subarray(700 * DIM, 701 * DIM) ?? new Float32Array([1]))).toBe(true);
  expect(nearest(new GallerySearch(snapshot), unitVector(700))[0]?.similarity).toBeLessThan(0.9);
  expect(nearest(new GallerySearch(snapshot), unitVector(701))[0]?.similarity).toBeCloseTo(1, 6);
});
