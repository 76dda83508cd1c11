// An import whose client goes away: before the commit nothing has happened, after it all has.
import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Gallery } from '../../../../pipeline/tasks/faces/gallery/gallery.js';
import { bytesOf, inPieces, openGallery, temporaryDir } from './fixtures.js';
import { faceOf } from './vectors.js';

async function galleryOf(name: string, seed: number, dir = temporaryDir()): Promise<Gallery> {
  const gallery = await openGallery(dir);
  const { id } = await gallery.createPerson({ name });
  await gallery.addFace(id, faceOf(seed));
  return gallery;
}

const gone = new Error('the client has gone');
const namesOf = (gallery: Gallery): string[] => gallery.listPeople({ limit: 10 }).people.map(({ name }) => name);

/** A signal that is aborted the moment before it is looked at for the n-th time. */
function abortedAtLook(n: number): AbortSignal {
  const stop = new AbortController();
  const { signal } = stop;
  let looks = 0;
  signal.throwIfAborted = () => {
    if (looks++ === n) stop.abort(gone);
    if (signal.aborted) throw signal.reason;
  };
  return signal;
}

test.each(['merge', 'replace'] as const)('a %s that is given up at any step changes nothing', async (mode) => {
  const file = await bytesOf((await galleryOf('from the file', 1)).exportAll());
  const dir = temporaryDir();
  const target = await galleryOf('here', 2, dir);
  const files = readdirSync(dir).sort();
  for (let step = 0; ; step++) {
    const signal = abortedAtLook(step);
    const report = await target.importAll(inPieces(file, 400), mode, { signal }).catch((reason: unknown) => reason);
    if (!signal.aborted) {
      expect(report).toMatchObject({ added: 1, faces: 1 });
      expect(step).toBeGreaterThan(5);
      break;
    }
    expect(report).toBe(gone);
    expect([namesOf(target), target.version]).toEqual([['here'], 2]);
    expect(readdirSync(dir).sort()).toEqual(files);
  }
  expect(namesOf(target)).toContain('from the file');
  expect(target.version).toBe(3);
});

test('an import past its commit is told to whoever is still there', async () => {
  const file = await bytesOf((await galleryOf('from the file', 1)).exportAll());
  const target = await galleryOf('here', 2);
  const stop = new AbortController();
  target.onSnapshot(() => stop.abort(gone));
  expect(await target.importAll(inPieces(file), 'replace', { signal: stop.signal })).toMatchObject({ added: 1 });
  expect(stop.signal.aborted).toBe(true);
  expect(namesOf(target)).toEqual(['from the file']);
});
