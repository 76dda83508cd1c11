// Every address and every message against every role: nobody may more than the role says, and everybody may that.
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ROLES, type Role } from '../../protocol/access.js';
import { fixture } from '../fixtures.js';
import { onlooker } from '../clients/program.js';
import { bearer, startKeyedService, type KeyedService } from './support/keyed-service.js';
import { rawRequest } from './support/raw-http.js';
import { until } from './support/service.js';
import { Socket } from './support/socket.js';

let keyed: KeyedService;
beforeAll(async () => {
  keyed = await startKeyedService();
});
afterAll(async () => {
  expect(keyed.service.log).not.toMatch(/onl_[a-z0-9]{8}_/);
  await keyed.stop();
});

const PUBLIC = 'public';
const RECOGNISE = ['ingest', 'enroller', 'admin'];
const FEED = ['ingest', 'admin'];
const VIEW = ['viewer', 'enroller', 'admin'];
const ENROL = ['enroller', 'admin'];
const ADMIN = ['admin'];

const ADDRESSES: readonly (readonly [who: typeof PUBLIC | readonly string[], ...addresses: string[]])[] = [
  [
    PUBLIC,
    'GET /',
    'GET /client.js',
    'GET /health',
    'GET /ready',
    'GET /v2/health/live',
    'GET /v2/health/ready',
    'GET /v1/session',
  ],
  [PUBLIC, 'DELETE /v1/session', 'GET /nowhere', 'PUT /v1/people', 'GET /v1/ws'],
  [ROLES, 'GET /v1/models', 'POST /v1/tickets'],
  [RECOGNISE, 'POST /v1/identify', 'POST /v1/detect', 'POST /v1/embed', 'POST /v1/classify'],
  [VIEW, 'GET /metrics', 'GET /v1/people', 'GET /v1/people/lookalikes', 'GET /v1/people/x', 'GET /v1/people/x/faces'],
  [VIEW, 'GET /v1/people/x/faces/y/picture.jpg', 'GET /v1/events', 'GET /v1/tracks/x', 'HEAD /v1/people', 'HEAD /v1/events'],
  [VIEW, 'GET /v1/streams', 'GET /v1/streams/x', 'GET /v1/streams/x/snapshot.jpg'],
  [ENROL, 'POST /v1/people', 'PATCH /v1/people/x', 'DELETE /v1/people/x', 'POST /v1/people/x/merge', 'POST /v1/people/x/faces'],
  [ENROL, 'DELETE /v1/people/x/faces/y', 'POST /v1/tracks/x/enroll'],
  [ADMIN, 'GET /v1/config', 'GET /v1/gallery/export', 'HEAD /v1/gallery/export', 'POST /v1/gallery/import', 'GET /v1/keys'],
  [
    ADMIN,
    'POST /v1/keys',
    'DELETE /v1/keys/x',
    'POST /v1/streams',
    'POST /v1/streams/test',
    'PATCH /v1/streams/x',
    'DELETE /v1/streams/x',
  ],
];

describe.each(ADDRESSES.flatMap(([who, ...addresses]) => addresses.map((address) => [address, who] as const)))(
  '%s',
  (address, who) => {
    const [method = '', path = ''] = address.split(' ');
    const ask = async (headers: Record<string, string>) =>
      (
        await rawRequest(keyed.service.port, {
          method,
          path,
          headers: { 'content-type': 'application/json', ...headers },
          body: '{',
        })
      ).status;

    test('without a key', async () => {
      const status = await ask({});
      if (who === PUBLIC) expect([401, 403]).not.toContain(status);
      else expect(status).toBe(401);
    });
    test.each(ROLES)('as %s', async (role) => {
      const status = await ask(bearer(keyed.keys[role]));
      if (who === PUBLIC || who.includes(role)) expect([401, 403]).not.toContain(status);
      else expect(status).toBe(403);
    });
  },
);

describe('a 403 says which right is missing and who has it', () => {
  test.each([
    ['GET', '/v1/people', 'ingest', 'view', 'viewer enroller admin'],
    ['POST', '/v1/people', 'viewer', 'enrol', 'enroller admin'],
    ['POST', '/v1/identify', 'viewer', 'recognise', 'ingest enroller admin'],
    ['GET', '/v1/keys', 'enroller', 'administer', 'admin'],
    ['GET', '/v1/ws?stream=door', 'viewer', 'feed', 'ingest admin'],
  ] as const)('%s %s as %s', async (method, path, role, right, roles) => {
    const upgrade = {
      connection: 'upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
    };
    const headers = { ...bearer(keyed.keys[role]), ...(path.startsWith('/v1/ws') ? upgrade : {}) };
    const { status, body } = await rawRequest(keyed.service.port, { method, path, headers });
    expect(status).toBe(403);
    const having = `${roles.includes(' ') ? 'one of the roles' : 'the role'} ${roles.replaceAll(' ', ', ')}`;
    expect(JSON.parse(body)).toEqual({
      error: {
        code: 'FORBIDDEN',
        message: `This takes the right "${right}", which comes with ${having}.`,
        details: { right, roles },
      },
    });
  });

  test('in a ticket for a role or a stream that its maker does not have', async () => {
    const weak = await keyed.makeKey({ name: 'weak', roles: ['viewer'], streams: ['door-*'] });
    const told = async (json: object) => (await keyed.ask('POST', '/v1/tickets', weak.key, json)).json;
    expect(await told({ role: 'admin' })).toMatchObject({
      error: { message: expect.stringContaining('the role admin') as string },
    });
    expect(await told({ stream: 'yard' })).toMatchObject({ error: { message: 'The key is not for streams of that id.' } });
  });

  test('in the error of a message', async () => {
    const socket = await Socket.connect(keyed.service.wsUrl, [`bearer.${keyed.keys.viewer}`, 'onlooker.v1.msgpack']);
    await socket.until('hello');
    socket.send({ t: 'open', stream: 'door' });
    const { message } = (await socket.until('error')) as unknown as { message: string };
    expect(message).toBe('This takes the right "feed", which comes with one of the roles ingest, admin.');
    socket.ws.terminate();
  });

  test('on the command line, with exit code 4', async () => {
    const { code, stderr } = await onlooker(['streams', 'add', 'door', 'rtsp://127.0.0.1/1', '--url', keyed.service.url], {
      ONLOOKER_KEY: keyed.keys.enroller,
    });
    expect([code, stderr]).toEqual([
      4,
      `onlooker: ${keyed.service.url} refuses this (This takes the right "administer", which comes with the role admin): give a key that may by --key-file FILE or ONLOOKER_KEY\n`,
    ]);
  });
});

describe('on the WebSocket', () => {
  const connect = (role: Role, query = ''): Promise<Socket> =>
    Socket.connect(`${keyed.service.wsUrl}${query}`, [`bearer.${keyed.keys[role]}`, 'onlooker.v1.msgpack']);
  const refusedFor = async (role: Role, message: Record<string, unknown>): Promise<unknown> => {
    const socket = await connect(role);
    await socket.until('hello');
    socket.send(message);
    const { code = null } = (await socket.any()) as { code?: string };
    socket.ws.terminate();
    return code;
  };
  const MESSAGES: readonly (readonly [readonly string[], Record<string, unknown> & { t: string }])[] = [
    [FEED, { t: 'open', stream: 'door' }],
    [FEED, { t: 'frame', stream: 'never-opened', image: Buffer.from('x') }],
    [FEED, { t: 'close', stream: 'never-opened' }],
    [VIEW, { t: 'subscribe', streams: ['*'] }],
  ];
  for (const [who, message] of MESSAGES) {
    test.each(ROLES)(`${message.t} as %s`, async (role) => {
      const code = await refusedFor(role, message);
      if (who.includes(role)) expect(code).not.toBe('FORBIDDEN');
      else expect(code).toBe('FORBIDDEN');
    });
  }
  test.each(ROLES)('unsubscribe as %s', async (role) => {
    const socket = await connect(role);
    await socket.until('hello');
    socket.send({ t: 'unsubscribe', streams: ['*'] });
    socket.send({ t: 'nothing' });
    const { code } = (await socket.until('error')) as unknown as { code: string };
    expect(code).toBe(VIEW.includes(role) ? 'BAD_MESSAGE' : 'FORBIDDEN');
    socket.ws.terminate();
  });
  test.each(ROLES)('the stream of the address as %s', async (role) => {
    expect(await keyed.upgrade({ ...bearer(keyed.keys[role]) }, '?stream=short')).toBe(FEED.includes(role) ? 101 : 403);
  });
  test.each(ROLES)('an image by itself as %s', async (role) => {
    const socket = await connect(role);
    await socket.until('hello');
    socket.ws.send(await readFile(await fixture('audrey.jpg')));
    const { code } = (await socket.until('error')) as unknown as { code: string };
    // It needs a stream that is open, and so the right to open one.
    expect(code).toBe('NO_STREAM');
    socket.ws.terminate();
  });
});

describe('streams are for those whose keys name them', () => {
  let door: string;
  let watcher: string;
  beforeAll(async () => {
    door = (await keyed.makeKey({ name: 'door', roles: ['ingest'], streams: ['door-*', 'hall'] })).key;
    watcher = (await keyed.makeKey({ name: 'watcher', roles: ['viewer'], streams: ['door-*'] })).key;
  });

  test('opening them', async () => {
    for (const [stream, status] of [
      ['door-1', 101],
      ['hall', 101],
      ['hall-2', 403],
      ['adoor-1', 403],
      ['x', 403],
    ] as const) {
      expect(await keyed.upgrade(bearer(door), `?stream=${stream}`)).toBe(status);
    }
    const socket = await Socket.connect(keyed.service.wsUrl, [`bearer.${door}`, 'onlooker.v1.json']);
    await socket.until('hello');
    socket.send({ t: 'open', stream: 'elsewhere' });
    expect(await socket.until('error')).toMatchObject({ code: 'FORBIDDEN', stream: 'elsewhere' });
    socket.ws.terminate();
  });

  test('taking over: only whoever feeds it, or an administrator', async () => {
    const first = await Socket.connect(`${keyed.service.wsUrl}?stream=door-9`, [`bearer.${door}`, 'onlooker.v1.json']);
    await first.until('opened');
    const other = (await keyed.makeKey({ name: 'other', roles: ['ingest'] })).key;
    const stranger = await Socket.connect(keyed.service.wsUrl, [`bearer.${other}`, 'onlooker.v1.json']);
    await stranger.until('hello');
    stranger.send({ t: 'open', stream: 'door-9' });
    expect(await stranger.until('error')).toMatchObject({ code: 'STREAM_EXISTS' });
    const again = await Socket.connect(`${keyed.service.wsUrl}?stream=door-9`, [`bearer.${door}`, 'onlooker.v1.json']);
    await again.until('opened');
    expect(await first.until('closed')).toMatchObject({ reason: 'taken_over' });
    const admin = await Socket.connect(`${keyed.service.wsUrl}?stream=door-9`, [
      `bearer.${keyed.keys.admin}`,
      'onlooker.v1.json',
    ]);
    await admin.until('opened');
    expect(await again.until('closed')).toMatchObject({ reason: 'taken_over' });
    for (const socket of [first, stranger, again, admin]) socket.ws.terminate();
  });

  test('following them: `*` is what one may see, and another id is refused', async () => {
    const follower = await Socket.connect(keyed.service.wsUrl, [`bearer.${watcher}`, 'onlooker.v1.json']);
    await follower.until('hello');
    follower.send({ t: 'subscribe', streams: ['hall'] });
    expect(await follower.until('error')).toMatchObject({ code: 'FORBIDDEN' });
    follower.send({ t: 'subscribe', streams: ['*'], send: 'frames' });
    await follower.until('subscribed');
    const feeder = await Socket.connect(keyed.service.wsUrl, [`bearer.${door}`, 'onlooker.v1.json']);
    await feeder.until('hello');
    const image = await readFile(await fixture('audrey.jpg'));
    for (const stream of ['hall', 'door-3']) {
      feeder.send({ t: 'open', stream });
      await feeder.until('opened');
      for (let frame = 0; frame < 8; frame++) {
        feeder.send({ t: 'frame', stream, image });
        await feeder.until('result');
      }
    }
    expect(await follower.until('result')).toMatchObject({ stream: 'door-3' });
    for (const socket of [follower, feeder]) socket.ws.terminate();
  });

  test('lists, snapshots, events and tracks show those alone', async () => {
    for (const id of ['door-cam', 'yard-cam']) {
      const made = await keyed.ask('POST', '/v1/streams', keyed.keys.admin, { id, url: 'rtsp://192.0.2.1/x', enabled: false });
      expect(made.status).toBe(201);
    }
    const listed = (await keyed.ask('GET', '/v1/streams', watcher)).json as { streams: { id: string }[] };
    expect(listed.streams.map(({ id }) => id)).toEqual(['door-cam']);
    expect((await keyed.ask('GET', '/v1/streams/door-cam', watcher)).status).toBe(200);
    expect((await keyed.ask('GET', '/v1/streams/yard-cam', watcher)).json).toEqual(
      (await keyed.ask('GET', '/v1/streams/nothing', watcher)).json,
    );
    expect((await keyed.ask('GET', '/v1/streams/yard-cam/snapshot.jpg', watcher)).status).toBe(404);

    await until(async () => {
      const { events } = (await keyed.ask('GET', '/v1/events', keyed.keys.viewer)).json as { events: { stream: string }[] };
      return events.some(({ stream }) => stream === 'hall') || undefined;
    });
    const { events } = (await keyed.ask('GET', '/v1/events?limit=1000', watcher)).json as { events: { stream: string }[] };
    expect(events.filter(({ stream }) => !stream.startsWith('door-'))).toEqual([]);
    expect((await keyed.ask('GET', '/v1/events?stream=hall', watcher)).json).toMatchObject({ events: [] });
  });
});
