import { expect, test } from 'vitest';
import { GallerySearch } from '../../../../pipeline/tasks/faces/gallery/gallery-search.js';
import { bytesOf, inPieces, nearest, openGallery, temporaryDir } from './fixtures.js';
import { faceOf, unitVector } from './vectors.js';

test('people and faces are there again after closing and opening', async () => {
  const dir = temporaryDir();
  const first = await openGallery(dir);
  const ada = await first.createPerson({ name: '  Ada ', external_id: 'e-1', metadata: { team: ['a', { b: null }] } });
  expect(ada).toMatchObject({ name: 'Ada', external_id: 'e-1', metadata: { team: ['a', { b: null }] }, faces: 0 });
  const { face, created } = await first.addFace(ada.id, faceOf(1));
  expect(created).toBe(true);
  expect(face).toMatchObject({ person: ada.id, quality: 0.75, box: [1, 2, 30.5, 40] });
  const version = first.version;
  await first.close();

  const second = await openGallery(dir);
  expect(second.version).toBe(version);
  expect(second.size).toEqual({ people: 1, faces: 1 });
  expect(second.person(ada.id)).toEqual({ ...ada, faces: 1 });
  expect(second.listFaces(ada.id, { limit: 10 })).toEqual({ faces: [face] });
  const [best] = nearest(new GallerySearch(second.snapshot), unitVector(1));
  expect(best?.similarity).toBeCloseTo(1, 6);
  expect(second.owner(best?.owner ?? -1)).toEqual({ id: ada.id, name: 'Ada' });
});

test('every change makes the version grow, and what changes nothing does not', async () => {
  const gallery = await openGallery(temporaryDir());
  const person = await gallery.createPerson({ name: 'A' });
  const { face } = await gallery.addFace(person.id, faceOf(1));
  await gallery.updatePerson(person.id, { name: 'B' });
  await gallery.deleteFace(person.id, face.id);
  expect(gallery.version).toBe(4);
  await gallery.updatePerson(person.id, {});
  expect(gallery.version).toBe(4);
  await gallery.deletePerson(person.id);
  expect(gallery.version).toBe(5);
  expect(gallery.size).toEqual({ people: 0, faces: 0 });
});

test('it tells which faces came since a version, nothing of names and people without faces, and that it cannot where some went', async () => {
  const gallery = await openGallery(temporaryDir());
  const ada = await gallery.createPerson({ name: 'Ada' });
  await gallery.addFace(ada.id, faceOf(1));
  const before = gallery.version;
  await gallery.createPerson({ name: 'Nobody yet' });
  await gallery.updatePerson(ada.id, { name: 'Ada Lovelace' });
  expect(gallery.facesSince(before)).toEqual([]);
  const { face } = await gallery.addFace(ada.id, faceOf(2));
  expect(gallery.facesSince(before)).toEqual([{ person: ada.id, embedding: faceOf(2).embedding }]);
  expect(gallery.facesSince(gallery.version)).toEqual([]);
  await gallery.deleteFace(ada.id, face.id);
  expect(gallery.facesSince(before)).toBeNull();
  expect(gallery.facesSince(gallery.version)).toEqual([]);
});

test('people are listed in the order of their making, in pages that survive a deletion between them', async () => {
  const gallery = await openGallery(temporaryDir());
  const names = Array.from({ length: 25 }, (_, index) => `person ${index}`);
  const people = await Promise.all(names.map((name) => gallery.createPerson({ name })));
  const first = gallery.listPeople({ limit: 10 });
  expect(first.next).toBe(people[9]?.id);
  await gallery.deletePerson(first.next ?? '');
  const second = gallery.listPeople({ limit: 10, after: first.next ?? '' });
  const third = gallery.listPeople({ limit: 10, after: second.next ?? '' });
  expect([...first.people, ...second.people, ...third.people].map(({ name }) => name)).toEqual(names);
  expect(third.next).toBeUndefined();
});

test('the faces of a person are listed in pages', async () => {
  const gallery = await openGallery(temporaryDir());
  const { id } = await gallery.createPerson({ name: 'A' });
  const added = [];
  for (let seed = 0; seed < 5; seed++) added.push((await gallery.addFace(id, faceOf(seed))).face);
  const first = gallery.listFaces(id, { limit: 3 });
  const second = gallery.listFaces(id, { limit: 3, after: first.next ?? '' });
  expect([...first.faces, ...second.faces]).toEqual(added);
  expect(second.next).toBeUndefined();
});

test('a patch changes the named fields and leaves the others', async () => {
  let clock = 1000;
  const gallery = await openGallery(temporaryDir(), { now: () => clock });
  const before = await gallery.createPerson({ name: 'A', external_id: 'x', metadata: { a: 1 } });
  clock = 2000;
  expect(await gallery.updatePerson(before.id, { name: 'B' })).toEqual({ ...before, name: 'B', updated_at: 2000 });
  expect(await gallery.updatePerson(before.id, { external_id: null })).toMatchObject({
    name: 'B',
    external_id: null,
    metadata: { a: 1 },
  });
  expect(await gallery.createPerson({ name: 'C', external_id: 'x' })).toMatchObject({ external_id: 'x' });
});

test('an external id belongs to one person', async () => {
  const gallery = await openGallery(temporaryDir());
  const both = await Promise.allSettled([
    gallery.createPerson({ name: 'A', external_id: 'x' }),
    gallery.createPerson({ name: 'B', external_id: 'x' }),
  ]);
  expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
  const other = await gallery.createPerson({ name: 'C' });
  await expect(gallery.updatePerson(other.id, { external_id: 'x' })).rejects.toMatchObject({ code: 'CONFLICT' });
  await gallery.deletePerson(gallery.listPeople({ limit: 1 }).people[0]?.id ?? '');
  expect(await gallery.updatePerson(other.id, { external_id: 'x' })).toMatchObject({ external_id: 'x' });
});

test('the same image twice for one person is one face, for two people two', async () => {
  const gallery = await openGallery(temporaryDir());
  const [a, b] = [await gallery.createPerson({ name: 'A' }), await gallery.createPerson({ name: 'B' })];
  const [first, again] = await Promise.all([gallery.addFace(a.id, faceOf(1)), gallery.addFace(a.id, faceOf(1))]);
  expect(again).toEqual({ face: first.face, created: false });
  expect((await gallery.addFace(b.id, faceOf(1))).created).toBe(true);
  expect(gallery.size.faces).toBe(2);
});

test('what is not there is NOT_FOUND', async () => {
  const gallery = await openGallery(temporaryDir());
  const { id } = await gallery.createPerson({ name: 'A' });
  const notFound = { code: 'NOT_FOUND' };
  expect(gallery.person('nobody')).toBeUndefined();
  expect(() => gallery.listFaces('nobody', { limit: 1 })).toThrow(expect.objectContaining(notFound));
  await expect(gallery.updatePerson('nobody', { name: 'B' })).rejects.toMatchObject(notFound);
  await expect(gallery.deletePerson('nobody')).rejects.toMatchObject(notFound);
  await expect(gallery.addFace('nobody', faceOf(1))).rejects.toMatchObject(notFound);
  await expect(gallery.deleteFace(id, 'no-face')).rejects.toMatchObject(notFound);
});

function nested(depth: number): Record<string, unknown> {
  return depth === 0 ? {} : { inner: nested(depth - 1) };
}

test.each([
  ['an empty name', { name: '   ' }],
  ['a name of 201 characters', { name: 'x'.repeat(201) }],
  ['an empty external id', { name: 'A', external_id: '' }],
  ['metadata over 16 KiB', { name: 'A', metadata: { text: 'x'.repeat(16 * 1024) } }],
  ['metadata nested without end', { name: 'A', metadata: nested(1000) }],
  ['metadata that is a list', { name: 'A', metadata: [] as unknown as Record<string, unknown> }],
])('%s is BAD_MESSAGE and changes nothing', async (_, input) => {
  const gallery = await openGallery(temporaryDir());
  await expect(gallery.createPerson(input)).rejects.toMatchObject({ code: 'BAD_MESSAGE' });
  expect(gallery.version).toBe(0);
});

test('an embedding that is no unit vector of the model is refused', async () => {
  const gallery = await openGallery(temporaryDir());
  const { id } = await gallery.createPerson({ name: 'A' });
  for (const embedding of [unitVector(1, 32), unitVector(1).map((value) => value * 2), unitVector(1).fill(NaN, 3, 4)]) {
    await expect(gallery.addFace(id, { ...faceOf(1), embedding })).rejects.toThrow(RangeError);
  }
  expect(gallery.size.faces).toBe(0);
});

test('closing waits for the changes that are under way and refuses later ones', async () => {
  const dir = temporaryDir();
  const gallery = await openGallery(dir);
  const pending = Array.from({ length: 20 }, (_, index) => gallery.createPerson({ name: `person ${index}` }));
  await Promise.all([gallery.close(), gallery.close()]);
  await Promise.all(pending);
  await expect(gallery.createPerson({ name: 'late' })).rejects.toMatchObject({ code: 'DRAINING' });
  expect((await openGallery(dir)).size.people).toBe(20);
});

test('of two people enrolled with one face at the same time, one is refused', async () => {
  const gallery = await openGallery(temporaryDir());
  const [a, b] = await Promise.all([gallery.createPerson({ name: 'A' }), gallery.createPerson({ name: 'B' })]);
  const searched = { galleryVersion: gallery.version, match: 0.4, own: -1 };
  const enrolled = await Promise.allSettled([a, b].map(({ id }) => gallery.addFace(id, { ...faceOf(1), searched })));
  expect(enrolled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
  expect(enrolled[1]).toMatchObject({ reason: { code: 'CONFLICT', details: { person: a.id, similarity: 1 } } });
  // Somebody who was there when it was searched is the search's business; a face that is more like one's own is no conflict.
  const later = { galleryVersion: gallery.version, match: 0.4, own: -1 };
  await expect(gallery.addFace(b.id, { ...faceOf(1), searched: later })).resolves.toMatchObject({ created: true });
});

test('a face that came with an import between search and commit counts too', async () => {
  const source = await openGallery(temporaryDir());
  const other = await source.createPerson({ name: 'Other' });
  await source.addFace(other.id, faceOf(1));
  const file = await bytesOf(source.exportAll());
  const gallery = await openGallery(temporaryDir());
  const person = await gallery.createPerson({ name: 'A' });
  const searched = { galleryVersion: gallery.version, match: 0.4, own: -1 };
  await gallery.importAll(inPieces(file), 'merge');
  await expect(gallery.addFace(person.id, { ...faceOf(1), searched })).rejects.toMatchObject({ code: 'CONFLICT' });
});
