// A gallery is bounded by the memory that it may take, whoever fills it: a file, a client, an enrolment.
import { expect, test } from 'vitest';
import { faceBytes, GALLERY_BYTES_DEFAULT, PERSON_BYTES } from '../../../../pipeline/tasks/faces/gallery/gallery-memory.js';
import { bytesOf, inPieces, openGallery, temporaryDir } from './fixtures.js';
import { face, fileOf, header, person } from './gallery-files.js';
import { DIM, faceOf, unitVector } from './vectors.js';

const TEN_PEOPLE = 10 * (PERSON_BYTES + 100);
const full = { code: 'GALLERY_FULL', message: expect.stringContaining('Nothing was changed') as string };
const idsOf = (count: number): string[] => Array.from({ length: count }, (_, index) => `p${String(index).padStart(6, '0')}`);
const peopleOf = (count: number): Buffer[] => idsOf(count).map((id) => person(id));

test.each([
  ['more people than fit', [header(450_000, 0), ...peopleOf(2)]],
  ['more people than its header says', [header(0, 0), ...peopleOf(100)]],
  ['more faces of one person than fit', [header(1, 1_000_000), person('a')]],
  [
    'more faces than its header says',
    [header(1, 0), person('a'), ...idsOf(40).map((id, index) => face(id, 'a', {}, unitVector(index)))],
  ],
  ['metadata that does not fit', [header(3, 0), ...idsOf(3).map((id) => person(id, { metadata: { text: 'x'.repeat(12_000) } }))]],
])('a file with %s is refused and changes nothing', async (_, records) => {
  for (const mode of ['merge', 'replace'] as const) {
    const gallery = await openGallery(temporaryDir(), { maxBytes: TEN_PEOPLE });
    await gallery.createPerson({ name: 'A' });
    await expect(gallery.importAll(inPieces(fileOf(records)), mode)).rejects.toMatchObject(full);
    expect(gallery.size).toEqual({ people: 1, faces: 0 });
    expect(gallery.version).toBe(1);
  }
});

test('people of a file are added only where they fit beside those that are here', async () => {
  const gallery = await openGallery(temporaryDir(), { maxBytes: TEN_PEOPLE });
  await gallery.importAll(inPieces(fileOf([header(6, 0), ...peopleOf(6)])), 'merge');
  const others = fileOf([
    header(6, 0),
    ...idsOf(12)
      .slice(6)
      .map((id) => person(id)),
  ]);
  await expect(gallery.importAll(inPieces(others), 'merge')).rejects.toMatchObject(full);
  // Who is here already needs nothing more, and those who are replaced give up their place.
  await gallery.importAll(inPieces(fileOf([header(8, 0), ...peopleOf(8)])), 'merge');
  await gallery.importAll(inPieces(others), 'replace');
  expect(gallery.size.people).toBe(6);
});

test('what clients add is bounded in the same way, and whoever goes makes room', async () => {
  const gallery = await openGallery(temporaryDir(), { maxBytes: TEN_PEOPLE });
  const people = [];
  for (let index = 0; index < 10; index++) people.push(await gallery.createPerson({ name: `person ${index}` }));
  await expect(gallery.createPerson({ name: 'one more' })).rejects.toMatchObject(full);
  const [first, second] = people;
  await expect(gallery.updatePerson(first?.id ?? '', { metadata: { text: 'x'.repeat(1000) } })).rejects.toMatchObject(full);
  await expect(gallery.addFace(first?.id ?? '', faceOf(1))).rejects.toMatchObject(full);
  await gallery.updatePerson(first?.id ?? '', { name: 'short' });
  await gallery.deletePerson(second?.id ?? '');
  await gallery.addFace(first?.id ?? '', faceOf(1));
  expect(gallery.size).toEqual({ people: 9, faces: 1 });
});

test('a gallery that is larger than it may be opens, is recognised by and exported, and takes nothing more', async () => {
  const dir = temporaryDir();
  const before = await openGallery(dir);
  const { id } = await before.createPerson({ name: 'A' });
  await before.addFace(id, faceOf(1));
  await before.close();
  const warnings: string[] = [];
  const log = { warn: (_: object, message: string) => void warnings.push(message) };
  const gallery = await openGallery(dir, { maxBytes: PERSON_BYTES, log });
  expect(warnings).toEqual([expect.stringContaining('nothing can be added')]);
  expect(gallery.size).toEqual({ people: 1, faces: 1 });
  expect((await bytesOf(gallery.exportAll())).length).toBeGreaterThan(0);
  await expect(gallery.createPerson({ name: 'B' })).rejects.toMatchObject(full);
  await gallery.deletePerson(id);
});

test('a hundred thousand people with a face of 512 numbers each fit unless configured otherwise', () => {
  expect(100_000 * (PERSON_BYTES + 2 * 200 + faceBytes(512))).toBeLessThan(GALLERY_BYTES_DEFAULT);
  expect(faceBytes(DIM)).toBeLessThan(faceBytes(512));
});

test('of very many who are kept the answer names the first, and counts the others', async () => {
  const file = fileOf([header(10_002, 0), ...peopleOf(10_002)]);
  const gallery = await openGallery(temporaryDir());
  expect(await gallery.importAll(inPieces(file, 65_536), 'merge')).toEqual({ added: 10_002, replaced: 0, kept: [], faces: 0 });
  const report = await gallery.importAll(inPieces(file, 65_536), 'merge');
  expect(report).toMatchObject({ added: 0, kept_more: 2 });
  expect(report.kept).toEqual(idsOf(10_000));
});
