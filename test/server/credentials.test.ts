// What a credential of each kind opens, for how long, and that nothing wrong ever gets past.
import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import WebSocket from 'ws';
import { bearer, startKeyedService, type KeyedService } from './support/keyed-service.js';
import { rawRequest } from './support/raw-http.js';
import { Socket } from './support/socket.js';

/** To a browser another port of the service's own host is the same site, so it brings the cookie. */
const BESIDE = 'http://127.0.0.1:3000';

let keyed: KeyedService;
beforeAll(async () => {
  keyed = await startKeyedService({ ONLOOKER_ALLOWED_ORIGINS: `${BESIDE}, null` });
});
afterAll(async () => {
  expect(keyed.service.log).not.toMatch(/onl_[a-z0-9]{8}_/);
  await keyed.stop();
});

describe('a key', () => {
  test('that is revoked opens nothing, and its live connections end', async () => {
    const { id, key } = await keyed.makeKey({ name: 'short', roles: ['ingest'] });
    const socket = await Socket.connect(`${keyed.service.wsUrl}?stream=revoked`, [`bearer.${key}`, 'onlooker.v1.json']);
    await socket.until('opened');
    expect((await keyed.ask('DELETE', `/v1/keys/${id}`, keyed.keys.admin)).status).toBe(204);
    expect(await socket.closed).toMatchObject({ code: 4401 });
    expect((await keyed.ask('GET', '/v1/models', key)).status).toBe(401);
    expect((await keyed.ask('DELETE', `/v1/keys/${id}`, keyed.keys.admin)).status).toBe(404);
  });

  test('that is revoked before a body is whole makes nothing of it', async () => {
    const { id, key } = await keyed.makeKey({ name: 'late', roles: ['admin'] });
    const late: { readonly answered: Promise<string>; readonly finish: () => void; readonly close: () => void }[] = [];
    for (const [path, type] of [
      ['/v1/keys', 'application/json'],
      ['/v1/gallery/import?mode=merge', 'application/octet-stream'],
    ] as const) {
      const body = JSON.stringify({ name: 'another', roles: ['admin'] });
      const socket = connect(keyed.service.port, '127.0.0.1');
      const answered = new Promise<string>((resolve) => socket.once('data', (data) => resolve(data.toString())));
      socket.write(`POST ${path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${key}\r\n`);
      socket.write(`Content-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n${body.slice(0, 9)}`);
      late.push({ answered, finish: () => void socket.write(body.slice(9)), close: () => socket.destroy() });
    }
    // Until both are in hand.
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect((await keyed.ask('DELETE', `/v1/keys/${id}`, keyed.keys.admin)).status).toBe(204);
    for (const { answered, finish, close } of late) {
      finish();
      expect(await answered).toMatch(/^HTTP\/1.1 401 /);
      close();
    }
  });

  test('that has run out opens nothing, and its live connections end', async () => {
    const { key } = await keyed.makeKey({ name: 'brief', roles: ['viewer'], expires_at: Date.now() + 1500 });
    const socket = await Socket.connect(keyed.service.wsUrl, [`bearer.${key}`, 'onlooker.v1.json']);
    expect(await socket.closed).toMatchObject({ code: 4401 });
    expect((await keyed.ask('GET', '/v1/models', key)).status).toBe(401);
  });

  test('is told of without what opens', async () => {
    await keyed.makeKey({ name: 'listed', roles: ['viewer', 'ingest'], streams: ['a-*'] });
    const { keys } = (await keyed.ask('GET', '/v1/keys', keyed.keys.admin)).json as { keys: Record<string, unknown>[] };
    const listed = keys.find(({ name }) => name === 'listed') ?? {};
    expect(Object.keys(listed).sort()).toEqual(
      ['created_at', 'expires_at', 'id', 'last_used_at', 'name', 'prefix', 'roles', 'streams'].sort(),
    );
    expect(listed['prefix']).toBe(`onl_${String(listed['id'])}`);
    expect(keys.find(({ name }) => name === 'admin')?.['last_used_at']).toEqual(expect.any(Number));
    expect(JSON.stringify(keys)).not.toMatch(/hash|onl_\w+_/);
  });

  test('works as the password of Basic authentication, for what can send nothing else', async () => {
    const basic = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString('base64')}` });
    expect((await keyed.get('/v1/people', basic(`anybody:${keyed.keys.viewer}`))).status).toBe(200);
    expect((await keyed.get('/v1/people', basic(`${keyed.keys.viewer}:`))).status).toBe(401);
  });
});

describe('a ticket', () => {
  const ticketFor = async (key: string, wishes: object = {}): Promise<string> => {
    const { status, json } = await keyed.ask('POST', '/v1/tickets', key, wishes);
    expect(status).toBe(201);
    return (json as { ticket: string }).ticket;
  };

  test('lets one connection in, once', async () => {
    const ticket = await ticketFor(keyed.keys.ingest);
    expect(await keyed.upgrade({}, `?stream=t-1&ticket=${ticket}`)).toBe(101);
    expect(await keyed.upgrade({}, `?stream=t-1&ticket=${ticket}`)).toBe(401);
  });

  test('is good for its stream and its role alone', async () => {
    expect(await keyed.upgrade({}, `?stream=t-3&ticket=${await ticketFor(keyed.keys.ingest, { stream: 't-2' })}`)).toBe(403);
    expect(await keyed.upgrade({}, `?stream=t-2&ticket=${await ticketFor(keyed.keys.ingest, { stream: 't-2' })}`)).toBe(101);
    expect(await keyed.upgrade({}, `?stream=t-2&ticket=${await ticketFor(keyed.keys.admin, { role: 'viewer' })}`)).toBe(403);
  });

  test('gives nobody more than its maker has', async () => {
    expect((await keyed.ask('POST', '/v1/tickets', keyed.keys.viewer, { role: 'admin' })).status).toBe(403);
    const door = (await keyed.makeKey({ name: 'd', roles: ['ingest'], streams: ['door-*'] })).key;
    expect((await keyed.ask('POST', '/v1/tickets', door, { stream: 'hall' })).status).toBe(403);
    const ticket = await ticketFor(door);
    expect(await keyed.upgrade({}, `?stream=hall&ticket=${ticket}`)).toBe(403);
  });

  test('makes no further tickets', async () => {
    const tickets = (ticket: string) =>
      rawRequest(keyed.service.port, {
        method: 'POST',
        path: `/v1/tickets?ticket=${ticket}`,
        headers: { 'content-type': 'application/json' },
        body: '{}',
      });
    expect((await tickets(await ticketFor(keyed.keys.admin))).status).toBe(403);
  });

  test('does not outlive the key of its maker', async () => {
    const { id, key } = await keyed.makeKey({ name: 'gone', roles: ['ingest'] });
    const ticket = await ticketFor(key);
    await keyed.ask('DELETE', `/v1/keys/${id}`, keyed.keys.admin);
    expect(await keyed.upgrade({}, `?stream=t-4&ticket=${ticket}`)).toBe(401);
  });
});

describe('a browser', () => {
  const signIn = async (body: object): Promise<{ status: number; cookie: string; header: string }> => {
    const { status, headers } = await rawRequest(keyed.service.port, {
      method: 'POST',
      path: '/v1/session',
      headers: { 'content-type': 'application/json', origin: keyed.service.url },
      body: JSON.stringify(body),
    });
    const header = headers['set-cookie'] ?? '';
    return { status, header, cookie: header.split(';', 1)[0] ?? '' };
  };

  test('is signed in with a key, and out again for good', async () => {
    const { status, cookie, header } = await signIn({ key: keyed.keys.viewer });
    expect(status).toBe(200);
    expect(header).toMatch(/^onlooker_session=[\w-]{43}; Max-Age=\d+; Path=\/; HttpOnly; SameSite=Strict$/);
    expect((await keyed.get('/v1/people', { cookie })).status).toBe(200);
    expect((await keyed.get('/v1/config', { cookie })).status).toBe(403);
    expect(JSON.parse((await keyed.get('/v1/session', { cookie })).body)).toMatchObject({
      authentication: { required: true, oidc: false },
      principal: { kind: 'session', name: 'viewer', roles: ['viewer'], streams: ['*'] },
    });
    await rawRequest(keyed.service.port, { method: 'DELETE', path: '/v1/session', headers: { cookie } });
    expect((await keyed.get('/v1/people', { cookie })).status).toBe(401);
    expect(JSON.parse((await keyed.get('/v1/session', { cookie })).body)).toMatchObject({ principal: null });
  });

  test('is signed out everywhere when its key is revoked, live connections too', async () => {
    const { id, key } = await keyed.makeKey({ name: 'person', roles: ['viewer'] });
    const [one, two] = [await signIn({ key }), await signIn({ key })];
    const ws = new WebSocket(keyed.service.wsUrl, { headers: { cookie: one.cookie, origin: keyed.service.url } });
    const closed = new Promise<number>((resolve) => ws.on('close', resolve));
    await new Promise((resolve) => ws.once('open', resolve));
    await keyed.ask('DELETE', `/v1/keys/${id}`, keyed.keys.admin);
    expect(await closed).toBe(4401);
    for (const { cookie } of [one, two]) expect((await keyed.get('/v1/people', { cookie })).status).toBe(401);
  });

  test('is signed in with a ticket with no more rights than the ticket has', async () => {
    const { json } = await keyed.ask('POST', '/v1/tickets', keyed.keys.admin, { role: 'viewer' });
    const { cookie, status } = await signIn(json as object);
    expect(status).toBe(200);
    expect((await keyed.get('/v1/people', { cookie })).status).toBe(200);
    expect((await keyed.get('/v1/config', { cookie })).status).toBe(403);
  });

  test('lends its cookie to no page of another origin, listed ones too', async () => {
    const { cookie } = await signIn({ key: keyed.keys.admin });
    for (const origin of [BESIDE, 'null']) {
      const shown = { cookie, origin };
      expect((await keyed.get('/v1/people', shown)).status).toBe(401);
      // Needs no preflight, so the browser would send it unasked.
      const replaced = {
        method: 'POST',
        path: '/v1/gallery/import?mode=replace',
        headers: { ...shown, 'content-type': 'text/plain' },
      };
      expect((await rawRequest(keyed.service.port, { ...replaced, body: 'x' })).status).toBe(401);
      await rawRequest(keyed.service.port, { method: 'DELETE', path: '/v1/session', headers: shown });
      expect(await keyed.upgrade(shown)).toBe(401);
      expect((await keyed.get('/v1/people', { ...bearer(keyed.keys.viewer), origin })).status).toBe(200);
    }
    expect((await keyed.get('/v1/people', { cookie })).status).toBe(200);
    expect(await keyed.upgrade({ cookie, origin: keyed.service.url })).toBe(101);
  });

  test('that is signed out takes along what was begun in its name', async () => {
    const { cookie } = await signIn({ key: keyed.keys.viewer });
    const ticketOf = async (of: string): Promise<object> => {
      const headers = { cookie: of, 'content-type': 'application/json' };
      const { body } = await rawRequest(keyed.service.port, { method: 'POST', path: '/v1/tickets', headers, body: '{}' });
      return JSON.parse(body) as object;
    };
    const child = (await signIn(await ticketOf(cookie))).cookie;
    const grandchild = (await signIn(await ticketOf(child))).cookie;
    expect((await keyed.get('/v1/people', { cookie: grandchild })).status).toBe(200);
    await rawRequest(keyed.service.port, { method: 'DELETE', path: '/v1/session', headers: { cookie } });
    for (const left of [child, grandchild]) expect((await keyed.get('/v1/people', { cookie: left })).status).toBe(401);
  });

  test('is not signed in with anything wrong', async () => {
    for (const key of ['x', `onl_aaaaaaaa_${'a'.repeat(43)}`, `${keyed.keys.viewer}x`])
      expect((await signIn({ key })).status).toBe(401);
    expect((await signIn({ ticket: 'x' })).status).toBe(401);
    expect((await signIn({})).status).toBe(400);
  });
});

test('200 malformed credentials of every kind never get past', async () => {
  const good = keyed.keys.admin;
  const [, id = '', secret = ''] = good.split('_');
  const changed = (at: number): string => good.slice(0, at) + (good[at] === 'a' ? 'b' : 'a') + good.slice(at + 1);
  const session = randomBytes(32).toString('base64url');
  const keys = [
    ...Array.from({ length: good.length }, (_, at) => changed(at)),
    ...Array.from({ length: good.length }, (_, at) => good.slice(0, at)),
    ...[
      good.toUpperCase(),
      ` ${good} x`,
      `${good}=`,
      `${good}${good}`,
      `${good}.`,
      `onl_${id}_`,
      `onl__${secret}`,
      secret,
      id,
      `onl_${id}`,
    ],
    ...[
      `onl_${id}_${'A'.repeat(43)}`,
      `onl_${'z'.repeat(8)}_${secret}`,
      'null',
      'undefined',
      '[object Object]',
      '*',
      '%',
      'true',
      '0',
      '-1',
    ],
    ...[
      'eyJhbGciOiJub25lIn0.eyJyb2xlcyI6WyJhZG1pbiJdfQ.',
      'eyJhbGciOiJub25lIn0.eyJyb2xlcyI6WyJhZG1pbiJdfQ.x',
      'a.b.c',
      '..',
      'admin',
      'local',
    ],
    ...[
      'x'.repeat(9000),
      '\u00e9'.repeat(20),
      Buffer.from(good).toString('base64'),
      `bearer.${good}`,
      `Bearer ${good}`,
      `${good},${good}`,
    ],
  ];
  const attempts: Record<string, string>[] = [
    ...keys.map((key) => ({ authorization: `Bearer ${key}` })),
    ...keys.slice(0, 20).map((key) => ({ authorization: `Basic ${Buffer.from(`user:${key}`).toString('base64')}` })),
    ...keys.slice(60, 90).map((key) => ({ cookie: `onlooker_session=${encodeURIComponent(key)}` })),
    ...[
      '',
      'Bearer',
      'Bearer ',
      'Basic',
      'Basic !',
      `Token ${good}`,
      good,
      `Digest ${good}`,
      `Bearer${good}`,
      `Bearer ${good} ${good}`,
    ].map((authorization) => ({ authorization })),
    ...[`onlooker_session=${session}`, 'onlooker_session=', `onlooker_session=${good}`, `session=${good}`].map((cookie) => ({
      cookie,
    })),
  ];
  expect(attempts.length).toBeGreaterThan(200);
  for (const headers of attempts) {
    const sent = Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name, Buffer.from(value).toString('latin1')]),
    );
    const { status, body } = await keyed.get('/v1/people', sent);
    expect({ headers, status }).toEqual({ headers, status: expect.toBeOneOf([400, 401, 431]) as unknown });
    expect(body).not.toContain('"people"');
  }
  // A wrong one is not made good by a right one of another kind.
  const { body } = await rawRequest(keyed.service.port, {
    method: 'POST',
    path: '/v1/tickets',
    headers: { ...bearer(good), 'content-type': 'application/json' },
    body: '{}',
  });
  const { ticket } = JSON.parse(body) as { ticket: string };
  expect((await keyed.get(`/v1/people?ticket=${ticket}`, { authorization: 'Bearer wrong' })).status).toBe(401);
});

test.each(['bearer.x', `bearer.onl_aaaaaaaa_${'a'.repeat(43)}`, 'bearer.', 'bearer.a.b.c'])(
  'the subprotocol %s opens no connection',
  async (protocol) => {
    expect(await keyed.upgrade({}, '', [protocol, 'onlooker.v1.msgpack'])).toBe(401);
  },
);
