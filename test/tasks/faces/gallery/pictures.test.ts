import { expect, test } from 'vitest';
import type { NewFace } from '../../../../pipeline/tasks/faces/gallery/gallery.js';
import { bytesOf, holdsBytes, inPieces, openGallery, temporaryDir } from './fixtures.js';
import { faceOf } from './vectors.js';

/** What begins as a JPEG does, with bytes that can be looked for. */
function pictureOf(seed: number, bytes = 3_000): Buffer {
  return Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0]), Buffer.alloc(bytes, `picture ${seed} `)]);
}
const pictured = (seed: number): NewFace => ({ ...faceOf(seed), picture: pictureOf(seed) });

test('a picture is kept with its face, told of with the face and the person, and there after a restart', async () => {
  const dir = temporaryDir();
  const gallery = await openGallery(dir);
  const { id } = await gallery.createPerson({ name: 'A' });
  expect(gallery.person(id)).not.toHaveProperty('picture');
  const { face: plain } = await gallery.addFace(id, faceOf(1));
  const { face } = await gallery.addFace(id, pictured(2));
  const { face: better } = await gallery.addFace(id, { ...pictured(3), quality: 0.9 });
  expect([plain.picture, face.picture, better.picture]).toEqual([undefined, true, true]);
  expect(gallery.person(id)?.picture).toBe(better.id);
  await expect(gallery.picture(id, plain.id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await gallery.close();

  const again = await openGallery(dir);
  expect(Buffer.from(await again.picture(id, face.id)).equals(pictureOf(2))).toBe(true);
  expect(again.person(id)?.picture).toBe(better.id);
  await again.deleteFace(id, better.id);
  expect(again.person(id)?.picture).toBe(face.id);
  await expect(again.picture(id, better.id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

test('a picture goes with its face and its person, on disk too', async () => {
  const dir = temporaryDir();
  const gallery = await openGallery(dir, { purgeDelayMs: 0 });
  const a = await gallery.createPerson({ name: 'A' });
  const b = await gallery.createPerson({ name: 'B' });
  const { face } = await gallery.addFace(a.id, pictured(1));
  await gallery.addFace(a.id, pictured(2));
  await gallery.addFace(b.id, pictured(3));
  await gallery.deleteFace(a.id, face.id);
  await gallery.deletePerson(b.id);
  await gallery.close();
  expect([1, 2, 3].map((seed) => holdsBytes(dir, pictureOf(seed, 512).subarray(4)))).toEqual([false, true, false]);
  expect((await openGallery(dir)).size).toEqual({ people: 1, faces: 1 });
});

test('a merge takes pictures along, but for those of doubles', async () => {
  const dir = temporaryDir();
  const gallery = await openGallery(dir);
  const a = await gallery.createPerson({ name: 'A' });
  const b = await gallery.createPerson({ name: 'B' });
  await gallery.addFace(a.id, pictured(1));
  await gallery.addFace(b.id, pictured(1));
  const { face } = await gallery.addFace(b.id, pictured(2));
  await gallery.mergePeople(a.id, b.id);
  expect(Buffer.from(await gallery.picture(a.id, face.id)).equals(pictureOf(2))).toBe(true);
  await gallery.close();
  expect((await openGallery(dir)).size).toEqual({ people: 1, faces: 2 });
});

test('pictures are exported and imported, and those of people who are kept as they are stay out', async () => {
  const gallery = await openGallery(temporaryDir());
  const a = await gallery.createPerson({ name: 'A', external_id: 'a' });
  const b = await gallery.createPerson({ name: 'B' });
  await gallery.addFace(a.id, pictured(1));
  await gallery.addFace(b.id, faceOf(2));
  const { face } = await gallery.addFace(b.id, pictured(3));
  const file = await bytesOf(gallery.exportAll());

  const dir = temporaryDir();
  const other = await openGallery(dir);
  await other.createPerson({ name: 'A here', external_id: 'a' });
  expect(await other.importAll(inPieces(file), 'merge')).toMatchObject({ added: 1, kept: [a.id], faces: 2 });
  expect(Buffer.from(await other.picture(b.id, face.id)).equals(pictureOf(3))).toBe(true);
  expect(await other.importAll(inPieces(file), 'replace')).toMatchObject({ faces: 3 });
  await other.close();
  expect((await openGallery(dir)).person(a.id)).toHaveProperty('picture');
});

test('a gallery without pictures is exported as before there were any', async () => {
  const gallery = await openGallery(temporaryDir());
  const { id } = await gallery.createPerson({ name: 'A' });
  await gallery.addFace(id, faceOf(1));
  const plain = await bytesOf(gallery.exportAll());
  expect(plain.readUInt32LE(8)).toBe(1);
  expect(plain.includes('picture')).toBe(false);
  await gallery.addFace(id, pictured(2));
  expect((await bytesOf(gallery.exportAll())).readUInt32LE(8)).toBe(2);
});

test('where none are wanted none are kept: of an enrolment, of an import, nor of before', async () => {
  const dir = temporaryDir();
  const first = await openGallery(dir);
  const { id } = await first.createPerson({ name: 'A' });
  const { face } = await first.addFace(id, pictured(1));
  const file = await bytesOf(first.exportAll());
  await first.close();

  const second = await openGallery(dir, { pictures: false });
  expect(holdsBytes(dir, pictureOf(1, 512).subarray(4))).toBe(false);
  expect(second.listFaces(id, { limit: 1 }).faces[0]).toMatchObject({ id: face.id });
  expect(second.person(id)).not.toHaveProperty('picture');
  expect((await second.addFace(id, pictured(2))).face).not.toHaveProperty('picture');
  await second.importAll(inPieces(file), 'replace');
  expect(second.person(id)).not.toHaveProperty('picture');
  await second.close();
  expect(holdsBytes(dir, pictureOf(1, 512).subarray(4))).toBe(false);
  expect((await openGallery(dir)).size).toEqual({ people: 1, faces: 1 });
});

test('a picture that is too large is left out, and its face is enrolled all the same', async () => {
  const gallery = await openGallery(temporaryDir());
  const { id } = await gallery.createPerson({ name: 'A' });
  const { face, created } = await gallery.addFace(id, { ...faceOf(1), picture: pictureOf(1, 64 * 1024) });
  expect([created, face.picture]).toEqual([true, undefined]);
});
