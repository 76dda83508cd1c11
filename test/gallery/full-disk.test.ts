import type { BigIntStatsFs } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { expect, test, vi } from 'vitest';
import { StoreOpenError } from '../../pipeline/store/store-open-error.js';
import { openGallery, temporaryDir } from './fixtures.js';
import { faceOf } from './vectors.js';

vi.mock('node:fs/promises', { spy: true });

test('on a full disk changes are refused, nothing is lost, and it goes on when there is room again', async () => {
  const gallery = await openGallery(temporaryDir());
  const { id } = await gallery.createPerson({ name: 'A' });
  const full = { bavail: 10, bsize: 4096 } as unknown as BigIntStatsFs;
  vi.mocked(statfs).mockResolvedValue(full);
  await expect(gallery.addFace(id, faceOf(1))).rejects.toMatchObject({
    code: 'INTERNAL',
    message: expect.stringContaining('nearly full') as string,
  });
  await expect(gallery.deletePerson(id)).rejects.toMatchObject({ code: 'INTERNAL' });
  expect(gallery.version).toBe(1);
  expect(gallery.size).toEqual({ people: 1, faces: 0 });
  await expect(openGallery(temporaryDir())).rejects.toThrow(StoreOpenError);
  vi.mocked(statfs).mockReset();
  expect((await gallery.addFace(id, faceOf(1))).created).toBe(true);
});
