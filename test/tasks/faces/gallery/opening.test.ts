import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { open as openLmdb } from 'lmdb';
import { expect, test } from 'vitest';
import { StoreOpenError } from '../../../../pipeline/store/store-open-error.js';
import { Gallery } from '../../../../pipeline/tasks/faces/gallery/gallery.js';
import { encodeMeta } from '../../../../pipeline/tasks/faces/gallery/records.js';
import { openGallery, sliceOf, temporaryDir } from './fixtures.js';
import { faceOf, MODEL, unitVector } from './vectors.js';

/** A closed gallery of so many people with a face each. */
async function galleryDir(people: number): Promise<string> {
  const dir = temporaryDir();
  const gallery = await openGallery(dir);
  for (let seed = 0; seed < people; seed++) {
    const { id } = await gallery.createPerson({ name: `person ${seed}` });
    await gallery.addFace(id, faceOf(seed));
  }
  await gallery.close();
  return dir;
}

async function openErrorOf(dir: string, model = MODEL): Promise<string> {
  const error: unknown = await openGallery(dir, { model }).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(StoreOpenError);
  const { message } = error as Error;
  expect(message).not.toContain('\n');
  return message;
}

/** Changes records behind the gallery's back. */
async function tamper(dir: string, records: Record<string, Buffer>): Promise<void> {
  const database = openLmdb<Buffer, string>({ path: join(dir, 'gallery.mdb'), encoding: 'binary', overlappingSync: false });
  for (const [key, value] of Object.entries(records)) await database.put(key, value);
  await database.close();
}

test('a directory that cannot be made or written is told with what to do', async () => {
  const dir = temporaryDir();
  writeFileSync(join(dir, 'file'), '');
  expect(await openErrorOf(join(dir, 'file', 'gallery'))).toMatch(
    /cannot be created or written \(ENOTDIR\): give this user the right/,
  );
  expect(await openErrorOf(join(dir, 'file'))).toMatch(/cannot be created or written \(EEXIST\)/);
});

test('a file that is no gallery is refused and left as it is', async () => {
  const dir = temporaryDir();
  const path = join(dir, 'gallery.mdb');
  const garbage = Buffer.alloc(20_000, 'not a gallery. ');
  writeFileSync(path, garbage);
  expect(await openErrorOf(dir)).toMatch(/is damaged \(it is not an LMDB file\): put back a copy/);
  expect(readFileSync(path).equals(garbage)).toBe(true);
});

/** Opens a gallery that may be damaged. @returns whether it was refused; if not, everything is there and can be added to */
async function refusedOrWhole(dir: string, faces: number): Promise<boolean> {
  const gallery: unknown = await openGallery(dir).catch((error: unknown) => error);
  if (gallery instanceof StoreOpenError) return true;
  if (!(gallery instanceof Gallery)) throw gallery;
  expect(gallery.size.faces).toBe(faces);
  await gallery.createPerson({ name: 'one more' });
  await gallery.close();
  return false;
}

test('a truncated file is refused, unless only free pages were cut off', async () => {
  const dir = await galleryDir(60);
  const path = join(dir, 'gallery.mdb');
  const good = readFileSync(path);
  let refused = 0;
  const lengths = [1, 100, 4096, 5000, 8192, good.length >> 1, good.length - 8192, good.length - 4096, good.length - 1];
  for (const bytes of lengths) {
    writeFileSync(path, good.subarray(0, bytes));
    if (await refusedOrWhole(dir, 60)) refused++;
  }
  expect(refused).toBeGreaterThanOrEqual(6);
  writeFileSync(path, good);
  expect(await refusedOrWhole(dir, 60)).toBe(false);
});

test('no damage ends the process: pages overwritten with noise are refused or were free', async () => {
  const dir = await galleryDir(60);
  const path = join(dir, 'gallery.mdb');
  const good = readFileSync(path);
  let refused = 0;
  for (let page = 0; page < good.length / 4096; page++) {
    const damaged = Buffer.from(good);
    damaged.set(sliceOf(unitVector(page)), page * 4096 + ((page * 512) % 2048));
    writeFileSync(path, damaged);
    if (await refusedOrWhole(dir, 60)) refused++;
  }
  expect(refused).toBeGreaterThan(3);
});

test('a record that was changed behind its back is told', async () => {
  const dir = await galleryDir(1);
  await tamper(dir, { 'face:0': Buffer.from('nonsense') });
  expect(await openErrorOf(dir)).toMatch(/is damaged \(a checksum is wrong\)/);
  const other = await galleryDir(1);
  await tamper(other, { 'something else': Buffer.from('nonsense') });
  expect(await openErrorOf(other)).toMatch(/is damaged \(it holds records under unknown keys\)/);
});

test('a gallery of the version before there were pictures opens as it is, and is of this version from its next change on', async () => {
  const dir = await galleryDir(1);
  await tamper(dir, { meta: encodeMeta({ schema: 1, model: MODEL, gallery_version: 7, purge_pending: false }) });
  const gallery = await openGallery(dir);
  expect([gallery.version, gallery.size.faces]).toEqual([7, 1]);
  const { id } = await gallery.createPerson({ name: 'A' });
  await gallery.addFace(id, { ...faceOf(9), picture: Buffer.from([0xff, 0xd8, 0xff, 0xd9]) });
  await gallery.close();
  expect((await openGallery(dir)).person(id)).toHaveProperty('picture');
});

test('a gallery of a newer version is refused', async () => {
  const dir = await galleryDir(1);
  const meta = { schema: 4, model: MODEL, gallery_version: 1, purge_pending: false, what_else: true };
  await tamper(dir, { meta: encodeMeta(meta) });
  expect(await openErrorOf(dir)).toMatch(/newer version of Onlooker \(schema 4, this one knows 3\): run that version/);
});

test('a gallery of another model is refused, by sha256 or dimension, and both are told', async () => {
  const dir = await galleryDir(1);
  const sha256 = 'b'.repeat(64);
  const message = await openErrorOf(dir, { ...MODEL, id: 'other/model', sha256 });
  expect(message).toContain(`test/embedder (sha256 ${MODEL.sha256}, 64 values)`);
  expect(message).toContain(`other/model (sha256 ${sha256}, 64 values)`);
  expect(await openErrorOf(dir, { ...MODEL, dim: 128 })).toContain('128 values');
  expect((await openGallery(dir)).size.faces).toBe(1);
});

test('a gallery without faces goes over to another model', async () => {
  const dir = await galleryDir(0);
  const other = { ...MODEL, sha256: 'b'.repeat(64), dim: 128 };
  const gallery = await openGallery(dir, { model: other });
  expect(gallery.model).toEqual(other);
  await gallery.close();
  expect((await openGallery(dir, { model: MODEL })).model).toEqual(MODEL);
});

test('what a crash left beside the store is cleared away', async () => {
  const dir = await galleryDir(2);
  for (const name of ['gallery.next.mdb', 'gallery.next.mdb-lock', 'spool-0']) writeFileSync(join(dir, name), 'left over');
  expect((await openGallery(dir)).size.people).toBe(2);
  for (const name of ['gallery.next.mdb', 'gallery.next.mdb-lock', 'spool-0']) expect(existsSync(join(dir, name))).toBe(false);
});
