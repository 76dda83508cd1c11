import { expect, test } from 'vitest';
import { GallerySearch } from '../../pipeline/gallery/gallery-search.js';
import { faceOf, openGallery, temporaryDir, unitVector } from './fixtures.js';

test('people and faces are there again after closing and opening', async () => {
  const dir = temporaryDir();
  const first = await openGallery(dir);
  const ada = await first.createPerson({ name: '  Ada ', external_id: 'e-1', metadata: { team: ['a', { b: null }] } });
  expect(ada).toMatchObject({ name: 'Ada', external_id: 'e-1', metadata: { team: ['a', { b: null }] }, faces: 0 });
  const { face, created } = await first.addFace(ada.id, faceOf(1));
  expect(created).toBe(true);
  expect(face).toMatchObject({ person: ada.id, quality: 0.75, box: [1, 2, 30.5, 40] });
  const version = first.version;
  await first.close();

  const second = await openGallery(dir);
  expect(second.version).toBe(version);
  expect(second.size).toEqual({ people: 1, faces: 1 });
  expect(second.person(ada.id)).toEqual({ ...ada, faces: 1 });
  expect(second.listFaces(ada.id, { limit: 10 })).toEqual({ faces: [face] });
  const [best] = new GallerySearch(second.snapshot).search(unitVector(1));
  expect(best?.similarity).toBeCloseTo(1, 6);
  expect(second.owner(best?.owner ?? -1)).toEqual({ id: ada.id, name: 'Ada' });
});
