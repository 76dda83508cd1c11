// What clients show to be let in, what they do when they are not, and that nothing secret is told on the way.
import { inspect } from 'node:util';
import { afterEach, describe, expect, test } from 'vitest';
import { OnlookerClient, ServerError, type ClientOptions, type Retry } from '../../clients/client.js';
import { createHttpClient } from '../../clients/http-client.js';
import { inBrowsers } from './browser-socket.js';
import { ScriptedDoor } from './scripted-door.js';
import { FakeClock, ScriptedService, until, type Script } from './scripted-service.js';

const KEY = 'onl_aaaaaaaa_secret-secret-secret-secret-secret-secret0';
const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const resource of opened.splice(0)) await resource.close();
});

async function guarded(script: Script = {}) {
  const door = new ScriptedDoor(KEY);
  const service = await ScriptedService.start({ door, ...script });
  opened.push(service);
  return { door, service };
}
async function connect(address: string, options: ClientOptions = {}) {
  const client = await OnlookerClient.connect(address, { random: () => 0, ...options });
  opened.push(client);
  return client;
}
const failureOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );
const endOf = (client: OnlookerClient) => new Promise<Error | undefined>((resolve) => client.on('closed', resolve));

describe('what is shown', () => {
  test.each([
    ['a key', '', { key: KEY }, `Bearer ${KEY}`],
    ['user and password of the address', `me:${KEY}@`, {}, `Basic ${btoa(`me:${KEY}`)}`],
    ['a key beside them', 'me:wrong@', { key: KEY }, `Bearer ${KEY}`],
    ['a header', '', { headers: { Authorization: `Bearer ${KEY}` } }, `Bearer ${KEY}`],
    ['what a function gives', '', { key: () => Promise.resolve(KEY) }, `Bearer ${KEY}`],
  ])('%s goes with requests and with the WebSocket', async (_what, user, options, expected) => {
    const { door, service } = await guarded({ onRequest: (_request, response) => void response.end('{"models":[]}') });
    const address = service.url.replace('//', `//${user}`);
    await (await connect(address, options)).open({ stream: 'a' });
    await createHttpClient(address, options).models();
    expect(door.visits.map(({ path, authorization }) => [path, authorization])).toEqual([
      ['/v1/ws', expected],
      ['/v1/models', expected],
    ]);
  });

  test('further headers go along, percent signs in passwords are understood', async () => {
    const { door, service } = await guarded();
    door.keys.add('p@ss/wört%');
    const address = service.url.replace('//', `//me:${encodeURIComponent('p@ss/wört%')}@`);
    await connect(address, { headers: { 'X-Proxy': 'let me through' } });
    expect(door.visits[0]?.headers['x-proxy']).toBe('let me through');
  });

  test('a subscription shows the same on its own connection', async () => {
    const { door, service } = await guarded();
    await (await connect(service.url, { key: KEY })).subscribe({ streams: ['*'] });
    expect(door.upgrades().map(({ authorization }) => authorization)).toEqual([`Bearer ${KEY}`, `Bearer ${KEY}`]);
  });

  test('where a WebSocket takes no headers, a ticket of one use stands for the key, a new one for each connection', async () => {
    const { door, service } = await guarded();
    const clock = new FakeClock();
    const client = await connect(service.url, { key: KEY, clock, ...inBrowsers });
    service.connections[0]?.socket.terminate();
    await until(() => !client.isConnected);
    clock.advance(250);
    await until(() => service.connections.length === 2);
    expect(door.visits.map(({ method, path, authorization }) => [method, path, authorization])).toEqual([
      ['POST', '/v1/tickets', `Bearer ${KEY}`],
      ['GET', '/v1/ws?ticket=ticket-1', undefined],
      ['POST', '/v1/tickets', `Bearer ${KEY}`],
      ['GET', '/v1/ws?ticket=ticket-2', undefined],
    ]);
  });
});

describe.each([
  ['with headers', {}],
  ['in browsers', inBrowsers],
])('what is refused, %s', (_where, options) => {
  test('no key, a wrong one, and one without rights are told by their code at once', async () => {
    const { door, service } = await guarded();
    door.powerless.add('powerless');
    expect(await failureOf(OnlookerClient.connect(service.url, options))).toMatchObject({ code: 'UNAUTHORIZED', status: 401 });
    expect(await failureOf(OnlookerClient.connect(service.url, { key: 'wrong', ...options }))).toMatchObject({
      code: 'UNAUTHORIZED',
    });
    expect(await failureOf(OnlookerClient.connect(service.url, { key: 'powerless', ...options }))).toMatchObject({
      code: 'FORBIDDEN',
      status: 403,
    });
  });

  test.each([
    ['a key that is revoked while the connection is away', 'UNAUTHORIZED', (door: ScriptedDoor) => door.keys.clear(), 1006],
    ['a right that is lost meanwhile', 'FORBIDDEN', (door: ScriptedDoor) => door.powerless.add(KEY), 1006],
    ['close code 4401', 'UNAUTHORIZED', () => undefined, 4401],
    ['close code 4403', 'FORBIDDEN', () => undefined, 4403],
  ])('%s ends the attempts to come back', async (_what, code, change, closeCode) => {
    const { door, service } = await guarded();
    const clock = new FakeClock();
    const client = await connect(service.url, { key: KEY, clock, ...options });
    const stream = await client.open({ stream: 'a' });
    const subscription = await client.subscribe({ streams: ['*'] });
    const ends = [endOf(client), failureOf(subscription.next())];
    change(door);
    for (const { socket } of service.connections) {
      if (closeCode === 1006) socket.terminate();
      else socket.close(closeCode);
    }
    if (closeCode === 1006) {
      await until(() => clock.pending >= 2 && !client.isConnected && stream.state === 'interrupted');
      clock.advance(250);
    }
    for (const end of ends) expect(await end).toMatchObject({ name: 'ServerError', code });
    expect(stream.state).toBe('closed');
    const visits = door.visits.length;
    clock.advance(600_000);
    expect([clock.pending, door.visits.length]).toEqual([0, visits]);
    await expect(client.open({ stream: 'b' })).rejects.toMatchObject({ code });
  });

  test('a key that changes: another one is tried after a refusal, the same one is not', async () => {
    const { door, service } = await guarded();
    const clock = new FakeClock();
    const keys = [KEY, KEY, 'second', 'second'];
    const client = await connect(service.url, { key: () => keys.shift() ?? 'second', clock, ...options });
    const retries: Retry[] = [];
    client.on('disconnected', (retry) => retries.push(retry));
    const end = endOf(client);
    keys.splice(0, keys.length, 'second');
    door.keys.clear();
    door.keys.add('second');
    service.connections[0]?.socket.close(4401);
    await until(() => retries.length === 1);
    clock.advance(250);
    await until(() => client.isConnected);
    service.connections[1]?.socket.close(4401);
    await until(() => retries.length === 2);
    clock.advance(500);
    expect(await end).toMatchObject({ code: 'UNAUTHORIZED' });
  });
});

test('a refusal of another kind is tried again, not before the time that the service asks for', async () => {
  const { door, service } = await guarded();
  const clock = new FakeClock();
  const client = await connect(service.url, { key: KEY, clock });
  const retries: Retry[] = [];
  client.on('disconnected', (retry) => retries.push(retry));
  door.closedBy = { status: 503, error: { code: 'DRAINING', message: 'shutting down' }, headers: { 'retry-after': '7' } };
  service.connections[0]?.socket.terminate();
  await until(() => retries.length === 1);
  clock.advance(250);
  await until(() => retries.length === 2);
  expect([retries[1]?.retryInMs, retries[1]?.error.name]).toEqual([7000, 'ConnectionError']);
  expect(retries[1]?.error.message).toMatch(/^no connection to http.*: shutting down$/);
  door.closedBy = undefined;
  clock.advance(7000);
  await until(() => client.isConnected);
});

test('a function that gives no key fails the attempt, and the next one asks it again', async () => {
  const { service } = await guarded();
  const clock = new FakeClock();
  let isDown = false;
  const key = () => (isDown ? Promise.reject(new Error('the vault is sealed')) : Promise.resolve(KEY));
  const client = await connect(service.url, { key, clock });
  const retries: Retry[] = [];
  client.on('disconnected', (retry) => retries.push(retry));
  isDown = true;
  service.connections[0]?.socket.terminate();
  await until(() => retries.length === 1);
  clock.advance(250);
  await until(() => retries.length === 2);
  expect(retries[1]?.error.message).toMatch(/^no key could be had/);
  isDown = false;
  clock.advance(500);
  await until(() => client.isConnected);
});

test('a proxy that refuses without a code is understood all the same', async () => {
  const { door, service } = await guarded();
  const answer = (status: number) =>
    createHttpClient(service.url, {
      fetch: () => Promise.resolve(new Response('<h1>nginx</h1>', { status })),
    });
  await expect(answer(401).models()).rejects.toMatchObject({ code: 'UNAUTHORIZED', status: 401 });
  await expect(answer(403).models()).rejects.toBeInstanceOf(ServerError);
  door.closedBy = { status: 302, error: { code: '', message: '' }, headers: { location: 'http://127.0.0.1:1/' } };
  await expect(createHttpClient(service.url, { key: KEY }).models()).rejects.toThrow('answers with a redirect');
});

test('nothing secret is in an error, whatever goes wrong', async () => {
  const { service } = await guarded();
  const secret = 'hunter2';
  const withSecret = (address: string) => `${address.replace('//', `//me:${secret}@`)}/?token=${secret}`;
  const errors = await Promise.all(
    [
      () => OnlookerClient.connect(withSecret('http://127.0.0.1:1')),
      () => OnlookerClient.connect(withSecret('http://127.0.0.1:1'), inBrowsers),
      () => OnlookerClient.connect(withSecret(service.url)),
      () => OnlookerClient.connect(withSecret(service.url), inBrowsers),
      () => OnlookerClient.connect(service.url, { key: secret }),
      () => OnlookerClient.connect(service.url, { key: `${secret}\n` }),
      () => OnlookerClient.connect(service.url, { headers: { 'X-Key': `${secret}\n` } }),
      () => OnlookerClient.connect(service.url, { key: () => `${secret} ` }),
      () => OnlookerClient.connect(`mailto:me:${secret}@host`),
      () => OnlookerClient.connect(`http://me:${secret}@host:port`),
      () => createHttpClient(withSecret('http://127.0.0.1:1')).models(),
      () => createHttpClient(withSecret(service.url)).models(),
      () => createHttpClient(service.url, { key: secret }).models(),
      async () => createHttpClient(service.url, { key: `${secret}\n` }).models(),
      async () => createHttpClient(`http://me:${secret}@host:port`).models(),
    ].map((attempt) => failureOf(attempt())),
  );
  for (const error of errors) {
    expect(error).toBeInstanceOf(Error);
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(secret);
  }
});

test('a service below a path is found there, over HTTP and by its WebSocket, however it is addressed', async () => {
  const { door, service } = await guarded({
    prefix: '/home/onlooker',
    onRequest: (_request, response) => void response.end('{"models":[]}'),
  });
  for (const end of ['', '/', '/v1/ws']) {
    for (const address of [`${service.url}${end}`, `${service.url}${end}`.replace('http', 'ws')]) {
      if (address.startsWith('ws') && end === '') continue;
      await connect(address, { key: KEY, ...inBrowsers });
      await createHttpClient(address, { key: KEY }).models();
    }
  }
  expect(new Set(door.visits.map(({ path }) => path.replace(/\?.*/, '')))).toEqual(
    new Set(['/home/onlooker/v1/tickets', '/home/onlooker/v1/ws', '/home/onlooker/v1/models']),
  );
  expect(createHttpClient(service.url).faces.pictureUrl('p', 'f')).toBe(`${service.url}/v1/people/p/faces/f/picture.jpg`);
});
