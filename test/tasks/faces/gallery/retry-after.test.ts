// Whoever finds an import or the exports in the way is told when they should be done, by their pace so far.
import { expect, test } from 'vitest';
import { ImportProgress } from '../../../../pipeline/tasks/faces/gallery/import-progress.js';
import { bytesOf, galleryOfOne, openGallery, slowExports, temporaryDir } from './fixtures.js';

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

test('a second import is told by what has come of the first', async () => {
  const file = await bytesOf((await galleryOfOne()).exportAll());
  const target = await openGallery(temporaryDir());
  let sendRest = (): void => undefined;
  const half = file.length / 2;
  const slow = (async function* () {
    await wait(300);
    yield file.subarray(0, half);
    await new Promise<void>((resolve) => (sendRest = resolve));
    yield file.subarray(half);
  })();
  // As much again as has come in 300 ms, and a hundred times that.
  const first = target.importAll(slow, 'merge', { announcedBytes: half * 102 });
  await wait(400);
  const refused: unknown = await target.importAll(slow, 'merge').catch((error: unknown) => error);
  expect(refused).toMatchObject({ code: 'OVERLOADED' });
  expect((refused as { retryAfterMs: number }).retryAfterMs).toBeGreaterThan(20_000);
  expect((refused as { retryAfterMs: number }).retryAfterMs).toBeLessThanOrEqual(60_000);
  sendRest();
  expect(await first).toMatchObject({ added: 1 });
});

test('what has come whole is told by how long it took the import before to be applied', async () => {
  const progress = new ImportProgress(0, null);
  expect(progress.restMs).toBeUndefined();
  progress.came(200e6);
  progress.isWhole();
  expect(progress.restMs).toBeGreaterThan(10_000);
  progress.isApplied();
  const next = new ImportProgress(0, progress);
  next.came(200e6);
  await wait(1);
  next.isWhole();
  expect(next.restMs).toBeLessThan(10_000);
});

test('a third export is promised nothing while nobody has read anything of those before', async () => {
  const gallery = await galleryOfOne();
  const slow = await slowExports(gallery);
  await expect(gallery.exportAll().next()).rejects.toMatchObject({ code: 'OVERLOADED', retryAfterMs: undefined });
  for (const reader of slow) await reader.return(undefined);
  expect((await gallery.exportAll().next()).done).toBe(false);
});
