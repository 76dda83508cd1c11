// The client library against a scripted service over real sockets.
import { afterEach, describe, expect, test, vi } from 'vitest';
import {
  ConnectionError,
  OnlookerClient,
  ProtocolError,
  ServerError,
  StreamClosedError,
  type ClientOptions,
} from '../../clients/client.js';
import { OK_FACES, ScriptedService, until, type Message, type Script } from './scripted-service.js';

const JPEG = Uint8Array.of(0xff, 0xd8, 0xff, 0xd9);
const opened: { close(): Promise<void> }[] = [];

async function startService(script?: Script): Promise<ScriptedService> {
  const service = await ScriptedService.start(script);
  opened.push(service);
  return service;
}
async function connect(service: ScriptedService, options?: ClientOptions): Promise<OnlookerClient> {
  const client = await OnlookerClient.connect(service.url, options);
  opened.push(client);
  return client;
}
afterEach(async () => {
  // The service first: a client that still waits for answers is then told at once.
  for (const resource of opened.splice(0)) await resource.close();
});

describe.each(['msgpack', 'json'] as const)('over %s', (format) => {
  test('tells what the service said of itself', async () => {
    const client = await connect(await startService(), { format });
    expect(client.limits.max_frame_bytes).toBe(5_242_880);
    expect(client.tasks).toContain('faces');
    expect(client.models[0]?.id).toBe('scripted');
  });

  test('gives each frame its own result, in order, and the account at the end', async () => {
    const service = await startService({ credits: 3 });
    const client = await connect(service, { format });
    const door = await client.open({ stream: 'door-1', min_face: 20 });
    const ts = 1_732_160_000_123;
    const results = await Promise.all([0, 1, 2, 3, 4, 5].map((i) => door.send(JPEG, { ts: ts + i })));
    expect(results.map((result) => [result.seq, result.ts, result.status])).toEqual(
      [0, 1, 2, 3, 4, 5].map((i) => [i, ts + i, 'ok']),
    );
    expect(await door.close()).toEqual({ received: 6, ok: 6, dropped: 0, errors: 0 });
    expect(door.counts).toEqual({ sent: 6, ok: 6, dropped: 0, errors: 0, lost: 0 });
    expect(service.received[0]).toEqual({ t: 'open', stream: 'door-1', min_face: 20 });
  });

  test('gives embeddings as bytes', async () => {
    const embedding = new Uint8Array(new Float32Array([0.5, -0.25]).buffer);
    const service = await startService({
      onMessage(message, connection) {
        if (message.t !== 'frame') return;
        const bytes = format === 'json' ? Buffer.from(embedding).toString('base64') : embedding;
        connection.answer(message, {
          ...OK_FACES,
          faces: [{ box: [0, 0, 1, 1], score: 1, landmarks: [], quality: 1, embedding: bytes, dim: 2 }],
        });
        return true;
      },
    });
    const client = await connect(service, { format });
    const result = await (await client.open({ stream: 'a', task: 'embed' })).send(JPEG);
    if (result.status !== 'ok') throw new Error('not ok');
    expect(Uint8Array.from(result.faces[0]?.embedding ?? [])).toEqual(embedding);
  });
});

test('a frame that the service cannot read resolves with status error', async () => {
  const service = await startService({
    onMessage(message, connection) {
      if (message.t !== 'frame') return;
      connection.answer(message, { status: 'error', code: 'BAD_IMAGE', message: 'truncated' });
      return true;
    },
  });
  const door = await (await connect(service)).open({ stream: 'a' });
  expect(await door.send(JPEG)).toMatchObject({ status: 'error', code: 'BAD_IMAGE' });
  expect(door.counts.errors).toBe(1);
});

test('under a flood the credits are never exceeded and nothing is lost', async () => {
  let unanswered = 0;
  let most = 0;
  const service = await startService({
    credits: 3,
    onMessage(message, connection) {
      if (message.t !== 'frame') return;
      most = Math.max(most, ++unanswered);
      setTimeout(() => {
        unanswered -= 1;
        connection.answer(message);
      }, 1);
      return true;
    },
  });
  const door = await (await connect(service)).open({ stream: 'a' });
  const results = await Promise.all(Array.from({ length: 200 }, () => door.send(JPEG)));
  expect(most).toBe(3);
  expect(results.map((result) => result.seq)).toEqual(Array.from({ length: 200 }, (_, i) => i));
  expect((await door.close())?.received).toBe(200);
});

test('trySend says no without a credit, and yes again after a result', async () => {
  const held: Message[] = [];
  const service = await startService({
    credits: 2,
    onMessage: (message) => message.t === 'frame' && held.push(message) > 0,
  });
  const door = await (await connect(service)).open({ stream: 'a' });
  expect([door.trySend(JPEG), door.trySend(JPEG), door.trySend(JPEG)]).toEqual([true, true, false]);
  await until(() => held.length === 2);
  const ready = door.ready();
  service.connections[0]?.answer(held[0] ?? {});
  await ready;
  expect(door.trySend(JPEG)).toBe(true);
});

test('force sends past the credits, and the drop is told', async () => {
  const held: Message[] = [];
  const service = await startService({
    credits: 1,
    onMessage(message, connection) {
      if (message.t !== 'frame') return;
      held.push(message);
      if (held.length === 2) {
        connection.answer(held[0] ?? {}, { status: 'dropped', reason: 'superseded' });
        connection.answer(message);
      }
      return true;
    },
  });
  const door = await (await connect(service)).open({ stream: 'a' });
  const [first, second] = await Promise.all([door.send(JPEG), door.send(JPEG, { force: true })]);
  expect(first).toMatchObject({ seq: 0, status: 'dropped', reason: 'superseded' });
  expect(second).toMatchObject({ seq: 1, status: 'ok' });
});

test('no msgpack extension is sent, and large integers go as integers', async () => {
  const service = await startService();
  const client = await connect(service);
  const door = await client.open({ stream: 'a', model: undefined, region: [0, 0, 0.5, 0.5] });
  await door.send(JPEG, { ts: 1_732_160_000_123, seq: 2 ** 40 });
  const [open, frame] = service.raw;
  // fixmap of 3: t, stream, region; an undefined field is not there at all.
  expect(open?.[0]).toBe(0x83);
  // 0xd3: int 64, followed by the number.
  expect(frame?.includes(Buffer.from('a27473d3000001934cc8107b', 'hex'))).toBe(true);
  expect(frame?.includes(Buffer.from('a3736571d30000010000000000', 'hex'))).toBe(true);
});

test('answers() yields each frame with its result in order, holding no more than the credits', async () => {
  const service = await startService({ credits: 2 });
  const door = await (await connect(service)).open({ stream: 'a' });
  let taken = 0;
  let answered = 0;
  let most = 0;
  async function* frames() {
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) {
      taken += 1;
      most = Math.max(most, taken - answered);
      yield await Promise.resolve({ image: JPEG, name });
    }
  }
  const seen: [string, number | undefined][] = [];
  for await (const { input, result } of door.answers(frames())) {
    answered += 1;
    seen.push([input.name, result?.seq]);
  }
  expect(seen).toEqual(['a', 'b', 'c', 'd', 'e', 'f'].map((name, i) => [name, i]));
  expect(most).toBeLessThanOrEqual(3);
});

test('answers() gives a result at once, also while its source has no other frame', async () => {
  const door = await (await connect(await startService())).open({ stream: 'a' });
  let goOn: () => void = () => undefined;
  async function* frames() {
    yield { image: JPEG };
    await new Promise<void>((resolve) => (goOn = resolve));
  }
  for await (const { result } of door.answers(frames())) {
    expect(result?.status).toBe('ok');
    goOn();
  }
});

test('answers() throws what its source throws, after the answers of the frames before', async () => {
  const door = await (await connect(await startService())).open({ stream: 'a' });
  async function* frames() {
    yield await Promise.resolve({ image: JPEG });
    throw new Error('camera fell off');
  }
  let count = 0;
  const run = async () => {
    for await (const _ of door.answers(frames())) count += 1;
  };
  await expect(run()).rejects.toThrow('camera fell off');
  expect(count).toBe(1);
});

test('a refused open rejects with the code of the catalogue', async () => {
  const service = await startService({
    onMessage(message, connection) {
      if (message.t !== 'open') return;
      connection.send({ t: 'error', code: 'RATE_LIMITED', message: 'too many', stream: message.stream, retry_after_ms: 1500 });
      return true;
    },
  });
  const error: unknown = await (await connect(service)).open({ stream: 'a' }).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(ServerError);
  expect(error).toMatchObject({ code: 'RATE_LIMITED', retryAfterMs: 1500 });
});

test('an open refused without the name of the stream is still its refusal', async () => {
  const service = await startService({
    onMessage(message, connection) {
      if (message.t !== 'open') return;
      connection.send({ t: 'error', code: 'BAD_MESSAGE', message: 'stream must be 1 to 64 of ...' });
      return true;
    },
  });
  await expect((await connect(service)).open({ stream: '../x' })).rejects.toMatchObject({ code: 'BAD_MESSAGE' });
});

test('a second stream of the same id is refused without asking the service', async () => {
  const client = await connect(await startService());
  await client.open({ stream: 'a' });
  await expect(client.open({ stream: 'a' })).rejects.toMatchObject({ code: 'STREAM_EXISTS' });
});

test('an image over the limit is not sent, since it could end the connection', async () => {
  const service = await startService({ hello: { limits: { max_frame_bytes: 8, max_pixels: 1, max_streams: 1 } } });
  const door = await (await connect(service)).open({ stream: 'a' });
  await expect(door.send(new Uint8Array(9))).rejects.toMatchObject({ code: 'TOO_LARGE' });
  expect(service.frames()).toEqual([]);
});

test('a stream taken over by another client ends and is not opened again', async () => {
  const service = await startService();
  const door = await (await connect(service)).open({ stream: 'a' });
  const closed = new Promise((resolve) => door.on('closed', (reason, stats) => resolve([reason, stats])));
  const stats = { received: 0, ok: 0, dropped: 0, errors: 0 };
  service.connections[0]?.send({ t: 'closed', stream: 'a', reason: 'taken_over', stats });
  expect(await closed).toEqual(['taken_over', stats]);
  await expect(door.send(JPEG)).rejects.toBeInstanceOf(StreamClosedError);
  expect(service.received.filter((message) => message.t === 'open')).toHaveLength(1);
});

test('a frame that the service skips is rejected when a later one is answered', async () => {
  const service = await startService({ onMessage: (message) => message.t === 'frame' && message.seq === 0 });
  const door = await (await connect(service)).open({ stream: 'a' });
  const first = door.send(JPEG);
  const second = door.send(JPEG);
  await expect(first).rejects.toBeInstanceOf(ProtocolError);
  expect((await second).seq).toBe(1);
});

test('a seq that does not increase is refused at once', async () => {
  const door = await (await connect(await startService())).open({ stream: 'a' });
  await door.send(JPEG, { seq: 7 });
  await expect(door.send(JPEG, { seq: 7 })).rejects.toBeInstanceOf(RangeError);
  expect((await door.send(JPEG)).seq).toBe(8);
});

test('a signal ends the wait for a credit, and the next in line gets it', async () => {
  const held: Message[] = [];
  const service = await startService({ credits: 1, onMessage: (message) => message.t === 'frame' && held.push(message) > 0 });
  const door = await (await connect(service)).open({ stream: 'a' });
  const first = door.send(JPEG);
  const abort = new AbortController();
  const second = door.send(JPEG, { signal: abort.signal });
  const third = door.send(JPEG);
  abort.abort(new Error('no longer wanted'));
  await expect(second).rejects.toThrow('no longer wanted');
  await until(() => held.length === 1);
  service.connections[0]?.answer(held[0] ?? {});
  await first;
  await until(() => held.length === 2);
  service.connections[0]?.answer(held[1] ?? {});
  expect((await third).seq).toBe(1);
});

test('a listener that throws is reported and changes nothing else', async () => {
  const told = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  const door = await (await connect(await startService())).open({ stream: 'a' });
  const seen: number[] = [];
  door.on('result', () => {
    throw new Error('a bug of the application');
  });
  door.on('result', (result) => seen.push(result.seq));
  expect((await door.send(JPEG)).seq).toBe(0);
  expect((await door.send(JPEG)).seq).toBe(1);
  expect(seen).toEqual([0, 1]);
  expect(told).toHaveBeenCalledTimes(2);
  told.mockRestore();
});

test('a service that speaks another language is named as such', async () => {
  const strange = await startService({ hello: { v: 2 } });
  await expect(OnlookerClient.connect(strange.url)).rejects.toBeInstanceOf(ProtocolError);
  const other = await startService({ hello: { t: 'welcome' } });
  await expect(OnlookerClient.connect(other.url)).rejects.toBeInstanceOf(ProtocolError);
});

test('no service, a wrong address and a signal each reject connect with their own error', async () => {
  await expect(OnlookerClient.connect('http://127.0.0.1:1')).rejects.toBeInstanceOf(ConnectionError);
  await expect(OnlookerClient.connect('http://127.0.0.1:1')).rejects.toThrow('ECONNREFUSED');
  await expect(OnlookerClient.connect('ftp://127.0.0.1')).rejects.toBeInstanceOf(TypeError);
  const gone = new Error('changed my mind');
  await expect(OnlookerClient.connect('http://127.0.0.1:1', { signal: AbortSignal.abort(gone) })).rejects.toBe(gone);
});

test('close() answers the frames in hand first, and may be called twice', async () => {
  const service = await startService({
    credits: 2,
    onMessage(message, connection) {
      if (message.t !== 'frame') return;
      setTimeout(() => connection.answer(message), 30);
      return true;
    },
  });
  const client = await connect(service);
  const door = await client.open({ stream: 'a' });
  const frames = [door.send(JPEG), door.send(JPEG)];
  const waiting = expect(door.send(JPEG)).rejects.toBeInstanceOf(StreamClosedError);
  await Promise.all([client.close(), client.close()]);
  expect((await Promise.all(frames)).map((result) => result.status)).toEqual(['ok', 'ok']);
  await waiting;
  await expect(client.open({ stream: 'b' })).rejects.toBeInstanceOf(ConnectionError);
});
