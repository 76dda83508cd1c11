// Keys and sessions on a disk that is full: refused by the code that says so, and gone on with when there is room again.
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { KeyStore } from '../../server/access/keys/key-store.js';

vi.mock('write-file-atomic', { spy: true });

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'onlooker-full-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test.each(['ENOSPC', 'EDQUOT'])('%s: a key is neither made nor lost', async (code) => {
  const store = await KeyStore.open({ path: join(folder, 'keys.json') });
  const kept = { roles: ['viewer' as const], streams: ['*'], expires_at: null };
  await store.add({ name: 'first', ...kept });
  vi.mocked(writeFileAtomic).mockRejectedValueOnce(Object.assign(new Error(`${code}: no room, write`), { code }));
  await expect(store.add({ name: 'second', ...kept })).rejects.toMatchObject({
    code: 'DISK_FULL',
    message: 'The disk that holds the keys and sessions is nearly full: nothing was changed. Free some space there.',
  });
  expect(store.list().map(({ name }) => name)).toEqual(['first']);
  await store.add({ name: 'third', ...kept });
  expect(store.list().map(({ name }) => name)).toEqual(['first', 'third']);
  expect(await readdir(folder)).toEqual(['keys.json']);
  await store.close();
});
