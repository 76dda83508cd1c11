import { expect, test } from 'vitest';
import { cosine } from '../../../../pipeline/geometry/cosine.js';
import type { Gallery, NewFace } from '../../../../pipeline/tasks/faces/gallery/gallery.js';
import { Lookalikes, type VersionedLookalikes } from '../../../../pipeline/tasks/faces/gallery/lookalikes.js';
import { openGallery, temporaryDir } from './fixtures.js';
import { faceOf, unitVector } from './vectors.js';

const LEVEL = 0.6;

/** A face so similar to that of another seed. */
function faceLike(seed: number, of: number, similarity: number): NewFace {
  const face = faceOf(seed);
  const base = unitVector(of);
  const along = cosine(face.embedding, base);
  const rest = face.embedding.map((value, index) => value - along * (base[index] ?? 0));
  const length = Math.hypot(...rest);
  const across = Math.sqrt(1 - similarity ** 2);
  return { ...face, embedding: base.map((value, index) => similarity * value + (across * (rest[index] ?? 0)) / length) };
}

async function enrolled(gallery: Gallery, name: string, ...faces: NewFace[]): Promise<string> {
  const { id } = await gallery.createPerson({ name });
  for (const face of faces) await gallery.addFace(id, face);
  return id;
}

function namesOf(gallery: Gallery, { pairs }: VersionedLookalikes): string[] {
  return pairs.map(({ a, b }) =>
    [a, b]
      .map((owner) => gallery.owner(owner)?.name)
      .sort()
      .join(' + '),
  );
}

test('pairs are found by any of their faces, most similar first, each once', async () => {
  const gallery = await openGallery(temporaryDir());
  await enrolled(gallery, 'Ann', faceOf(1), faceOf(2));
  await enrolled(gallery, 'Bea', faceOf(3), faceLike(4, 2, 0.7), faceLike(5, 2, 0.65));
  await enrolled(gallery, 'Cleo', faceLike(6, 3, 0.9));
  await enrolled(gallery, 'Dora', faceLike(7, 1, 0.45));
  for (let seed = 100; seed < 160; seed++) await enrolled(gallery, `other ${seed}`, faceOf(seed));
  const lookalikes = new Lookalikes(gallery, { level: LEVEL });
  const found = await lookalikes.find();
  expect(namesOf(gallery, found)).toEqual(['Bea + Cleo', 'Ann + Bea']);
  expect(found.pairs.map(({ similarity }) => similarity)).toEqual([expect.closeTo(0.9, 5), expect.closeTo(0.7, 5)]);
  expect(found).toMatchObject({ isComplete: true, galleryVersion: gallery.version });
  await lookalikes.close();
});

test('the answer is kept until the gallery changes, and who asks meanwhile is answered by one look', async () => {
  const gallery = await openGallery(temporaryDir());
  await enrolled(gallery, 'Ann', faceOf(1));
  const double = await enrolled(gallery, 'Double', faceLike(2, 1, 0.8));
  const lookalikes = new Lookalikes(gallery, { level: LEVEL });
  const [one, other] = await Promise.all([lookalikes.find(), lookalikes.find()]);
  expect(one).toBe(other);
  expect(await lookalikes.find()).toBe(one);
  await gallery.deletePerson(double);
  expect((await lookalikes.find()).pairs).toEqual([]);
  await lookalikes.close();
});

test('what there is no time or room for is said to be left out', async () => {
  const gallery = await openGallery(temporaryDir());
  await enrolled(gallery, 'Ann', faceOf(1), faceOf(2));
  await enrolled(gallery, 'Bea', faceOf(3), faceLike(4, 2, 0.8));
  const few = new Lookalikes(gallery, { level: LEVEL, maxProbes: 2 });
  expect(await few.find()).toMatchObject({ isComplete: false });
  await few.close();
  const hasty = new Lookalikes(gallery, { level: LEVEL, budgetMs: 0 });
  expect(await hasty.find()).toMatchObject({ isComplete: false, pairs: [] });
  await hasty.close();
});

test('closing ends a look that is under way, and later ones are refused', async () => {
  const gallery = await openGallery(temporaryDir());
  for (let seed = 0; seed < 400; seed++) await enrolled(gallery, String(seed), faceOf(seed));
  const lookalikes = new Lookalikes(gallery, { level: LEVEL });
  const asked = lookalikes.find();
  const waiting = lookalikes.find();
  await lookalikes.close();
  // Begun before or not: it is over, one way or the other.
  await Promise.allSettled([asked, waiting]);
  await gallery.createPerson({ name: 'later' });
  await expect(lookalikes.find()).rejects.toMatchObject({ code: 'DRAINING' });
});
