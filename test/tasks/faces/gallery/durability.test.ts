import { expect, test } from 'vitest';
import { GallerySearch } from '../../../../pipeline/tasks/faces/gallery/gallery-search.js';
import { nearest, openGallery, temporaryDir } from './fixtures.js';
import { startEnroller } from './killed-process.js';
import { unitVector } from './vectors.js';

test('SIGKILL in the middle of 1,000 enrolments loses none that was acknowledged, again and again', async () => {
  const dir = temporaryDir();
  const acknowledged: { seed: number; person: string; face: string }[] = [];
  for (const round of [0, 1, 2, 3]) {
    const enroller = startEnroller(dir, 'enrol', String(round * 1000));
    await enroller.told(40 + round * 57);
    await enroller.kill();
    expect(enroller.lines.length).toBeLessThan(1000);
    for (const line of enroller.lines) {
      const [seed = '', person = '', face = ''] = line.split(' ');
      acknowledged.push({ seed: Number(seed), person, face });
    }
  }
  expect(acknowledged.length).toBeGreaterThan(400);

  const gallery = await openGallery(dir);
  const search = new GallerySearch(gallery.snapshot);
  for (const { seed, person, face } of acknowledged) {
    expect(gallery.listFaces(person, { limit: 10 }).faces.map(({ id }) => id)).toEqual([face]);
    const [best] = nearest(search, unitVector(seed), 1);
    expect(best?.similarity).toBeCloseTo(1, 6);
    expect(gallery.owner(best?.owner ?? -1)?.id).toBe(person);
  }
  // At most the one enrolment of each round that was committed but not yet told is there besides.
  expect(gallery.size.faces - acknowledged.length).toBeLessThanOrEqual(4);
});

test('a gallery has one owner: a second process is refused, and a killed one blocks nobody', async () => {
  const dir = temporaryDir();
  const owner = startEnroller(dir, 'hold');
  await owner.told(1);
  await expect(openGallery(dir)).rejects.toThrow(/in use by another running process/);
  await owner.kill();
  expect((await openGallery(dir)).size.people).toBe(0);
});
