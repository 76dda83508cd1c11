import { expect, test } from 'vitest';
import { GallerySearch } from '../../../../pipeline/tasks/faces/gallery/gallery-search.js';
import { bytesOf, holdsBytes, inPieces, nearest, openGallery, sliceOf, temporaryDir } from './fixtures.js';
import { faceOf, unitVector } from './vectors.js';

test('a merged person has the faces of both, found under one name at once and after a restart', async () => {
  const dir = temporaryDir();
  const gallery = await openGallery(dir);
  const search = new GallerySearch(gallery.snapshot);
  const ada = await gallery.createPerson({ name: 'Ada', metadata: { kept: true } });
  const double = await gallery.createPerson({ name: 'A. L.', external_id: 'e-7', metadata: { kept: false } });
  await gallery.addFace(ada.id, faceOf(1));
  await gallery.addFace(double.id, faceOf(2));
  await gallery.addFace(double.id, faceOf(3));
  const before = gallery.version;

  const merged = await gallery.mergePeople(ada.id, double.id);
  expect(merged).toMatchObject({ id: ada.id, name: 'Ada', external_id: 'e-7', metadata: { kept: true }, faces: 3 });
  expect(gallery.version).toBe(before + 1);
  expect(gallery.lastRemoval).toBe(before + 1);
  expect(gallery.person(double.id)).toBeUndefined();
  for (const seed of [1, 2, 3]) {
    const [best] = nearest(search, unitVector(seed));
    expect(gallery.owner(best?.owner ?? -1)?.id).toBe(ada.id);
    expect(best?.similarity).toBeCloseTo(1, 5);
  }
  await gallery.close();

  const again = await openGallery(dir);
  expect(again.size).toEqual({ people: 1, faces: 3 });
  expect(again.person(ada.id)).toEqual(merged);
  expect(again.listFaces(ada.id, { limit: 10 }).faces.map(({ person }) => person)).toEqual([ada.id, ada.id, ada.id]);
});

test('the same image of both becomes one face, and nothing of the other is left on disk', async () => {
  const dir = temporaryDir();
  const gallery = await openGallery(dir, { purgeDelayMs: 0 });
  const a = await gallery.createPerson({ name: 'Aaaa' });
  const b = await gallery.createPerson({ name: 'Double-Bbbb' });
  await gallery.addFace(a.id, faceOf(1));
  await gallery.addFace(b.id, { ...faceOf(1), embedding: unitVector(9) });
  await gallery.addFace(b.id, faceOf(2));
  expect((await gallery.mergePeople(a.id, b.id)).faces).toBe(2);
  await gallery.close();
  expect(holdsBytes(dir, sliceOf(unitVector(2)))).toBe(true);
  expect(holdsBytes(dir, sliceOf(unitVector(9)))).toBe(false);
  expect(holdsBytes(dir, Buffer.from('Double-Bbbb'))).toBe(false);
});

test('an external id of its own stays, and one that is free can be given again', async () => {
  const gallery = await openGallery(temporaryDir());
  const a = await gallery.createPerson({ name: 'A', external_id: 'a' });
  const b = await gallery.createPerson({ name: 'B', external_id: 'b' });
  expect((await gallery.mergePeople(a.id, b.id)).external_id).toBe('a');
  expect((await gallery.createPerson({ name: 'C', external_id: 'b' })).external_id).toBe('b');
});

test('nobody is merged with itself, nor with one who is not there', async () => {
  const gallery = await openGallery(temporaryDir());
  const { id } = await gallery.createPerson({ name: 'A' });
  await expect(gallery.mergePeople(id, id)).rejects.toMatchObject({ code: 'BAD_MESSAGE' });
  await expect(gallery.mergePeople(id, 'nobody')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await expect(gallery.mergePeople('nobody', id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  expect(gallery.version).toBe(1);
});

test('two merges that cross leave one person with all faces', async () => {
  const gallery = await openGallery(temporaryDir());
  const a = await gallery.createPerson({ name: 'A' });
  const b = await gallery.createPerson({ name: 'B' });
  await gallery.addFace(a.id, faceOf(1));
  await gallery.addFace(b.id, faceOf(2));
  const outcomes = await Promise.allSettled([gallery.mergePeople(a.id, b.id), gallery.mergePeople(b.id, a.id)]);
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
  expect(gallery.size).toEqual({ people: 1, faces: 2 });
});

test('a merged gallery is exported and imported as it is', async () => {
  const gallery = await openGallery(temporaryDir());
  const a = await gallery.createPerson({ name: 'A' });
  const b = await gallery.createPerson({ name: 'B' });
  await gallery.addFace(b.id, faceOf(2));
  await gallery.mergePeople(a.id, b.id);
  const file = await bytesOf(gallery.exportAll());
  const other = await openGallery(temporaryDir());
  expect(await other.importAll(inPieces(file), 'replace')).toMatchObject({ added: 1, faces: 1 });
  expect(other.person(a.id)?.faces).toBe(1);
});
