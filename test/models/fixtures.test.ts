// The material that other tests stand on is there and whole.
import { stat } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { defaultPack, fixture, fixtures } from '../fixtures.js';

test('pictures and videos of known people are fetched by name', async () => {
  const paths = await fixtures();
  expect([...paths.keys()].filter((name) => name.startsWith('franck_'))).toHaveLength(11);
  expect((await stat(await fixture('franck.mp4'))).size).toBe(3387403);
  await expect(fixture('nobody.jpg')).rejects.toThrow('no fixture nobody.jpg');
});

test('the default pack comes with a detector, landmarks and an embedder of 512 dimensions', async () => {
  const pack = await defaultPack();
  expect([pack.detector.id, pack.landmarks?.id, pack.embedder?.id, pack.embedder?.dim]).toEqual([
    'default/fr_detect',
    'default/fr_landmark',
    'default/fr_feature',
    512,
  ]);
});
