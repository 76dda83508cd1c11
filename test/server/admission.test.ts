// Who is let in at all: requests and connections that are meant for this service and come from its own pages, from listed ones,
// or from programs. Whatever else comes is refused before anything is read or told.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startService, type RunningService } from './support/service.js';
import { rawRequest, rawRequests } from './support/raw-http.js';
import { upgradeStatus } from './support/socket.js';

const LISTED = 'https://intranet.example.org';
let service: RunningService;

beforeAll(async () => {
  service = await startService({
    ONLOOKER_ALLOWED_HOSTS: 'faces.example.org,*.lan.example',
    ONLOOKER_ALLOWED_ORIGINS: `${LISTED}, null`,
  });
});
afterAll(async () => {
  await service.stop();
});

const ask = (path: string, headers: Record<string, string | undefined>, method = 'GET', body = '') =>
  rawRequest(service.port, { path, method, headers, body });
const errorOf = (body: string): unknown => (JSON.parse(body) as { error: { code: string } }).error.code;

/** One address of each kind: data, a change, a page, a file of it, an unknown one, a wrong method. */
const ADDRESSES: readonly (readonly [method: string, path: string])[] = [
  ['GET', '/v1/people'],
  ['GET', '/v1/gallery/export'],
  ['HEAD', '/v1/gallery/export'],
  ['GET', '/health'],
  ['GET', '/ready'],
  ['GET', '/metrics'],
  ['GET', '/v1/config'],
  ['POST', '/v1/people'],
  ['POST', '/v1/gallery/import?mode=replace'],
  ['POST', '/v1/identify'],
  ['DELETE', '/v1/people/abc'],
  ['GET', '/'],
  ['GET', '/client.js'],
  ['GET', '/v1/ws'],
  ['GET', '/nowhere'],
  ['PUT', '/v1/people'],
  ['OPTIONS', '/v1/people'],
];

describe('a name that is not this service’s', () => {
  for (const host of [
    'evil.example',
    '127.0.0.1.evil.example',
    'localhost.evil.example',
    'evil.example:8080',
    'xlocalhost',
    '192.0.2.7',
    '[2001:db8::7]',
    'lan.example',
    'localhost@evil.example',
    'localhost/evil.example',
    '',
  ]) {
    test(`is refused at every address: ${JSON.stringify(host)}`, async () => {
      for (const [method, path] of ADDRESSES) {
        const { status, body } = await ask(path, { host }, method);
        expect({ method, path, status }).toEqual({ method, path, status: 403 });
        if (method !== 'HEAD') expect(errorOf(body)).toBe('FORBIDDEN');
      }
    });
  }
});

test.each([
  'localhost',
  'LOCALHOST:9000',
  'localhost.',
  'cam.localhost',
  '127.0.0.1',
  '127.8.0.1:80',
  '[::1]:8080',
  'faces.example.org',
  'door.lan.example:443',
])('a name of the service is served: %s', async (host) => {
  expect((await ask('/v1/people', { host })).status).toBe(200);
});

describe('a page of another origin', () => {
  for (const origin of [
    'https://evil.example',
    'http://127.0.0.1.evil.example',
    'http://127.0.0.1',
    'http://127.0.0.1:1',
    'http://localhost:3000',
    'https://intranet.example.org.evil.example',
    'https://intranet.example.org:8443',
    'http://intranet.example.org',
    'file://',
    'null, http://127.0.0.1',
  ]) {
    test(`is refused at every address: ${origin}`, async () => {
      for (const [method, path] of ADDRESSES) {
        const { status, headers } = await ask(path, { origin }, method);
        expect({ method, path, status }).toEqual({ method, path, status: 403 });
        expect(headers['access-control-allow-origin']).toBeUndefined();
      }
    });
  }

  test('changes nothing, whatever body it sends', async () => {
    for (const type of ['text/plain', 'application/json', 'application/x-www-form-urlencoded', undefined]) {
      const body = '{"name":"Mallory"}';
      const answer = await ask('/v1/people', { origin: 'https://evil.example', 'content-type': type }, 'POST', body);
      expect(answer.status).toBe(403);
    }
    expect(JSON.parse((await ask('/v1/people', {})).body)).toEqual({ people: [] });
  });

  test('is refused by what the browser says, where no origin is sent', async () => {
    for (const site of ['cross-site', 'same-site', 'CROSS-SITE', 'odd']) {
      for (const mode of ['no-cors', 'cors', 'websocket', '']) {
        const { status } = await ask('/v1/people', { 'sec-fetch-site': site, 'sec-fetch-mode': mode });
        expect({ site, mode, status }).toEqual({ site, mode, status: 403 });
      }
    }
  });

  test('may link to the console, and to nothing that holds data', async () => {
    const link = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };
    expect((await ask('/', link)).status).toBe(200);
    expect((await ask('/v1/gallery/export', link)).status).toBe(403);
    expect((await ask('/v1/people', link, 'POST', '{}')).status).toBe(403);
  });

  test('opens no WebSocket', async () => {
    for (const origin of ['https://evil.example', 'http://127.0.0.1.evil.example', 'http://localhost:3000']) {
      expect(await upgrade({ origin })).toBe(403);
    }
    expect(await upgrade({ host: 'evil.example' })).toBe(403);
    expect(await upgrade({}, '?stream=door-1')).toBe(101);
  });
});

test('the service’s own page is served, by whatever of its names it was opened', async () => {
  const host = 'faces.example.org:8443';
  expect(
    (await ask('/v1/people', { host, origin: 'https://faces.example.org:8443', 'sec-fetch-site': 'same-origin' })).status,
  ).toBe(200);
  expect(await upgrade({ origin: service.url })).toBe(101);
});

describe('a page of a listed origin', () => {
  test('may use the service, and reads its answers', async () => {
    for (const origin of [LISTED, 'null']) {
      const { status, headers } = await ask('/v1/people', { origin, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors' });
      expect(status).toBe(200);
      expect(headers).toMatchObject({ 'access-control-allow-origin': origin, vary: 'origin' });
      expect(headers['access-control-allow-credentials']).toBeUndefined();
      expect(await upgrade({ origin })).toBe(101);
    }
  });

  test('is told so before it sends', async () => {
    const asked = { origin: LISTED, 'access-control-request-method': 'PATCH', 'access-control-request-headers': 'authorization' };
    const { status, headers } = await ask('/v1/people/abc', asked, 'OPTIONS');
    expect(status).toBe(204);
    expect(headers).toMatchObject({
      'access-control-allow-origin': LISTED,
      'access-control-allow-methods': 'GET, HEAD, POST, PATCH, DELETE',
      'access-control-allow-headers': 'authorization, content-type',
    });
    expect((await ask('/v1/people/abc', { ...asked, origin: 'https://evil.example' }, 'OPTIONS')).status).toBe(403);
  });

  test('reads refusals too', async () => {
    const { status, headers } = await ask('/v1/people/nobody', { origin: LISTED });
    expect(status).toBe(404);
    expect(headers['access-control-allow-origin']).toBe(LISTED);
  });
});

test('JSON is taken as JSON alone, since a page can send anything else without asking', async () => {
  for (const type of [
    undefined,
    'text/plain',
    'text/plain; application/json',
    'application/x-www-form-urlencoded',
    'multipart/form-data',
  ]) {
    for (const path of ['/v1/people', '/v1/streams', '/v1/people/abc/merge', '/v1/tracks/abc/enroll', '/v1/streams/test']) {
      const { status, body } = await ask(path, { 'content-type': type }, 'POST', '{"name":"Ada"}');
      expect({ type, path, status, code: errorOf(body) }).toEqual({ type, path, status: 415, code: 'UNSUPPORTED_MEDIA' });
    }
  }
  for (const type of ['application/json', 'Application/JSON; charset=utf-8', 'application/merge-patch+json']) {
    expect((await ask('/v1/people', { 'content-type': type }, 'POST', '{"name":"Ada"}')).status).toBe(201);
  }
});

test('whatever holds data says that it is private', async () => {
  for (const path of ['/v1/people', '/v1/gallery/export', '/v1/config', '/metrics', '/health', '/nowhere', '/v1/ws']) {
    const { headers } = await ask(path, {});
    expect(headers).toMatchObject({
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'same-origin',
    });
  }
});

test('HEAD is answered with the head alone, and the connection goes on', async () => {
  const paths = ['/v1/people', '/v1/gallery/export', '/metrics', '/', '/nowhere', '/health'];
  const answers = await rawRequests(
    service.port,
    paths.flatMap((path) => [
      { path, method: 'HEAD' },
      { path: '/health', method: 'GET' },
    ]),
  );
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 200, 200, 200, 404, 200, 200, 200]);
  expect(answers.filter((_, index) => index % 2 === 1).every(({ body }) => body.includes('"ok"'))).toBe(true);
  const [head, get] = await rawRequests(service.port, [{ path: '/health', method: 'HEAD' }, { path: '/health' }]);
  expect(head?.headers['content-length']).toBe(get?.headers['content-length']);
});

test('refusals are counted by reason', async () => {
  const before = await service.metric('onlooker_turned_away_total{reason="host"}');
  await ask('/v1/people', { host: 'evil.example' });
  expect(await service.metric('onlooker_turned_away_total{reason="host"}')).toBe(before + 1);
  expect(service.log).not.toContain('evil.example');
});

const upgrade = (headers: Record<string, string>, query = ''): Promise<number> =>
  upgradeStatus(`${service.wsUrl}${query}`, headers);
