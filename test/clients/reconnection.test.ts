// What the client does when the connection breaks or the service falls silent; the clock and the dice are the test's.
import { afterEach, expect, test } from 'vitest';
import { backoffMs, RECONNECT_DEFAULTS } from '../../clients/backoff.js';
import { ConnectionError, ConnectionLostError, OnlookerClient, type ClientOptions } from '../../clients/client.js';
import { FakeClock, ScriptedService, until, type Message, type Script } from './scripted-service.js';

const JPEG = Uint8Array.of(0xff, 0xd8, 0xff, 0xd9);
const opened: { close(): Promise<void> }[] = [];

async function start(script: Script = {}, options: ClientOptions = {}) {
  const clock = new FakeClock();
  const service = await ScriptedService.start(script);
  const client = await OnlookerClient.connect(service.url, { clock, random: () => 0, ...options });
  opened.push(service, client);
  return { clock, service, client };
}
afterEach(async () => {
  for (const resource of opened.splice(0)) await resource.close();
});

const holdFrames = (held: Message[]): Script => ({
  credits: 2,
  onMessage: (message) => message.t === 'frame' && held.push(message) > 0,
});

test('frames that were unanswered at the break reject and are never sent again; waiting ones go on', async () => {
  const { clock, service, client } = await start({
    credits: 2,
    onMessage: (message) => message.t === 'frame' && Number(message.seq) < 2,
  });
  const door = await client.open({ stream: 'a' });
  const interruptions: (readonly number[])[] = [];
  door.on('interrupted', (_error, seqs) => interruptions.push(seqs));
  const frames = [0, 1, 2].map((ts) => door.send(JPEG, { ts }));
  const lost = frames.slice(0, 2).map((frame) => expect(frame).rejects.toBeInstanceOf(ConnectionLostError));
  await until(() => service.frames().length === 2);
  service.connections[0]?.socket.terminate();
  await Promise.all(lost);
  expect(door.state).toBe('interrupted');
  expect(door.trySend(JPEG)).toBe(false);
  clock.advance(RECONNECT_DEFAULTS.initialDelayMs);
  expect(await frames[2]).toMatchObject({ seq: 2, ts: 2, status: 'ok' });
  expect(service.frames().map((frame) => frame.ts)).toEqual([0, 1, 2]);
  expect(interruptions).toEqual([[0, 1]]);
  expect(door.counts).toEqual({ sent: 3, ok: 1, dropped: 0, errors: 0, lost: 2 });
});

test('the streams open again with the options they had', async () => {
  const { clock, service, client } = await start();
  await client.open({ stream: 'a', task: 'detect', min_face: 30 });
  await client.open({ stream: 'b' });
  service.connections[0]?.socket.terminate();
  await until(() => !client.isConnected);
  clock.advance(250);
  await until(() => service.connections[1]?.streams.size === 2);
  const opens = service.received.filter((message) => message.t === 'open');
  expect(opens.slice(2)).toEqual(opens.slice(0, 2));
});

test('the wait doubles with each failed attempt and has a bound', async () => {
  const { clock, service, client } = await start({}, { reconnect: { initialDelayMs: 100, maxDelayMs: 500 }, random: () => 1 });
  const waits: number[] = [];
  client.on('disconnected', ({ retryInMs }) => waits.push(retryInMs));
  await service.close();
  for (let attempt = 1; attempt <= 5; attempt++) {
    await until(() => waits.length === attempt, `attempt ${attempt}`);
    clock.advance(waits[attempt - 1] ?? 0);
  }
  expect(waits.slice(0, 5)).toEqual([100, 200, 400, 500, 500]);
});

test('jitter keeps the wait between half and all of its bound', () => {
  const options = { initialDelayMs: 100, maxDelayMs: 1000, maxAttempts: 9 };
  expect([0, 0.5, 1].map((random) => backoffMs(1, options, random))).toEqual([50, 75, 100]);
  expect(backoffMs(40, options, 1)).toBe(1000);
});

test('a service that drops each new connection at once is not asked faster and faster', async () => {
  let isFlapping = false;
  const { clock, client, service } = await start(
    { onConnection: ({ socket }) => void (isFlapping && socket.close(1001)) },
    { random: () => 1 },
  );
  const waits: number[] = [];
  client.on('disconnected', ({ retryInMs }) => waits.push(retryInMs));
  isFlapping = true;
  service.connections[0]?.socket.terminate();
  for (let attempt = 1; attempt <= 4; attempt++) {
    await until(() => waits.length === attempt, `attempt ${attempt}`);
    clock.advance(waits[attempt - 1] ?? 0);
  }
  expect(waits.slice(0, 4)).toEqual([250, 500, 1000, 2000]);
});

test('after the last allowed attempt everything waiting is told', async () => {
  const { clock, service, client } = await start({}, { reconnect: { maxAttempts: 1 } });
  const door = await client.open({ stream: 'a' });
  const ended = new Promise<Error | undefined>((resolve) => client.on('closed', resolve));
  await service.close();
  await until(() => !client.isConnected);
  const waiting = expect(door.send(JPEG)).rejects.toBeInstanceOf(ConnectionError);
  clock.advance(250);
  await waiting;
  expect(await ended).toBeInstanceOf(ConnectionError);
  await expect(client.open({ stream: 'b' })).rejects.toBeInstanceOf(ConnectionError);
  expect(await door.close()).toBeUndefined();
});

test('with reconnection off a break is the end', async () => {
  const { service, client } = await start({}, { reconnect: false });
  const ended = new Promise<Error | undefined>((resolve) => client.on('closed', resolve));
  service.connections[0]?.socket.terminate();
  expect(await ended).toBeInstanceOf(ConnectionError);
});

test('a service that owes an answer and is silent counts as dead', async () => {
  const held: Message[] = [];
  const { clock, service, client } = await start(holdFrames(held), { answerTimeoutMs: 4_000 });
  const door = await client.open({ stream: 'a' });
  const frame = door.send(JPEG);
  await until(() => held.length === 1);
  clock.advance(5_000);
  await expect(frame).rejects.toThrow('has not answered for 4000 ms');
  clock.advance(250);
  await until(() => service.connections.length === 2);
});

test.each([4000, 40_000, 600_000])('a client that stood still for %d ms waits for the answer as long as it ran', async (ms) => {
  const held: Message[] = [];
  const { clock, service, client } = await start(holdFrames(held), { answerTimeoutMs: 4_000 });
  const door = await client.open({ stream: 'a' });
  const frame = door.send(JPEG);
  await until(() => held.length === 1);
  clock.advance(2_500);
  clock.standStill(ms);
  expect(client.isConnected).toBe(true);
  service.connections[0]?.send({ t: 'result', stream: 'a', seq: 0, ts: null, status: 'dropped', reason: 'deadline' });
  expect(await frame).toMatchObject({ status: 'dropped' });

  const lost = expect(door.send(JPEG)).rejects.toThrow('has not answered for 4000 ms');
  await until(() => held.length === 2);
  clock.advance(2_500);
  clock.standStill(ms);
  clock.advance(4_000);
  await lost;
});

test('a silent service that owes nothing is left in peace', async () => {
  const { clock, service, client } = await start({}, { answerTimeoutMs: 4_000 });
  await client.open({ stream: 'a' });
  clock.advance(600_000);
  expect(client.isConnected).toBe(true);
  expect(service.connections).toHaveLength(1);
});

test('a service that never greets counts as dead too', async () => {
  const clock = new FakeClock();
  const service = await ScriptedService.start({ hello: false });
  opened.push(service);
  const connecting = expect(OnlookerClient.connect(service.url, { clock, answerTimeoutMs: 1_000 })).rejects.toThrow(
    'has not answered',
  );
  await until(() => service.connections.length === 1);
  clock.advance(2_000);
  await connecting;
});

test('a stream closed because the service drains opens again on its successor', async () => {
  const { clock, service, client } = await start();
  const door = await client.open({ stream: 'a' });
  const stats = { received: 0, ok: 0, dropped: 0, errors: 0 };
  service.connections[0]?.send({ t: 'closed', stream: 'a', reason: 'draining', stats });
  service.connections[0]?.socket.close(1001);
  await until(() => !client.isConnected);
  const frame = door.send(JPEG);
  clock.advance(250);
  expect((await frame).status).toBe('ok');
});

test('closing a stream while the connection is gone does not wait for it', async () => {
  const { service, client } = await start();
  const door = await client.open({ stream: 'a' });
  service.connections[0]?.socket.terminate();
  await until(() => !client.isConnected);
  expect(await door.close()).toBeUndefined();
  await client.close();
});

test('close() ends the attempts to come back', async () => {
  const { clock, service, client } = await start();
  service.connections[0]?.socket.terminate();
  await until(() => !client.isConnected);
  await client.close();
  clock.advance(60_000);
  expect(service.connections).toHaveLength(1);
});
