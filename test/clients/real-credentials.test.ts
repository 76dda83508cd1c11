// The clients with keys against the service itself: what each key may, and that a revoked one is out at once.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { OnlookerClient, type ClientOptions } from '../../clients/client.js';
import { createHttpClient } from '../../clients/http-client.js';
import { fixture } from '../fixtures.js';
import { startKeyedService, type KeyedService } from '../server/support/keyed-service.js';
import { startService, type RunningService } from '../server/support/service.js';
import { inBrowsers } from './browser-socket.js';
import { finished, onlooker, start } from './program.js';

let keyed: KeyedService;
/** It asks nobody for a key. */
let keyless: RunningService;
const opened: OnlookerClient[] = [];

beforeAll(async () => {
  [keyed, keyless] = await Promise.all([startKeyedService(), startService()]);
});
afterAll(async () => {
  await keyed.stop();
  await keyless.stop();
});
afterEach(async () => {
  for (const client of opened.splice(0)) await client.close();
});
async function connect(key: string, options: ClientOptions = {}) {
  const client = await OnlookerClient.connect(keyed.service.url, { key, ...options });
  opened.push(client);
  return client;
}
const asAdmin = (...args: string[]) => onlooker(args, { ONLOOKER_URL: keyed.service.url, ONLOOKER_KEY: keyed.keys.admin });

test('a key that the command line makes sends frames, does nothing else, and is out once it is revoked', async () => {
  const made = await asAdmin('keys', 'add', 'door', '--role', 'ingest', '--stream', 'door-*', '--expires', '1h');
  expect(made.code).toBe(0);
  const as = { ONLOOKER_URL: keyed.service.url, ONLOOKER_KEY: made.stdout.trim() };
  const picture = await fixture('sample1.jpg');
  expect(await onlooker(['send', picture, '--stream', 'door-1'], as)).toMatchObject({ code: 0 });
  const elsewhere = await onlooker(['send', picture, '--stream', 'hall'], as);
  expect([elsewhere.code, elsewhere.stdout]).toEqual([4, '']);
  expect((await onlooker(['people'], as)).code).toBe(4);
  expect((await asAdmin('keys')).stdout).toMatch(/door +ingest +door-\* /);
  const id = made.stdout.slice(4, 12);
  expect((await asAdmin('keys', 'revoke', id)).code).toBe(0);
  expect(await onlooker(['send', picture, '--stream', 'door-1'], as)).toMatchObject({ code: 4, stdout: '' });
});

test('`streams watch` ends by itself when its key is revoked', async () => {
  const { id, key } = await keyed.makeKey({ name: 'watcher', roles: ['viewer'] });
  const child = start(['streams', 'watch'], { ONLOOKER_URL: keyed.service.url, ONLOOKER_KEY: key });
  // The header comes when it is taken on.
  await new Promise((resolve) => child.stdout.once('data', resolve));
  const end = finished(child);
  expect(await keyed.ask('DELETE', `/v1/keys/${id}`, keyed.keys.admin)).toMatchObject({ status: 204 });
  const { code, stderr } = await end;
  expect(stderr).toContain('the key is not valid any more');
  expect(code).toBe(4);
});

describe.each([
  ['with headers', {}],
  ['in browsers', inBrowsers],
])('the library, %s', (where, options) => {
  test('a key opens its streams and no others', async () => {
    const { key } = await keyed.makeKey({ name: where, roles: ['ingest'], streams: ['gate-*'] });
    const client = await connect(key, options);
    expect((await client.open({ stream: 'gate-1' })).state).toBe('open');
    await expect(client.open({ stream: 'hall' })).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });

  test('no key and a wrong one are UNAUTHORIZED', async () => {
    const wrong = `onl_aaaaaaaa_${'A'.repeat(43)}`;
    await expect(OnlookerClient.connect(keyed.service.url, options)).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
    await expect(connect(wrong, options)).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
    await expect(createHttpClient(keyed.service.url, { key: wrong }).people.list()).rejects.toMatchObject({ status: 401 });
  });

  test('a revoked key ends the client, its streams and its subscriptions for good', async () => {
    const { id, key } = await keyed.makeKey({ name: where, roles: ['ingest', 'viewer'] });
    const client = await connect(key, options);
    const stream = await client.open({ stream: `revoked-${where.replace(' ', '-')}` });
    const following = expect((await client.subscribe({ streams: ['*'] })).next()).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
    const ended = new Promise((resolve) => client.on('closed', resolve));
    await createHttpClient(keyed.service.url, { key: keyed.keys.admin }).keys.revoke(id);
    expect(await ended).toMatchObject({ code: 'UNAUTHORIZED' });
    await following;
    expect(stream.state).toBe('closed');
  });

  test('a key is shown in vain, and does no harm, where the service asks for none', async () => {
    const client = await OnlookerClient.connect(keyless.url, { key: keyed.keys.viewer, ...options });
    await client.open({ stream: where.replace(' ', '-') });
    await client.close();
  });
});

test('HTTP: who one is, tickets, and what is not allowed', async () => {
  const http = createHttpClient(keyed.service.url, { key: keyed.keys.enroller });
  expect(await http.session.get()).toMatchObject({
    authentication: { required: true },
    principal: { name: 'enroller', roles: ['enroller'] },
  });
  const { ticket, expires_at: expiresAt } = await http.session.ticket({ role: 'enroller' });
  expect([typeof ticket, expiresAt > Date.now()]).toEqual(['string', true]);
  await expect(http.keys.list()).rejects.toMatchObject({ code: 'FORBIDDEN', status: 403 });
});
