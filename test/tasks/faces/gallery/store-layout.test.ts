import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';

test('the layout that the check of a store’s file walks is that of the LMDB which is used', async () => {
  const { dependencies } = JSON.parse(await readFile('package.json', 'utf8')) as { dependencies: Record<string, string> };
  const check = await readFile('pipeline/store/store-file.ts', 'utf8');
  // Another version may lay its pages out otherwise: compare mdb.c with the check, then name the new version there.
  expect(check).toContain(`mdb.c in lmdb ${dependencies['lmdb']} `);
});
