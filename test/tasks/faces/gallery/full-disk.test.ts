import type { BigIntStatsFs } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { afterEach, expect, test, vi } from 'vitest';
import { StoreOpenError } from '../../../../pipeline/store/store-open-error.js';
import { bytesOf, inPieces, openGallery, temporaryDir } from './fixtures.js';
import { face, fileOf, header, person } from './gallery-files.js';
import { faceOf } from './vectors.js';

vi.mock('node:fs/promises', { spy: true });
afterEach(() => void vi.mocked(statfs).mockReset());

const MIB = 2 ** 20;
const full = { code: 'DISK_FULL', message: expect.stringContaining('nearly full') as string };

/** From now on the disk has so many bytes left. */
function leave(bytes: number): void {
  vi.mocked(statfs).mockResolvedValue({ bavail: bytes / 4096, bsize: 4096 } as unknown as BigIntStatsFs);
}

test('on a full disk changes are refused, nothing is lost, and it goes on when there is room again', async () => {
  const gallery = await openGallery(temporaryDir());
  const { id } = await gallery.createPerson({ name: 'A' });
  leave(40_960);
  await expect(gallery.addFace(id, faceOf(1))).rejects.toMatchObject(full);
  await expect(gallery.deletePerson(id)).rejects.toMatchObject(full);
  expect(gallery.version).toBe(1);
  expect(gallery.size).toEqual({ people: 1, faces: 0 });
  await expect(openGallery(temporaryDir())).rejects.toThrow(StoreOpenError);
  vi.mocked(statfs).mockReset();
  expect((await gallery.addFace(id, faceOf(1))).created).toBe(true);
});

test('with little room left files are refused as they come, and people are enrolled all the same', async () => {
  const gallery = await openGallery(temporaryDir());
  leave(25 * MIB);
  let read = 0;
  async function* upload(): AsyncGenerator<Uint8Array> {
    for (; read < 64; read++) yield new Uint8Array(MIB);
    await Promise.resolve();
  }
  const importing = gallery.importAll(upload(), 'replace');
  const created = gallery.createPerson({ name: 'A' });
  await expect(importing).rejects.toMatchObject(full);
  expect(read).toBe(0);
  const { id } = await created;
  await gallery.addFace(id, faceOf(1));
  await expect(bytesOf(gallery.exportAll())).rejects.toMatchObject(full);
  expect(gallery.size).toEqual({ people: 1, faces: 1 });
});

test('a disk that fills up while a file comes ends the import, and leaves room for the others', async () => {
  const gallery = await openGallery(temporaryDir());
  leave(90 * MIB);
  async function* upload(): AsyncGenerator<Uint8Array> {
    for (let mib = 90; mib > 0; mib--) {
      leave(mib * MIB);
      yield new Uint8Array(MIB);
    }
    await Promise.resolve();
  }
  await expect(gallery.importAll(upload(), 'merge')).rejects.toMatchObject(full);
  expect((await statfs('.')).bavail * 4096).toBeGreaterThan(60 * MIB);
  await gallery.createPerson({ name: 'A' });
});

test('a disk that fills up while a store is written leaves the one before, which goes on', async () => {
  const people = Array.from({ length: 300 }, (_, index) => person(`p${index}`));
  const file = fileOf([header(300, 1), ...people, face('f', 'p0')]);
  const dir = temporaryDir();
  const gallery = await openGallery(dir);
  await gallery.createPerson({ name: 'A' });
  let looks = 0;
  vi.mocked(statfs).mockImplementation(() => {
    // The spool's, that before the store, and two of its transactions.
    const bytes = ++looks > 4 ? 17 * MIB : 1000 * MIB;
    return Promise.resolve({ bavail: bytes / 4096, bsize: 4096 } as unknown as BigIntStatsFs);
  });
  await expect(gallery.importAll(inPieces(file), 'replace')).rejects.toMatchObject(full);
  vi.mocked(statfs).mockReset();
  expect(gallery.size).toEqual({ people: 1, faces: 0 });
  await gallery.createPerson({ name: 'B' });
  await gallery.importAll(inPieces(file), 'merge');
  await gallery.close();
  expect((await openGallery(dir)).size).toEqual({ people: 302, faces: 1 });
});

test('one file is imported at a time', async () => {
  const gallery = await openGallery(temporaryDir());
  const file = fileOf([header(1, 0), person('a')]);
  const first = gallery.importAll(inPieces(file), 'merge');
  await expect(gallery.importAll(inPieces(file), 'merge')).rejects.toMatchObject({ code: 'OVERLOADED' });
  expect(await first).toMatchObject({ added: 1 });
  expect((await gallery.importAll(inPieces(file), 'merge')).kept).toEqual(['a']);
});
