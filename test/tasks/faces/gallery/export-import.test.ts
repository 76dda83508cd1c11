import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { GallerySearch } from '../../../../pipeline/tasks/faces/gallery/gallery-search.js';
import type { Gallery } from '../../../../pipeline/tasks/faces/gallery/gallery.js';
import { bytesOf, inPieces, nearest, openGallery, temporaryDir } from './fixtures.js';
import { face, fileOf, frame, header, person } from './gallery-files.js';
import { faceOf, MODEL, unitVector } from './vectors.js';

async function filledGallery(seeds: readonly number[], dir = temporaryDir()): Promise<Gallery> {
  const gallery = await openGallery(dir);
  for (const seed of seeds) {
    const { id } = await gallery.createPerson({ name: `person ${seed}`, external_id: `ext-${seed}`, metadata: { seed } });
    await gallery.addFace(id, faceOf(seed));
  }
  return gallery;
}

const everybody = (gallery: Gallery) => gallery.listPeople({ limit: 10_000 }).people;
const everyFace = (gallery: Gallery) => everybody(gallery).flatMap(({ id }) => gallery.listFaces(id, { limit: 100 }).faces);
const seedsFrom = (first: number, count: number): number[] => Array.from({ length: count }, (_, index) => first + index);

test('a gallery comes back from its file as it was, with ids, external ids, faces and embeddings', async () => {
  const source = await filledGallery(seedsFrom(0, 300));
  const target = await openGallery(temporaryDir());
  const report = await target.importAll(inPieces(await bytesOf(source.exportAll())), 'merge');
  expect(report).toEqual({ added: 300, replaced: 0, kept: [], faces: 300 });
  expect(everybody(target)).toEqual(everybody(source));
  expect(everyFace(target)).toEqual(everyFace(source));
  const search = new GallerySearch(target.snapshot);
  for (const seed of [0, 150, 299]) {
    const [best] = nearest(search, unitVector(seed));
    expect(best?.similarity).toBeCloseTo(1, 6);
    expect(target.owner(best?.owner ?? -1)?.name).toBe(`person ${seed}`);
  }
});

test('an imported gallery is there after the next start', async () => {
  const source = await filledGallery([1, 2]);
  const dir = temporaryDir();
  const target = await openGallery(dir);
  await target.importAll(source.exportAll(), 'replace');
  const version = target.version;
  await target.close();
  const reopened = await openGallery(dir);
  expect(everybody(reopened)).toEqual(everybody(source));
  expect(reopened.version).toBe(version);
  expect(await reopened.createPerson({ name: 'new' })).toMatchObject({ name: 'new' });
});

test('merging keeps who is here, by id or by external id, and adds the others', async () => {
  const source = await filledGallery([1, 2, 3]);
  const file = await bytesOf(source.exportAll());
  const dir = temporaryDir();
  const target = await openGallery(dir);
  await target.importAll(inPieces(file), 'merge');
  const [one, two, three] = everybody(target);
  await target.updatePerson(one?.id ?? '', { name: 'renamed here' });
  await target.deletePerson(two?.id ?? '');
  await target.deletePerson(three?.id ?? '');
  const stranger = await target.createPerson({ name: 'enrolled here', external_id: 'ext-3' });
  const owner = nearest(new GallerySearch(target.snapshot), unitVector(1), 1)[0]?.owner;

  const report = await target.importAll(inPieces(file), 'merge');
  expect(report).toEqual({ added: 1, replaced: 0, kept: [one?.id, three?.id], faces: 1 });
  expect(
    everybody(target)
      .map(({ name }) => name)
      .sort(),
  ).toEqual(['enrolled here', 'person 2', 'renamed here']);
  expect(target.person(stranger.id)).toMatchObject({ external_id: 'ext-3', faces: 0 });
  expect(nearest(new GallerySearch(target.snapshot), unitVector(1), 1)[0]?.owner).toBe(owner);

  const { version } = target;
  expect(await target.importAll(inPieces(file), 'merge')).toMatchObject({ added: 0, faces: 0 });
  expect(target.version).toBe(version);
});

test('replacing leaves what the file holds and nothing else', async () => {
  const source = await filledGallery([1, 2]);
  const target = await openGallery(temporaryDir());
  await target.importAll(source.exportAll(), 'merge');
  await target.updatePerson(everybody(target)[0]?.id ?? '', { name: 'changed' });
  await target.deletePerson(everybody(target)[1]?.id ?? '');
  await target.createPerson({ name: 'only here' });
  const before = target.version;
  expect(await target.importAll(source.exportAll(), 'replace')).toEqual({ added: 1, replaced: 1, kept: [], faces: 2 });
  expect(everybody(target)).toEqual(everybody(source));
  expect(target.version).toBe(before + 1);
});

test('an export is of one moment, however slowly it is read and whatever changes meanwhile', async () => {
  const gallery = await filledGallery(seedsFrom(0, 300));
  const expected = everybody(gallery);
  const reading = gallery.exportAll()[Symbol.asyncIterator]();
  const first = await reading.next();
  for (const { id } of expected.slice(0, 20)) await gallery.deletePerson(id);
  await gallery.createPerson({ name: 'late' });
  const chunks = [first.value as Uint8Array];
  for (let next = await reading.next(); next.done !== true; next = await reading.next()) chunks.push(next.value);
  const target = await openGallery(temporaryDir());
  await target.importAll(inPieces(Buffer.concat(chunks)), 'replace');
  expect(everybody(target)).toEqual(expected);
});

test('changes made while a gallery is imported wait and are not lost', async () => {
  const source = await filledGallery(seedsFrom(0, 300));
  const file = await bytesOf(source.exportAll());
  const target = await filledGallery([5000]);
  const importing = target.importAll(inPieces(file), 'merge');
  const created = await Promise.all(seedsFrom(6000, 20).map((seed) => target.createPerson({ name: `person ${seed}` })));
  await importing;
  created.push(await target.createPerson({ name: 'last' }));
  expect(target.size.people).toBe(300 + 1 + 21);
  for (const { id, name } of created) expect(target.person(id)?.name).toBe(name);
});

test('a file that is cut anywhere or has one byte changed is BAD_GALLERY and changes nothing', async () => {
  const file = await bytesOf((await filledGallery([1, 2, 3])).exportAll());
  const dir = temporaryDir();
  const target = await filledGallery([9], dir);
  const before = { people: everybody(target), version: target.version };
  const damaged: Buffer[] = [Buffer.alloc(0), Buffer.concat([file, Buffer.alloc(1)])];
  for (let at = 0; at < file.length; at += 41) {
    damaged.push(file.subarray(0, at));
    const flipped = Buffer.from(file);
    flipped.writeUInt8(flipped.readUInt8(at) ^ 0x20, at);
    damaged.push(flipped);
  }
  for (const bytes of damaged) {
    await expect(target.importAll(inPieces(bytes), 'replace')).rejects.toMatchObject({ code: 'BAD_GALLERY' });
  }
  expect({ people: everybody(target), version: target.version }).toEqual(before);
  expect(readdirSync(dir).sort()).toEqual(['gallery.mdb', 'gallery.mdb-lock', 'owner.lock']);
});

const hugeRecord = frame(2, Buffer.alloc(0));
hugeRecord.writeUInt32LE(0xffff_ffff, 1);

test.each([
  ['of another model', [header(0, 0, { ...MODEL, sha256: 'b'.repeat(64) })], /model test\/embedder \(sha256 b+/],
  ['of another dimension', [header(0, 0, { ...MODEL, dim: 128 })], /128 values/],
  ['without a header', [person('a')], /header/],
  ['that claims a huge record', [header(1, 0), hugeRecord], /4294967295 bytes/],
  ['with a face of nobody', [header(1, 1), person('a'), face('f', 'b')], /belongs to nobody/],
  ['with a person twice', [header(2, 0), person('a'), person('a')], /twice/],
  ['with an external id twice', [header(2, 0), person('a', { external_id: 'x' }), person('b', { external_id: 'x' })], /twice/],
  ['with a face twice', [header(1, 2), person('a'), face('f', 'a'), face('f', 'a')], /twice/],
  [
    'with an image twice for one person',
    [
      header(1, 2),
      person('a'),
      face('f', 'a', { image_sha256: '0'.repeat(64) }),
      face('g', 'a', { image_sha256: '0'.repeat(64) }),
    ],
    /twice/,
  ],
  ['with another count than its header', [header(2, 0), person('a')], /header says/],
  ['with an empty name', [header(1, 0), person('a', { name: '' })], /name/],
  ['with an id that is none', [header(1, 0), person('../a')], /id/],
  [
    'with an embedding that is no unit vector',
    [
      header(1, 1),
      person('a'),
      face(
        'f',
        'a',
        {},
        unitVector(1).map((value) => value * 1.1),
      ),
    ],
    /unit length/,
  ],
  [
    'with an embedding of not-a-number',
    [header(1, 1), person('a'), face('f', 'a', {}, unitVector(1).fill(NaN, 2, 3))],
    /unit length/,
  ],
  [
    'with an embedding that is too short',
    [header(1, 1), person('a'), face('f', 'a', {}, unitVector(1, 32))],
    /length of the embedding/,
  ],
  ['with a person after a face', [header(2, 1), person('a'), face('f', 'a'), person('b')], /does not belong/],
  ['with an unknown record', [header(0, 0), frame(9, Buffer.from('?'))], /does not belong/],
])('a file %s is BAD_GALLERY and changes nothing', async (_, records, message) => {
  const target = await filledGallery([9]);
  const error: unknown = await target.importAll(inPieces(fileOf(records)), 'replace').catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: 'BAD_GALLERY', message: expect.stringMatching(message) as string });
  expect(target.size).toEqual({ people: 1, faces: 1 });
  expect(target.version).toBe(2);
});

test('a file of a newer format is told apart from a damaged one', async () => {
  const target = await openGallery(temporaryDir());
  const file = fileOf([header(0, 0)], 'ONLKGLRY\x04\0\0\0');
  await expect(target.importAll(inPieces(file), 'merge')).rejects.toThrow(/format 4, this service reads formats up to 3/);
});

test('a file written from the documentation alone is taken', async () => {
  const target = await openGallery(temporaryDir());
  const file = fileOf([header(1, 1), person('some-id', { external_id: 'x' }), face('f', 'some-id')]);
  expect(await target.importAll(inPieces(file), 'merge')).toEqual({ added: 1, replaced: 0, kept: [], faces: 1 });
  expect(target.person('some-id')).toEqual({
    id: 'some-id',
    name: 'A',
    external_id: 'x',
    metadata: {},
    created_at: 1,
    updated_at: 2,
    faces: 1,
  });
});

test('a source that breaks off changes nothing and leaves nothing behind', async () => {
  const file = await bytesOf((await filledGallery([1])).exportAll());
  const dir = temporaryDir();
  const target = await openGallery(dir);
  async function* breaking(): AsyncGenerator<Uint8Array> {
    yield file.subarray(0, 100);
    await Promise.resolve();
    throw new Error('the connection is gone');
  }
  await expect(target.importAll(breaking(), 'merge')).rejects.toThrow('the connection is gone');
  expect(target.version).toBe(0);
  expect(readdirSync(dir).some((name) => name.startsWith('spool-'))).toBe(false);
});
