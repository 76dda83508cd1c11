// When the service listens beyond loopback at all, and that a key which is made closes it for whoever is there already.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { defaultPack } from '../fixtures.js';
import { bearer } from './support/keyed-service.js';
import { asJson } from './support/images.js';
import { failingStart, startService } from './support/service.js';
import { Socket } from './support/socket.js';

let folder: string;
beforeAll(async () => {
  await defaultPack();
  folder = await mkdtemp(join(tmpdir(), 'onlooker-opening-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const ADMIN_KEY = 'configured-key-of-at-least-32-letters';
const statusOf = async (url: string, headers: Record<string, string> = {}): Promise<number> =>
  (await fetch(`${url}/v1/config`, { headers })).status;

test.each(['0.0.0.0', '::'])('without keys the service does not listen on %s, and says in one line what to do', async (host) => {
  const { code, stderr } = await failingStart({ ONLOOKER_HOST: host, ONLOOKER_DATA_DIR: join(folder, 'closed') });
  expect([code, stderr]).toEqual([1, expect.stringMatching(/^onlooker: [^\n]+\n$/)]);
  expect(stderr).toContain('onlooker keys add');
  expect(stderr).toContain('ONLOOKER_OPEN');
});

test('with a configured key it listens everywhere, and asks for it, on loopback too', async () => {
  const service = await startService({ ONLOOKER_HOST: '0.0.0.0', ONLOOKER_ADMIN_KEY: ADMIN_KEY });
  expect(await statusOf(service.url)).toBe(401);
  expect(await statusOf(service.url, bearer(ADMIN_KEY))).toBe(200);
  expect(await statusOf(service.url, bearer(`${ADMIN_KEY}x`))).toBe(401);
  const config = await (await fetch(`${service.url}/v1/config`, { headers: bearer(ADMIN_KEY) })).text();
  expect(config).not.toContain(ADMIN_KEY);
  expect(service.log).not.toContain(ADMIN_KEY);
  await service.stop();
});

test('a session that was begun with a configured key ends with it, over a restart too', async () => {
  const dataDir = join(folder, 'configured');
  const first = await startService({ ONLOOKER_DATA_DIR: dataDir, ONLOOKER_ADMIN_KEY: ADMIN_KEY });
  const answer = await fetch(`${first.url}/v1/session`, { method: 'POST', body: asJson({ key: ADMIN_KEY }) });
  const cookie = answer.headers.get('set-cookie')?.split(';', 1)[0] ?? '';
  expect(await statusOf(first.url, { cookie })).toBe(200);
  first.signal('SIGTERM');
  await first.exited();
  const again = await startService({ ONLOOKER_DATA_DIR: dataDir, ONLOOKER_ADMIN_KEY: ADMIN_KEY });
  expect(await statusOf(again.url, { cookie })).toBe(200);
  again.signal('SIGTERM');
  await again.exited();
  const changed = await startService({ ONLOOKER_DATA_DIR: dataDir, ONLOOKER_ADMIN_KEY: `another-${ADMIN_KEY}` });
  expect(await statusOf(changed.url, { cookie })).toBe(401);
  await changed.stop();
});

test('said outright it is open to all, and looks at no credential', async () => {
  const service = await startService({ ONLOOKER_HOST: '0.0.0.0', ONLOOKER_OPEN: 'true' });
  expect(await statusOf(service.url)).toBe(200);
  expect(await statusOf(service.url, bearer('whatever'))).toBe(200);
  await service.stop();
});

test('with the first key, whoever came without one has to go', async () => {
  const service = await startService();
  const socket = await Socket.connect(service.wsUrl);
  await socket.next('hello');
  const made = await fetch(`${service.url}/v1/keys`, { method: 'POST', body: asJson({ name: 'me', roles: ['admin'] }) });
  expect(made.status).toBe(201);
  const { id, key } = (await made.json()) as { id: string; key: string };
  expect(await socket.closed).toMatchObject({ code: 4401 });
  expect(await statusOf(service.url)).toBe(401);
  expect(await statusOf(service.url, bearer(key))).toBe(200);
  // Taking the last key away opens nothing.
  await fetch(`${service.url}/v1/keys/${id}`, { method: 'DELETE', headers: bearer(key) });
  expect(await statusOf(service.url)).toBe(401);
  expect(await statusOf(service.url, bearer(key))).toBe(401);
  await service.stop();
});
