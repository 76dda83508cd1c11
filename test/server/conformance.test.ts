// The wire contract, message by message, as docs/protocol.md tells it to those who write clients.
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fixture } from '../fixtures.js';
import { plainJpeg } from './support/images.js';
import { PATIENT, startService, until, type RunningService } from './support/service.js';
import { refusal, Socket } from './support/socket.js';

const JSON_PROTOCOL = 'onlooker.v1.json';
const MSGPACK_PROTOCOL = 'onlooker.v1.msgpack';

let service: RunningService;
let face: Buffer;
let plain: Buffer;
let group: Buffer;

beforeAll(async () => {
  service = await startService(PATIENT);
  [face, group, plain] = await Promise.all([
    readFile(await fixture('franck_01829.jpg')),
    readFile(await fixture('sample1.jpg')),
    plainJpeg(),
  ]);
});
afterAll(async () => {
  expect(await service.stop()).toBe(0);
});

test('hello comes at once and tells limits, tasks and models', async () => {
  const socket = await Socket.connect(service.wsUrl);
  const hello = await socket.next('hello');
  expect(hello).toMatchObject({
    v: 1,
    limits: { max_frame_bytes: 5_242_880, max_pixels: 33_177_600, max_streams: 64 },
    tasks: ['faces', 'detect', 'embed'],
  });
  expect(hello['session']).toEqual(expect.any(String));
  expect(hello['server']).toMatch(/^onlooker\/\d/);
  const models = hello['models'] as { id: string; task: string; version: string; provider: string }[];
  expect(models.map(({ id, task, provider }) => [id, task, provider])).toContainEqual(['default/fr_feature', 'embed', 'cpu']);
  await socket.close();
});

test.each([
  { offered: [], chosen: '' },
  { offered: [MSGPACK_PROTOCOL], chosen: MSGPACK_PROTOCOL },
  { offered: [JSON_PROTOCOL, MSGPACK_PROTOCOL], chosen: JSON_PROTOCOL },
  { offered: ['bearer.abc', MSGPACK_PROTOCOL], chosen: MSGPACK_PROTOCOL },
  { offered: ['other.v7', JSON_PROTOCOL], chosen: JSON_PROTOCOL },
])('of the subprotocols $offered the server answers with "$chosen"', async ({ offered, chosen }) => {
  const socket = await Socket.connect(service.wsUrl, offered);
  expect(socket.ws.protocol).toBe(chosen);
  await socket.close();
});

test('a client that offers only unknown subprotocols is refused with 400', async () => {
  expect(await refusal(service.wsUrl, ['other.v1'])).toEqual({ status: 400, code: 'BAD_MESSAGE' });
});

test('query shortcuts open a stream, so that a camera sends nothing but images', async () => {
  const socket = await Socket.connect(
    `${service.wsUrl}?stream=cam.1&task=detect&region=0,0,1,1&min_face=20&thumbnails=1&send=frames&top_n=3`,
  );
  await socket.next('hello');
  expect(await socket.next('opened')).toMatchObject({ stream: 'cam.1', task: 'detect', model: 'default/fr_detect', credits: 2 });
  socket.raw(face);
  expect(await socket.next('result')).toMatchObject({ stream: 'cam.1', seq: 0, ts: null, status: 'ok' });
  await socket.close();
});

test.each([
  'stream=a/b',
  'stream=',
  'stream=a&task=nope',
  'stream=a&region=0.5,0,0.6,1',
  'stream=a&region=0,0,0,1',
  'stream=a&region=0,0,1',
  'stream=a&min_face=x',
  'stream=a&top_n=0',
  'stream=a&thumbnails=maybe',
  'stream=a&send=none',
  'task=faces',
])('the wrong query shortcut %s is refused with 400', async (query) => {
  expect(await refusal(`${service.wsUrl}?${query}`)).toEqual({ status: 400, code: 'BAD_MESSAGE' });
});

test('a query shortcut with a model that is not loaded is refused with 400', async () => {
  expect(await refusal(`${service.wsUrl}?stream=a&model=nope`)).toEqual({ status: 400, code: 'MODEL_UNAVAILABLE' });
});

test('a result of `faces` has all that the contract names, in pixels of the frame', async () => {
  const socket = await Socket.withStream(service.wsUrl);
  socket.send({ t: 'frame', stream: 'door', image: face, seq: 5, ts: 1_763_690_000_123 });
  const result = await socket.next('result');
  expect(Object.keys(result).sort()).toEqual(
    ['t', 'stream', 'seq', 'ts', 'status', 'width', 'height', 'timing', 'model', 'gallery_version', 'faces'].sort(),
  );
  expect(result).toMatchObject({ stream: 'door', seq: 5, status: 'ok', width: 720, height: 576, model: 'default/fr_feature' });
  expect(Number(result['ts'])).toBe(1_763_690_000_123);
  const [found, ...others] = result['faces'] as Record<string, unknown>[];
  expect(others).toEqual([]);
  expect(found).toMatchObject({ track: expect.any(String) as string, person: null, reason: 'empty_gallery' });
  expect(found?.['landmarks']).toHaveLength(5);
  const [x, y, w, h] = found?.['box'] as [number, number, number, number];
  expect(x > 0 && y > 0 && x + w < 720 && y + h < 576).toBe(true);
  const timing = result['timing'] as Record<string, number>;
  const stages = ['decode', 'preprocess', 'queue', 'infer', 'match'].map((stage) => timing[stage] ?? NaN);
  expect(stages.every((ms) => ms >= 0)).toBe(true);
  expect(stages.reduce((sum, ms) => sum + ms, 0)).toBeLessThanOrEqual((timing['total'] ?? 0) + 1e-6);
  await socket.close();
});

test('`detect` leaves out who it is, `embed` gives unit vectors as little-endian float32, the same on both subprotocols', async () => {
  const detecting = await Socket.withStream(service.wsUrl, { stream: 'detecting', task: 'detect' });
  detecting.raw(face);
  const detected = (await detecting.next('result'))['faces'] as Record<string, unknown>[];
  expect(Object.keys(detected[0] ?? {}).sort()).toEqual(['box', 'landmarks', 'score']);
  await detecting.close();

  const binary = await Socket.withStream(service.wsUrl, { stream: 'binary', task: 'embed' });
  binary.raw(face);
  const [fromMsgpack] = (await binary.next('result'))['faces'] as { embedding: Buffer; dim: number }[];
  const text = await Socket.withStream(service.wsUrl, { stream: 'text', task: 'embed' }, JSON_PROTOCOL);
  text.send({ t: 'frame', stream: 'text', image: face });
  const [fromJson] = (await text.next('result'))['faces'] as { embedding: string; dim: number }[];
  await Promise.all([binary.close(), text.close()]);

  expect(fromMsgpack?.dim).toBe(512);
  expect(fromMsgpack?.embedding.length).toBe(512 * 4);
  const vector = Array.from({ length: 512 }, (_, index) => fromMsgpack?.embedding.readFloatLE(index * 4) ?? NaN);
  expect(Math.hypot(...vector)).toBeCloseTo(1, 5);
  const other = Buffer.from(fromJson?.embedding ?? '', 'base64');
  expect(vector.reduce((sum, value, index) => sum + value * other.readFloatLE(index * 4), 0)).toBeCloseTo(1, 4);
});

test('no msgpack extension type leaves the server, and integers go out as integers', async () => {
  const socket = await Socket.withStream(service.wsUrl, { task: 'embed' });
  const seq = Number.MAX_SAFE_INTEGER - 1;
  socket.send({ t: 'frame', stream: 'door', image: group, seq: BigInt(seq), ts: -5_000_000_000 });
  await socket.next('result');
  socket.send({ t: 'frame', stream: 'door', seq: 3 });
  await socket.next('error');
  socket.send({ t: 'close', stream: 'door' });
  await socket.next('closed');
  for (const message of socket.wire) expect(extensionTokens(message)).toEqual([]);
  const result = socket.wire.find((message) => message.includes('result')) ?? Buffer.alloc(0);
  const afterKey = (key: string): number =>
    result[result.indexOf(Buffer.concat([Buffer.from([0xa0 + key.length]), Buffer.from(key)])) + 1 + key.length] ?? 0;
  expect([0xcf, 0xd3]).toContain(afterKey('seq'));
  expect(afterKey('ts')).toBe(0xd3);
  await socket.close();
});

test('`seq` counts by itself, goes on from the last one, takes gaps and refuses what does not increase', async () => {
  const socket = await Socket.withStream(service.wsUrl, { task: 'detect' });
  const seqs: unknown[] = [];
  for (const seq of [undefined, undefined, 10, undefined]) {
    socket.send({ t: 'frame', stream: 'door', image: plain, ...(seq === undefined ? {} : { seq }) });
    seqs.push((await socket.next('result'))['seq']);
  }
  expect(seqs).toEqual([0, 1, 10, 11]);
  for (const seq of [11, 0, -1, 11.5, 2 ** 53, 'x', 2n ** 60n]) {
    socket.send({ t: 'frame', stream: 'door', image: plain, seq });
    expect(await socket.nextError()).toBe('BAD_MESSAGE');
  }
  socket.send({ t: 'frame', stream: 'door', image: plain, ts: 'late' });
  expect(await socket.nextError()).toBe('BAD_MESSAGE');
  socket.send({ t: 'close', stream: 'door' });
  expect((await socket.next('closed'))['stats']).toEqual({ received: 4, ok: 4, dropped: 0, errors: 0 });
  socket.send({ t: 'open', stream: 'door', task: 'detect' });
  await socket.next('opened');
  socket.raw(plain);
  expect((await socket.next('result'))['seq']).toBe(0);
  await socket.close();
});

test('`ts` comes back as sent on both subprotocols', async () => {
  for (const protocol of [MSGPACK_PROTOCOL, JSON_PROTOCOL]) {
    const socket = await Socket.withStream(service.wsUrl, { task: 'detect', stream: protocol }, protocol);
    for (const ts of [0, 1_763_690_000_123, 1_763_690_000_123.5, -7_000_000_000]) {
      socket.send({ t: 'frame', stream: protocol, image: plain, ts });
      expect(Number((await socket.next('result'))['ts'])).toBe(ts);
    }
    await socket.close();
  }
});

test('on the JSON protocol a binary message is an image, and control goes as text', async () => {
  const socket = await Socket.withStream(service.wsUrl, {}, JSON_PROTOCOL);
  socket.raw(face);
  expect(await socket.next('result')).toMatchObject({ seq: 0, status: 'ok' });
  socket.send({ t: 'close', stream: 'door' });
  expect(await socket.next('closed')).toMatchObject({ reason: 'client', stats: { received: 1, ok: 1, dropped: 0, errors: 0 } });
  await socket.close();
});

test('an image by itself needs exactly one open stream', async () => {
  const socket = await Socket.connect(service.wsUrl);
  await socket.next('hello');
  socket.raw(plain);
  expect(await socket.nextError()).toBe('NO_STREAM');
  for (const stream of ['one', 'two']) {
    socket.send({ t: 'open', stream, task: 'detect' });
    await socket.next('opened');
  }
  socket.raw(plain);
  expect(await socket.nextError()).toBe('NO_STREAM');
  socket.send({ t: 'close', stream: 'one' });
  await socket.next('closed');
  socket.raw(plain);
  expect(await socket.next('result')).toMatchObject({ stream: 'two' });
  await socket.close();
});

test('`close` answers the frames in hand before `closed`, and then the stream is unknown', async () => {
  const socket = await Socket.withStream(service.wsUrl);
  for (let i = 0; i < 2; i++) socket.raw(face);
  socket.send({ t: 'close', stream: 'door' });
  socket.send({ t: 'frame', stream: 'door', image: face });
  expect(await socket.next('error')).toMatchObject({ code: 'NO_STREAM', stream: 'door' });
  for (let seq = 0; seq < 2; seq++) expect(await socket.next('result')).toMatchObject({ seq, status: 'ok' });
  expect(await socket.next('closed')).toMatchObject({ reason: 'client', stats: { received: 2, ok: 2, dropped: 0, errors: 0 } });
  socket.send({ t: 'close', stream: 'door' });
  expect(await socket.nextError()).toBe('NO_STREAM');
  await socket.close();
});

test('the newest connection takes a stream over, and the old one is told', async () => {
  const old = await Socket.withStream(service.wsUrl, { stream: 'moving' });
  const next = await Socket.withStream(service.wsUrl, { stream: 'moving' });
  expect(await old.next('closed')).toMatchObject({ stream: 'moving', reason: 'taken_over' });
  next.raw(face);
  expect(await next.next('result')).toMatchObject({ seq: 0, status: 'ok' });
  old.raw(face);
  expect(await old.nextError()).toBe('NO_STREAM');
  await Promise.all([old.close(), next.close()]);
});

test('a stream that is taken over accounts for every frame', async () => {
  const old = await Socket.withStream(service.wsUrl, { stream: 'busy' });
  for (let i = 0; i < 30; i++) old.raw(face);
  // Its greeting is behind the frames, so that they have come when the other opens.
  old.send({ t: 'open', stream: 'busy' });
  await until(() => old.inbox.find(({ t, code }) => t === 'error' && code === 'STREAM_EXISTS'));
  const next = await Socket.withStream(service.wsUrl, { stream: 'busy' });
  const closed = await until(() => old.inbox.find(({ t }) => t === 'closed'));
  const results = old.inbox.filter(({ t }) => t === 'result');
  expect(results.map(({ seq }) => seq)).toEqual(Array.from({ length: 30 }, (_, seq) => seq));
  const count = (status: string): number => results.filter((result) => result['status'] === status).length;
  expect(closed['stats']).toEqual({ received: 30, ok: count('ok'), dropped: count('dropped'), errors: 0 });
  await Promise.all([old.close(), next.close()]);
});

test('`open` is refused by the right code and unknown fields are ignored', async () => {
  const socket = await Socket.connect(service.wsUrl);
  await socket.next('hello');
  const codeOf = async (fields: Record<string, unknown>): Promise<unknown> => {
    socket.send({ t: 'open', ...fields });
    return socket.nextError();
  };
  expect(await codeOf({})).toBe('BAD_MESSAGE');
  expect(await codeOf({ stream: 'x'.repeat(65) })).toBe('BAD_MESSAGE');
  expect(await codeOf({ stream: 'a', task: 'guess' })).toBe('BAD_MESSAGE');
  expect(await codeOf({ stream: 'a', region: [0, 0, 1.1, 1] })).toBe('BAD_MESSAGE');
  expect(await codeOf({ stream: 'a', region: [0, 0, 0, 1] })).toBe('BAD_MESSAGE');
  expect(await codeOf({ stream: 'a', min_face: 'big' })).toBe('BAD_MESSAGE');
  expect(await codeOf({ stream: 'a', model: 'default/fr_detect' })).toBe('MODEL_UNAVAILABLE');
  expect(await codeOf({ stream: 'a', task: 'classify' })).toBe('MODEL_UNAVAILABLE');
  socket.send({ t: 'open', stream: 'a', model: 'default/fr_feature', colour: 'red', region: null });
  expect(await socket.next('opened')).toMatchObject({ stream: 'a', task: 'faces', model: 'default/fr_feature' });
  expect(await codeOf({ stream: 'a' })).toBe('STREAM_EXISTS');
  await socket.close();
});

test('one connection holds up to `max_streams` streams, and one more is LIMIT_REACHED', async () => {
  const socket = await Socket.connect(service.wsUrl);
  await socket.next('hello');
  for (let i = 0; i < 64; i++) {
    socket.send({ t: 'open', stream: `many-${i}`, task: 'detect' });
    await socket.next('opened');
  }
  socket.send({ t: 'open', stream: 'many-64' });
  expect(await socket.nextError()).toBe('LIMIT_REACHED');
  await socket.close();
});

test('`region` and `min_face` choose faces by their centre and longer side', async () => {
  const facesIn = async (fields: Record<string, unknown>): Promise<[number, number, number, number][]> => {
    const socket = await Socket.withStream(service.wsUrl, { task: 'detect', ...fields });
    socket.raw(group);
    const { faces } = (await socket.next('result')) as unknown as { faces: { box: [number, number, number, number] }[] };
    await socket.close();
    return faces.map(({ box }) => box);
  };
  const all = await facesIn({});
  expect(all).toHaveLength(3);
  const { width } = await (await import('sharp')).default(group).metadata();
  const leftHalf = all.filter(([x, , w]) => x + w / 2 < width / 2);
  expect(await facesIn({ region: [0, 0, 0.5, 1] })).toEqual(leftHalf);
  const sides = all.map(([, , w, h]) => Math.max(w, h)).sort((a, b) => b - a);
  expect(await facesIn({ min_face: Math.floor(sides[0] ?? 0) })).toHaveLength(
    sides.filter((side) => side >= Math.floor(sides[0] ?? 0)).length,
  );
});

/** Walks over a message by the msgpack specification. @returns the tokens of extension types */
function extensionTokens(message: Buffer): number[] {
  const found: number[] = [];
  let at = 0;
  const value = (): void => {
    const token = message[at++] ?? 0;
    const skip = (bytes: number): void => void (at += bytes);
    const length = (bytes: number): number => {
      at += bytes;
      return message.readUIntBE(at - bytes, bytes);
    };
    const items = (count: number): void => {
      for (let i = 0; i < count; i++) value();
    };
    if (token <= 0x7f || token >= 0xe0) return;
    if (token <= 0x8f) return items((token & 15) * 2);
    if (token <= 0x9f) return items(token & 15);
    if (token <= 0xbf) return skip(token & 31);
    if (token >= 0xc0 && token <= 0xc3) return;
    if (token >= 0xc4 && token <= 0xc6) return skip(length(2 ** (token - 0xc4)));
    if ((token >= 0xc7 && token <= 0xc9) || (token >= 0xd4 && token <= 0xd8)) {
      found.push(token);
      at = message.length;
      return;
    }
    if (token === 0xca) return skip(4);
    if (token === 0xcb) return skip(8);
    if (token >= 0xcc && token <= 0xcf) return skip(2 ** (token - 0xcc));
    if (token >= 0xd0 && token <= 0xd3) return skip(2 ** (token - 0xd0));
    if (token >= 0xd9 && token <= 0xdb) return skip(length(2 ** (token - 0xd9)));
    if (token === 0xdc || token === 0xdd) return items(length(token === 0xdc ? 2 : 4));
    items(length(token === 0xde ? 2 : 4) * 2);
  };
  value();
  return found;
}
