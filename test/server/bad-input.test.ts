// Whatever a client sends, the service answers with the contract's code and goes on; the others notice nothing.
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { pack } from 'msgpackr';
import sharp from 'sharp';
import WebSocket from 'ws';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { fixture } from '../fixtures.js';
import { asBody, GIF, MP4, plainJpeg, RANDOM, SVG, withClaimedSize } from './support/images.js';
import { PATIENT, startService, until, type RunningService } from './support/service.js';
import { Socket } from './support/socket.js';

const JSON_PROTOCOL = 'onlooker.v1.json';
const MAX_FRAME_BYTES = 5_242_880;

let service: RunningService;
let face: Buffer;
let plain: Buffer;
/** A well-behaved client beside whoever misbehaves. */
let other: Socket;

beforeAll(async () => {
  service = await startService(PATIENT);
  [face, plain] = await Promise.all([readFile(await fixture('franck_01829.jpg')), plainJpeg()]);
});
afterAll(async () => {
  expect(await service.stop()).toBe(0);
});
beforeEach(async () => {
  other = await Socket.withStream(service.wsUrl, { stream: 'other' });
});
afterEach(async () => {
  other.raw(face);
  expect(await other.next('result')).toMatchObject({ status: 'ok' });
  expect(other.inbox).toEqual([]);
  await other.close();
  expect(service.log).not.toMatch(/"level":(50|60)/);
});

const images: [name: string, code: string, make: () => Buffer | Promise<Buffer>][] = [
  ['nothing', 'BAD_IMAGE', () => Buffer.alloc(0)],
  ['a truncated JPEG', 'BAD_IMAGE', () => face.subarray(0, face.length / 2)],
  ['a JPEG that is only its signature', 'BAD_IMAGE', () => face.subarray(0, 3)],
  ['a truncated PNG', 'BAD_IMAGE', async () => (await sharp(face).png().toBuffer()).subarray(0, 5000)],
  ['a truncated WebP', 'BAD_IMAGE', async () => (await sharp(face).webp().toBuffer()).subarray(0, 5000)],
  ['a JPEG of no size', 'BAD_IMAGE', () => withClaimedSize(plain, 0, 0)],
  ['a JPEG of 100 megapixels', 'TOO_MANY_PIXELS', () => withClaimedSize(plain, 10_000, 10_000)],
  [
    'a JPEG of 400 x 400 that claims 65,500 x 500',
    'BAD_IMAGE',
    async () => withClaimedSize(await plainJpeg(400, 400), 65_500, 500),
  ],
  [
    'a PNG one pixel high',
    'TOO_MANY_PIXELS',
    async () =>
      sharp(await plainJpeg(40_000, 1))
        .png()
        .toBuffer(),
  ],
  ['SVG', 'UNSUPPORTED_MEDIA', () => SVG],
  ['GIF', 'UNSUPPORTED_MEDIA', () => GIF],
  ['TIFF', 'UNSUPPORTED_MEDIA', () => sharp(plain).tiff().toBuffer()],
  ['MP4', 'UNSUPPORTED_MEDIA', () => MP4],
  ['random bytes', 'UNSUPPORTED_MEDIA', () => RANDOM],
  ['6 MB', 'TOO_LARGE', () => Buffer.concat([face, Buffer.alloc(6_000_000)])],
];

test.each(images)('%s as an image of a stream is %s, counted and in order', async (_name, code, make) => {
  for (const protocol of ['onlooker.v1.msgpack', JSON_PROTOCOL]) {
    const socket = await Socket.withStream(service.wsUrl, {}, protocol);
    socket.send({ t: 'frame', stream: 'door', image: await make(), ts: 7 });
    socket.send({ t: 'frame', stream: 'door', image: face });
    expect(await socket.next('result')).toMatchObject({
      seq: 0,
      ts: 7,
      status: 'error',
      code,
      message: expect.any(String) as string,
    });
    expect(await socket.next('result')).toMatchObject({ seq: 1, status: 'ok' });
    socket.send({ t: 'close', stream: 'door' });
    expect((await socket.next('closed'))['stats']).toEqual({ received: 2, ok: 1, dropped: 0, errors: 1 });
    await socket.close();
  }
});

test.each(images)('%s over HTTP is %s', async (_name, code, make) => {
  const response = await fetch(`${service.url}/v1/detect`, { method: 'POST', body: asBody(await make()) });
  expect([response.status, await response.json()]).toEqual([
    { BAD_IMAGE: 400, UNSUPPORTED_MEDIA: 415, TOO_LARGE: 413, TOO_MANY_PIXELS: 413 }[code],
    { error: { code, message: expect.any(String) as string } },
  ]);
});

test('a PNG that is called .jpg and declared as text is fine', async () => {
  const form = new FormData();
  form.append('file', new Blob([await sharp(face).png().toBuffer()], { type: 'text/plain' }), 'face.jpg');
  const response = await fetch(`${service.url}/v1/detect`, { method: 'POST', body: form });
  expect(response.status).toBe(200);
  expect(((await response.json()) as { faces: unknown[] }).faces).toHaveLength(1);
});

const deep = (levels: number): Buffer =>
  Buffer.concat([
    Buffer.from([0x82, 0xa1]),
    Buffer.from('t'),
    Buffer.from([0xa4]),
    Buffer.from('open'),
    Buffer.from([0xa1]),
    Buffer.from('x'),
    Buffer.alloc(levels, 0x91),
    Buffer.from([0xc0]),
  ]);

test.each<[string, Buffer | string]>([
  ['a RegExp extension', pack({ t: 'open', stream: /a+/ })],
  [
    'an Error extension',
    Buffer.concat([
      Buffer.from([0x81, 0xa1, 0x74, 0xd4, 0x65, 0x00, 0x92, 0xa5]),
      Buffer.from('Error'),
      Buffer.from([0xa1, 0x78]),
    ]),
  ],
  ['a timestamp extension', pack({ t: 'open', stream: 'a', ts: new Date(0) })],
  ['a record definition', Buffer.from([0xd4, 0x72, 0x40, 0x91, 0xa1, 0x74, 0xa4, 0x6f, 0x70, 0x65, 0x6e])],
  ['an `undefined` extension', pack({ t: 'open', stream: undefined })],
  ['deep nesting', deep(1_000_000)],
  ['a declared array of 4 billion', Buffer.from([0xdd, 0xff, 0xff, 0xff, 0xff, 0x01])],
  ['a declared map of 4 billion', Buffer.from([0xdf, 0xff, 0xff, 0xff, 0xff, 0xa1, 0x74])],
  ['a declared text of 4 GB', Buffer.from([0x81, 0xa1, 0x74, 0xdb, 0xff, 0xff, 0xff, 0xff, 0x61])],
  ['declared bytes of 4 GB', Buffer.from([0x81, 0xa1, 0x74, 0xc6, 0xff, 0xff, 0xff, 0xff, 0x61])],
  ['a million values', Buffer.concat([Buffer.from([0xdd, 0x00, 0x0f, 0x42, 0x40]), Buffer.alloc(1_000_000, 0xc0)])],
  ['a number', pack(7)],
  ['a list', pack([{ t: 'open' }])],
  ['nil', pack(null)],
  ['a map without t', pack({ stream: 'a' })],
  ['a t that is no text', pack({ t: 1 })],
  ['an unknown t', pack({ t: 'opened' })],
  ['a t of a prototype', pack({ t: '__proto__' })],
  ['two messages in one', Buffer.concat([pack({ t: 'close', stream: 'a' }), pack({ t: 'close', stream: 'a' })])],
  ['half a message', pack({ t: 'open', stream: 'abc' }).subarray(0, 12)],
  ['no bytes', Buffer.alloc(0)],
  ['a raw GIF', GIF],
  ['random bytes', RANDOM],
  ['text', '{"t":"open","stream":"a"}'],
])('%s on the msgpack protocol is BAD_MESSAGE and the connection goes on', async (_name, message) => {
  const socket = await Socket.withStream(service.wsUrl);
  socket.raw(typeof message === 'string' ? message : Buffer.from(message));
  expect(await socket.nextError()).toBe('BAD_MESSAGE');
  socket.raw(face);
  expect(await socket.next('result')).toMatchObject({ seq: 0, status: 'ok' });
  await socket.close();
});

test.each<[string, string]>([
  ['no JSON', 'hello'],
  ['a number', '7'],
  ['null', 'null'],
  ['a list', '[{"t":"open"}]'],
  ['no t', '{"stream":"a"}'],
  ['deep nesting', `{"t":"open","x":${'['.repeat(200_000)}${']'.repeat(200_000)}}`],
  ['an image that is no base64', '{"t":"frame","stream":"door","image":"/9j/4A??"}'],
  ['an image in base64 without its padding', '{"t":"frame","stream":"door","image":"/9j/4AA"}'],
  ['an image that is a list', '{"t":"frame","stream":"door","image":[255,216,255]}'],
  ['a `__proto__` that is a message', '{"__proto__":{"t":"open","stream":"a"}}'],
])('%s on the JSON protocol is BAD_MESSAGE and the connection goes on', async (_name, message) => {
  const socket = await Socket.withStream(service.wsUrl, {}, JSON_PROTOCOL);
  socket.raw(message);
  expect(await socket.nextError()).toBe('BAD_MESSAGE');
  socket.raw(face);
  expect(await socket.next('result')).toMatchObject({ seq: 0, status: 'ok' });
  await socket.close();
});

test('what is no frame is an `error` and counted nowhere', async () => {
  const socket = await Socket.connect(service.wsUrl);
  await socket.next('hello');
  socket.send({ t: 'frame', stream: 'door', image: face });
  expect(await socket.nextError()).toBe('NO_STREAM');
  socket.send({ t: 'open', stream: 'door' });
  await socket.next('opened');
  for (const frame of [
    { stream: 'door' },
    { stream: 'door', image: 'text' },
    { stream: 'door', image: null },
    { stream: '../door', image: face },
    { image: face },
  ]) {
    socket.send({ t: 'frame', ...frame });
    expect(await socket.nextError()).toBe('BAD_MESSAGE');
  }
  for (const stream of ['../../etc/passwd', 'a/b', 'a b', '', 'ä', 'a\0', '.'.repeat(65)]) {
    socket.send({ t: 'open', stream });
    expect(await socket.nextError()).toBe('BAD_MESSAGE');
  }
  socket.send({ t: 'open', stream: 'door' });
  expect(await socket.nextError()).toBe('STREAM_EXISTS');
  socket.send({ t: 'close', stream: 'door' });
  expect((await socket.next('closed'))['stats']).toEqual({ received: 0, ok: 0, dropped: 0, errors: 0 });
  await socket.close();
});

test.each(['onlooker.v1.msgpack', JSON_PROTOCOL])(
  'on %s an image of up to twice the limit is answered and only more is closed by the socket',
  async (protocol) => {
    const json = protocol === JSON_PROTOCOL;
    const socket = await Socket.withStream(service.wsUrl, {}, protocol);
    const large = Buffer.alloc(2 * MAX_FRAME_BYTES - (json ? 0 : 100));
    socket.send({ t: 'frame', stream: 'door', image: large });
    expect(await socket.next('result')).toMatchObject({ status: 'error', code: 'TOO_LARGE' });
    socket.send({ t: 'frame', stream: 'door', image: Buffer.alloc(2 * MAX_FRAME_BYTES + 4096) });
    expect([1006, 1009]).toContain((await socket.closed).code);
  },
);

test('an image of exactly the largest size is taken, one byte more is not', async () => {
  const socket = await Socket.withStream(service.wsUrl, { task: 'detect' });
  const padded = (bytes: number): Buffer => Buffer.concat([plain, Buffer.alloc(bytes - plain.length)]);
  socket.raw(padded(MAX_FRAME_BYTES));
  expect(await socket.next('result')).toMatchObject({ status: 'ok' });
  socket.raw(padded(MAX_FRAME_BYTES + 1));
  expect(await socket.next('result')).toMatchObject({ status: 'error', code: 'TOO_LARGE' });
  await socket.close();
});

test('a client that dies in the middle of a frame leaves nothing behind', async () => {
  const before = await service.metric('onlooker_frames_received_total');
  const raw = connect(service.port, '127.0.0.1');
  raw.write(
    'GET /v1/ws?stream=dying HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  );
  await new Promise((resolve) => raw.once('data', resolve));
  // A masked binary frame that announces 100,000 bytes and brings ten.
  raw.write(Buffer.from([0x82, 0xff, 0, 0, 0, 0, 0, 1, 0x86, 0xa0, 0, 0, 0, 0, ...face.subarray(0, 10)]));
  await until(async () => ((await service.metric('onlooker_streams')) === 2 ? true : undefined));
  raw.destroy();
  await until(async () => ((await service.metric('onlooker_streams')) === 1 ? true : undefined));
  expect(await service.metric('onlooker_frames_received_total')).toBe(before);
});

test('a client that dies with frames in hand is still accounted for', async () => {
  const socket = await Socket.withStream(service.wsUrl);
  const before = await service.metric('onlooker_frames_received_total');
  for (let i = 0; i < 10; i++) socket.raw(face);
  await until(async () => ((await service.metric('onlooker_frames_received_total')) === before + 10 ? true : undefined));
  socket.ws.terminate();
  await until(async () => ((await service.metric('onlooker_streams')) === 1 ? true : undefined));
  expect(await service.metric('onlooker_frames_total')).toBe(await service.metric('onlooker_frames_received_total'));
});

test('1,000 connections opened and dropped leave nothing behind', async () => {
  const memoryBefore = await service.metric('process_resident_memory_bytes');
  for (let round = 0; round < 10; round++) {
    const sockets = await Promise.all(
      Array.from({ length: 100 }, async (_, index) => {
        const ws = new WebSocket(`${service.wsUrl}?stream=drop-${index}&task=detect`);
        await new Promise((resolve) => ws.once('message', resolve));
        return ws;
      }),
    );
    for (const ws of sockets) ws.terminate();
  }
  await until(async () => ((await service.metric('onlooker_connections')) === 1 ? true : undefined));
  expect(await service.metric('onlooker_streams')).toBe(1);
  expect(await service.metric('onlooker_connections_opened_total')).toBeGreaterThanOrEqual(1000);
  expect((await service.metric('process_resident_memory_bytes')) - memoryBefore).toBeLessThan(100e6);
});

test('a client that never reads is cut off, its frames are accounted for and memory stays', async () => {
  const slow = await startService({ ONLOOKER_MAX_UNSENT_BYTES: '65536', ONLOOKER_CREDITS: '64' });
  try {
    const ws = new WebSocket(`${slow.wsUrl}?stream=slow&task=detect`);
    ws.on('error', () => undefined);
    await new Promise((resolve) => ws.once('open', resolve));
    (ws as unknown as { _socket: { pause(): void } })._socket.pause();
    // Refused at once, without work, so that the answers pile up fast; too long to count as a flood of small messages.
    const junk = pack({ t: 'frame', stream: 'slow', image: Buffer.alloc(17 * 1024) });
    const send = setInterval(() => {
      for (let i = 0; i < 2000 && ws.bufferedAmount < 8e6; i++) ws.send(junk);
    }, 10);
    await until(async () => ((await slow.metric('onlooker_slow_readers_total')) === 1 ? true : undefined));
    clearInterval(send);
    ws.terminate();
    await until(async () => ((await slow.metric('onlooker_streams')) === 0 ? true : undefined));
    expect(await slow.metric('onlooker_frames_total')).toBe(await slow.metric('onlooker_frames_received_total'));
    expect(await slow.metric('process_resident_memory_bytes')).toBeLessThan(600e6);
  } finally {
    await slow.stop();
  }
});
