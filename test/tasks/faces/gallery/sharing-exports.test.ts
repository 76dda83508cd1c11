// Exports at once: the disk holds the gallery once, and nothing is written for who does not read.
import { afterEach, expect, test, vi } from 'vitest';
import { SpoolFile } from '../../../../pipeline/tasks/faces/gallery/spool-file.js';
import { bytesOf, galleryOfOne, openGallery, slowExports, temporaryDir } from './fixtures.js';

const created = vi.spyOn(SpoolFile, 'create');
afterEach(() => void created.mockClear());

test('an export that nobody reads writes nothing', async () => {
  const gallery = await galleryOfOne();
  const unread = gallery.exportAll();
  await unread.return(undefined);
  expect(created).not.toHaveBeenCalled();
});

test('exports at once read one file', async () => {
  const gallery = await galleryOfOne();
  const files = await Promise.all(Array.from({ length: 24 }, () => bytesOf(gallery.exportAll())));
  expect(created).toHaveBeenCalledTimes(1);
  expect(new Set(files.map((file) => file.toString('base64'))).size).toBe(1);
  await bytesOf(gallery.exportAll());
  expect(created).toHaveBeenCalledTimes(2);
});

test('an export after a change has that change in it, and the one before is read to its end', async () => {
  const gallery = await galleryOfOne();
  const slow = gallery.exportAll();
  const first = await slow.next();
  await gallery.createPerson({ name: 'B' });
  const [older, newer] = [[first.value as Uint8Array], await bytesOf(gallery.exportAll())];
  for await (const chunk of slow) older.push(chunk);
  const target = await openGallery(temporaryDir());
  await target.importAll(oneChunk(Buffer.concat(older)), 'replace');
  expect(target.size.people).toBe(1);
  await target.importAll(oneChunk(newer), 'replace');
  expect(target.size.people).toBe(2);
});

test('slow readers hold two moments of the gallery at most', async () => {
  const gallery = await galleryOfOne();
  const slow = await slowExports(gallery);
  await expect(gallery.exportAll().next()).rejects.toMatchObject({ code: 'OVERLOADED' });
  await slow[0]?.return(undefined);
  expect((await gallery.exportAll().next()).done).toBe(false);
});

async function* oneChunk(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
  await Promise.resolve();
}
