// Keys as they are kept: by several processes at once, over restarts, and never so that a key could be read out of the file.
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { KeyStore } from '../../server/access/keys/key-store.js';
import { StartError } from '../../server/start-error.js';

const NEVER = { streams: ['*'], expires_at: null };
let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'onlooker-keys-'));
  path = join(folder, 'keys.json');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('a key opens after a restart, and the file holds nothing that opens', async () => {
  const store = await KeyStore.open({ path });
  const { key, id } = await store.add({ name: 'door', roles: ['ingest'], ...NEVER });
  await store.close();
  const again = await KeyStore.open({ path });
  expect(again.principalOf(key)).toMatchObject({ id: `key:${id}`, kind: 'key', roles: ['ingest'] });
  const text = await readFile(path, 'utf8');
  expect(text).not.toContain(key.slice(-43));
  expect((await stat(path)).mode & 0o777).toBe(0o600);
});

test('two processes change the keys at once and lose nothing', async () => {
  const [service, commandLine] = [await KeyStore.open({ path }), await KeyStore.open({ path })];
  const made = await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      (index % 2 === 0 ? service : commandLine).add({ name: `key ${index}`, roles: ['viewer'], ...NEVER }),
    ),
  );
  await Promise.all([service.refresh(), commandLine.refresh()]);
  for (const store of [service, commandLine]) {
    expect(store.list()).toHaveLength(20);
    expect(made.every(({ key }) => store.principalOf(key) !== null)).toBe(true);
  }
});

test('a key that another process revokes ends here with the next look', async () => {
  const [service, commandLine] = [await KeyStore.open({ path }), await KeyStore.open({ path })];
  const { id, key } = await service.add({ name: 'gone', roles: ['viewer'], ...NEVER });
  const principal = service.principalOf(key);
  expect(principal?.isValid()).toBe(true);
  await commandLine.refresh();
  await commandLine.revoke(id);
  await service.refresh();
  expect(principal?.isValid()).toBe(false);
  expect(service.principalOf(key)).toBeNull();
  expect(service.hasAny).toBe(true);
});

test('keys that are taken out of the file open nothing while the service runs', async () => {
  const service = await KeyStore.open({ path });
  const { key } = await service.add({ name: 'edited away', roles: ['admin'], ...NEVER });
  await writeFile(path, JSON.stringify({ version: 1, keys: [] }));
  await service.refresh();
  expect(service.principalOf(key)).toBeNull();
  expect(service.hasAny).toBe(true);
});

test('a look at the file while a key is made does not take it back', async () => {
  const [service, commandLine] = [await KeyStore.open({ path }), await KeyStore.open({ path })];
  for (let index = 0; index < 10; index++) {
    await commandLine.add({ name: `other ${index}`, roles: ['viewer'], ...NEVER });
    const [{ key }] = await Promise.all([
      service.add({ name: `own ${index}`, roles: ['viewer'], ...NEVER }),
      service.refresh(),
      service.refresh(),
    ]);
    expect(service.principalOf(key)).not.toBeNull();
  }
});

test('a key holds until its end and no longer; an end in the past is refused', async () => {
  let now = 1_000_000;
  const store = await KeyStore.open({ path, now: () => now });
  const { key } = await store.add({ name: 'brief', roles: ['viewer'], streams: ['*'], expires_at: now + 1000 });
  const principal = store.principalOf(key);
  now += 999;
  expect(principal?.isValid()).toBe(true);
  now += 1;
  expect(principal?.isValid()).toBe(false);
  expect(store.principalOf(key)).toBeNull();
  await expect(store.add({ name: 'late', roles: ['viewer'], streams: ['*'], expires_at: now })).rejects.toMatchObject({
    code: 'BAD_MESSAGE',
  });
});

test('when it was used last is told at once and kept', async () => {
  let now = 1_000_000;
  const store = await KeyStore.open({ path, now: () => now });
  const { key } = await store.add({ name: 'used', roles: ['viewer'], ...NEVER });
  expect(store.list()[0]?.last_used_at).toBeNull();
  now += 5000;
  store.principalOf(key);
  expect(store.list()[0]?.last_used_at).toBe(now);
  await store.close();
  expect((await KeyStore.open({ path })).list()[0]?.last_used_at).toBe(now);
});

test('a damaged file is one line at the start, and while it runs what was known stays', async () => {
  const store = await KeyStore.open({ path });
  const { key } = await store.add({ name: 'known', roles: ['viewer'], ...NEVER });
  await writeFile(path, '{"version":1,"keys":[{"id":');
  await expect(store.refresh()).rejects.toBeInstanceOf(StartError);
  expect(store.principalOf(key)).not.toBeNull();
  await expect(KeyStore.open({ path })).rejects.toThrow(path);
});

test('a file that is taken away while it runs opens nothing', async () => {
  const store = await KeyStore.open({ path });
  const { key } = await store.add({ name: 'known', roles: ['admin'], ...NEVER });
  await rm(path);
  await store.refresh();
  expect(store.hasAny).toBe(true);
  expect(store.principalOf(key)).not.toBeNull();
});
