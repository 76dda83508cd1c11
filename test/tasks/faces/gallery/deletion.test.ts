import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { FaceMatrix } from '../../../../pipeline/tasks/faces/gallery/face-matrix.js';
import { CHUNK_ROWS } from '../../../../pipeline/tasks/faces/gallery/gallery-chunk.js';
import type { Gallery } from '../../../../pipeline/tasks/faces/gallery/gallery.js';
import { GallerySearch } from '../../../../pipeline/tasks/faces/gallery/gallery-search.js';
import { bytesOf, holdsBytes, holdsNoRow, inPieces, nearest, openGallery, sliceOf, temporaryDir } from './fixtures.js';
import { startEnroller } from './killed-process.js';
import { DIM, faceOf, unitVector } from './vectors.js';

const nameOf = (seed: number): string => `Ottilie Number${seed}.`;
const NEVER_MS = 1_000_000;

/** People with a face each, by the seed of the face. */
async function enrol(gallery: Gallery, seeds: readonly number[]): Promise<Map<number, string>> {
  const people = new Map<number, string>();
  for (const seed of seeds) {
    const { id } = await gallery.createPerson({
      name: nameOf(seed),
      external_id: `ext-${seed}.`,
      metadata: { note: `meta-${seed}.` },
    });
    await gallery.addFace(id, faceOf(seed));
    people.set(seed, id);
  }
  return people;
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, index) => from + index);
const idOf = (people: Map<number, string>, seed: number): string => people.get(seed) ?? '';

/** Whether anything of a person lies anywhere in the directory. */
function hasTraceOf(dir: string, seed: number): boolean {
  const texts = [nameOf(seed), `ext-${seed}.`, `meta-${seed}.`, faceOf(seed).imageSha256].map((text) => Buffer.from(text));
  return [...texts, sliceOf(unitVector(seed))].some((bytes) => holdsBytes(dir, bytes));
}

test('closing leaves no byte of deleted people on disk, and every byte of the others', async () => {
  const dir = temporaryDir();
  const gallery = await openGallery(dir, { purgeDelayMs: NEVER_MS });
  const people = await enrol(gallery, range(0, 100));
  const gone = range(0, 100).filter((seed) => seed % 3 === 0);
  await gallery.updatePerson(idOf(people, 3), { name: 'an interim name' });
  for (const seed of gone) await gallery.deletePerson(idOf(people, seed));
  // Such is LMDB: without a rewrite what was deleted stays in its free space.
  expect(gone.some((seed) => hasTraceOf(dir, seed))).toBe(true);
  await gallery.close();
  expect(gone.filter((seed) => hasTraceOf(dir, seed))).toEqual([]);
  expect(holdsBytes(dir, Buffer.from('an interim name'))).toBe(false);

  const reopened = await openGallery(dir);
  expect(reopened.size).toEqual({ people: 66, faces: 66 });
  const search = new GallerySearch(reopened.snapshot);
  for (const seed of range(0, 100).filter((other) => other % 3 !== 0)) {
    expect(reopened.owner(nearest(search, unitVector(seed), 1)[0]?.owner ?? -1)?.name).toBe(nameOf(seed));
  }
});

test('a deleted face leaves no byte either', async () => {
  const dir = temporaryDir();
  const gallery = await openGallery(dir);
  const { id } = await gallery.createPerson({ name: 'A' });
  const faces = await Promise.all(range(0, 10).map((seed) => gallery.addFace(id, faceOf(seed))));
  await gallery.deleteFace(id, faces[4]?.face.id ?? '');
  await gallery.close();
  expect(holdsBytes(dir, sliceOf(unitVector(4)))).toBe(false);
  expect(range(0, 10).filter((seed) => holdsBytes(dir, sliceOf(unitVector(seed))))).toHaveLength(9);
});

test('soon after a deletion the file is rewritten in the background, and no enrolment made meanwhile is lost', async () => {
  const dir = temporaryDir();
  const gallery = await openGallery(dir, { purgeDelayMs: 5 });
  const people = await enrol(gallery, range(0, 300));
  await gallery.deletePerson(idOf(people, 0));
  let latest = 300;
  // Deletions among the enrolments too: what goes during a rewrite needs another one.
  while (latest < 600) {
    const [added] = [...(await enrol(gallery, [latest]))];
    people.set(latest, added?.[1] ?? '');
    if (latest % 50 === 0) await gallery.deletePerson(idOf(people, latest - 200));
    latest++;
  }
  const gone = [0, 100, 150, 200, 250, 300, 350];
  await vi.waitFor(() => expect(gone.filter((seed) => hasTraceOf(dir, seed))).toEqual([]), { timeout: 60_000, interval: 100 });
  expect(gallery.size).toEqual({ people: 593, faces: 593 });
  await gallery.close();

  const reopened = await openGallery(dir);
  expect(reopened.size).toEqual({ people: 593, faces: 593 });
  for (const [seed, id] of people) expect(reopened.person(id)?.name).toBe(gone.includes(seed) ? undefined : nameOf(seed));
});

test('a process that is killed after a deletion leaves the purge to the next one', async () => {
  const dir = temporaryDir();
  const first = await openGallery(dir);
  const people = await enrol(first, range(0, 30));
  await first.close();
  const killed = startEnroller(dir, 'delete', [5, 6].map((seed) => idOf(people, seed)).join(','));
  await killed.told(1);
  await killed.kill();
  expect(hasTraceOf(dir, 5)).toBe(true);
  const second = await openGallery(dir);
  expect(second.size.people).toBe(28);
  await vi.waitFor(() => expect([5, 6].filter((seed) => hasTraceOf(dir, seed))).toEqual([]), { timeout: 60_000, interval: 50 });
});

test.each(['copying', 'before-rename', 'after-rename'])(
  'a process killed in its rewrite (%s) leaves one whole store',
  async (step) => {
    const dir = temporaryDir();
    const first = await openGallery(dir);
    await enrol(first, range(0, 150));
    await first.close();
    const killed = startEnroller(dir, 'die', step);
    await killed.ended;
    expect(killed.lines).toEqual(['deleted']);
    expect(killed.process.signalCode).toBe('SIGKILL');
    expect(existsSync(join(dir, 'gallery.next.mdb'))).toBe(step !== 'after-rename');

    const second = await openGallery(dir);
    expect(second.size).toEqual({ people: 149, faces: 149 });
    expect((await enrol(second, [1000])).size).toBe(1);
    await second.close();
    expect(hasTraceOf(dir, 0)).toBe(false);
    expect(hasTraceOf(dir, 1)).toBe(true);
  },
);

test('replacing the gallery by an import leaves no byte of who was in it before', async () => {
  const other = await openGallery(temporaryDir());
  await enrol(other, [7000]);
  const file = await bytesOf(other.exportAll());
  const dir = temporaryDir();
  const gallery = await openGallery(dir);
  await enrol(gallery, range(0, 20));
  const before = gallery.snapshot;
  await gallery.importAll(inPieces(file), 'replace');
  expect(range(0, 20).filter((seed) => hasTraceOf(dir, seed))).toEqual([]);
  expect(hasTraceOf(dir, 7000)).toBe(true);
  expect(holdsNoRow(before)).toBe(true);
});

test('a gallery that is replaced is nobody at once, and wiped in steps between which the thread goes on', async () => {
  const matrix = new FaceMatrix(DIM, 0);
  for (let index = 0; index < 3 * CHUNK_ROWS; index++) matrix.append(`face ${index}`, index, unitVector(index % 50));
  const search = new GallerySearch(matrix.snapshot);
  expect(search.search([unitVector(7)])[0]).toHaveLength(3);
  let isCleared = false;
  const cleared = matrix.clear().then(() => (isCleared = true));
  expect(search.search([unitVector(7)])).toEqual([[]]);
  let turns = 0;
  for (; !isCleared; turns++) await new Promise((resolve) => setImmediate(resolve));
  await cleared;
  expect(turns).toBeGreaterThanOrEqual(3);
  expect(holdsNoRow(matrix.snapshot)).toBe(true);
});
