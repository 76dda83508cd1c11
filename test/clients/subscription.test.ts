// Subscriptions against a scripted service over real sockets: every event once and in order, whatever breaks.
import { afterEach, describe, expect, test } from 'vitest';
import {
  ConnectionError,
  OnlookerClient,
  ServerError,
  type ClientOptions,
  type Followed,
  type Subscription,
} from '../../clients/client.js';
import { ScriptedEvents } from './scripted-events.js';
import { FakeClock, ScriptedService, until, type Script } from './scripted-service.js';

const FAST = { reconnect: { initialDelayMs: 5, maxDelayMs: 20 } };
const opened: { close(): Promise<void> }[] = [];

async function start(script: Script = {}, options: ClientOptions = FAST) {
  const service = await ScriptedService.start(script);
  const client = await OnlookerClient.connect(service.url, options);
  opened.push(service, client);
  return { service, client };
}
afterEach(async () => {
  for (const resource of opened.splice(0)) await resource.close();
});

/** The next so many messages. */
async function take(subscription: Subscription, count: number): Promise<Followed[]> {
  const messages: Followed[] = [];
  while (messages.length < count) {
    const message = await subscription.next();
    if (message === undefined) break;
    messages.push(message);
  }
  return messages;
}
const idsOf = (messages: readonly Followed[]) => messages.map((message) => (message.t === 'event' ? message.id : undefined));
const idsUpTo = (last: number) => Array.from({ length: last }, (_, i) => `e${String(i + 1).padStart(6, '0')}`);

describe.each(['msgpack', 'json'] as const)('over %s', (format) => {
  test('hands out the events and results of the streams that are followed, and of no others', async () => {
    const { service, client } = await start({}, { ...FAST, format });
    const subscription = await client.subscribe({ streams: ['door'] });
    const thumbnail = Uint8Array.of(0xff, 0xd8, 0xff);
    service.events.tell({ stream: 'hall' });
    service.events.tell({ thumbnail });
    service.pass({ stream: 'hall', seq: 1 });
    const [event] = await take(subscription, 1);
    expect(event).toMatchObject({ t: 'event', id: 'e000002', kind: 'appear', stream: 'door', track: 't1', person: null });
    expect(Uint8Array.from((event as { thumbnail?: Uint8Array }).thumbnail ?? [])).toEqual(thumbnail);
    service.pass({ stream: 'door', seq: 7 });
    expect(await subscription.next()).toMatchObject({ t: 'result', stream: 'door', seq: 7, status: 'ok', faces: [] });
    expect(subscription.counts).toEqual({ events: 1, results: 1, superseded: 0 });
    expect(service.messages('subscribe')).toEqual([{ t: 'subscribe', streams: ['door'] }]);
  });
});

test('an event that comes twice is handed out once', async () => {
  const { service, client } = await start();
  const subscription = await client.subscribe({ streams: ['*'], send: 'events' });
  for (let i = 0; i < 2; i++) {
    const event = service.events.tell();
    service.connections.at(-1)?.send({ t: 'event', ...event });
  }
  await until(() => subscription.since === 'e000002');
  service.events.tell();
  expect(idsOf(await take(subscription, 3))).toEqual(idsUpTo(3));
});

test('begins with the kept events after `since`', async () => {
  const { service, client } = await start();
  for (let i = 0; i < 20; i++) service.events.tell();
  const subscription = await client.subscribe({ streams: ['*'], since: 'e000005', send: 'events' });
  expect(idsOf(await take(subscription, 15))).toEqual(idsUpTo(20).slice(5));
  expect(subscription.since).toBe('e000020');
});

test('over breaks of the connection every event comes once, in order', async () => {
  const { service, client } = await start();
  const subscription = await client.subscribe({ streams: ['*'], send: 'events' });
  const reading = take(subscription, 300);
  for (let i = 1; i <= 300; i++) {
    service.events.tell();
    if (i % 40 === 0) service.connections.at(-1)?.socket.terminate();
    if (i % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 2));
  }
  expect(idsOf(await reading)).toEqual(idsUpTo(300));
  expect(service.messages('subscribe').length).toBeGreaterThan(3);
});

test('goes on over a restart of the service, also while that is still loading', async () => {
  const { service, client } = await start();
  const subscription = await client.subscribe({ streams: ['*'], send: 'events' });
  service.events.tell();
  expect(idsOf(await take(subscription, 1))).toEqual(['e000001']);
  const { events, port } = service;
  await service.close();
  events.tell();
  let refused = 0;
  const successor = await ScriptedService.start(
    {
      onMessage(message, connection) {
        if (message.t !== 'subscribe' || ++refused > 2) return false;
        connection.send({ t: 'error', code: 'MODEL_UNAVAILABLE', message: 'The models are still being loaded.' });
        return true;
      },
    },
    port,
    events,
  );
  opened.push(successor);
  events.tell();
  expect(idsOf(await take(subscription, 2))).toEqual(['e000002', 'e000003']);
  expect(successor.messages('subscribe').every(({ since }) => since === 'e000001')).toBe(true);
});

test('a service that tells where its events begin is asked from there after a break, though none has come yet', async () => {
  const { service, client } = await start({
    onMessage(message, connection) {
      if (message.t !== 'subscribe' || message.since !== undefined) return false;
      connection.send({ t: 'subscribed', streams: message.streams, since: 'e000000' });
      return true;
    },
  });
  const subscription = await client.subscribe({ streams: ['*'], send: 'events' });
  service.connections.at(-1)?.socket.terminate();
  service.events.tell();
  expect(idsOf(await take(subscription, 1))).toEqual(['e000001']);
});

test('a slow reader gets every event all the same, and no more than its bound waits here', async () => {
  const events = new ScriptedEvents();
  for (let i = 0; i < 1000; i++) events.tell();
  const service = await ScriptedService.start({}, 0, events);
  const client = await OnlookerClient.connect(service.url, FAST);
  opened.push(service, client);
  const subscription = await client.subscribe({ streams: ['*'], since: '0', maxWaitingEvents: 10 });
  // Nobody reads: it stops at its bound, and results still come.
  await until(() => service.messages('unsubscribe').length === 1);
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(subscription.since).toBe('e000010');
  expect(service.received.at(-1)).toEqual({ t: 'subscribe', streams: ['*'], send: 'frames' });
  const read: Followed[] = [];
  // The last one comes whether or not others are missing.
  for (let last = ''; last < 'e001000';) {
    const message = await subscription.next();
    if (message?.t !== 'event') throw new Error('no event');
    read.push(message);
    last = message.id;
    if (read.length % 50 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  expect(idsOf(read)).toEqual(idsUpTo(1000));
});

test('a break while the reader is behind loses nothing', async () => {
  const { service, client } = await start();
  for (let i = 0; i < 100; i++) service.events.tell();
  const subscription = await client.subscribe({ streams: ['*'], since: '0', send: 'events', maxWaitingEvents: 10 });
  await until(() => service.messages('unsubscribe').length === 1);
  service.connections.at(-1)?.socket.terminate();
  await until(() => service.connections.length === 3);
  expect(subscription.since).toBe('e000010');
  expect(idsOf(await take(subscription, 100))).toEqual(idsUpTo(100));
});

test('of results the newest of each stream is kept for a slow reader, after the events', async () => {
  const { service, client } = await start();
  const subscription = await client.subscribe({ streams: ['*'] });
  for (let seq = 0; seq < 50; seq++) {
    service.pass({ stream: 'door', seq });
    service.pass({ stream: 'hall', seq });
  }
  service.events.tell();
  await until(() => subscription.since !== undefined);
  const messages = await take(subscription, 3);
  expect(messages.map((message) => [message.t, message.stream, 'seq' in message ? message.seq : undefined])).toEqual([
    ['event', 'door', undefined],
    ['result', 'door', 49],
    ['result', 'hall', 49],
  ]);
  expect(subscription.counts).toEqual({ events: 1, results: 2, superseded: 98 });
});

test('two of them on one client do not disturb each other, nor the streams', async () => {
  const { service, client } = await start();
  const door = await client.open({ stream: 'cam', send: 'frames' });
  const all = await client.subscribe({ streams: ['*'], send: 'events' });
  const some = await client.subscribe({ streams: ['door'] });
  service.events.tell();
  expect(idsOf([...(await take(all, 1)), ...(await take(some, 1))])).toEqual(['e000001', 'e000001']);
  await some.close();
  service.events.tell();
  expect(idsOf(await take(all, 1))).toEqual(['e000002']);
  expect((await door.send(Uint8Array.of(0xff, 0xd8, 0xff))).status).toBe('ok');
});

test('what the service refuses for good is told, and nothing is tried again', async () => {
  const { service, client } = await start({
    onMessage(message, connection) {
      if (message.t !== 'subscribe') return;
      connection.send({ t: 'error', code: 'BAD_MESSAGE', message: 'streams: must be ids' });
      return true;
    },
  });
  await expect(client.subscribe({ streams: ['a b'] })).rejects.toMatchObject({ code: 'BAD_MESSAGE' });
  await expect(client.subscribe({ streams: ['a b'] })).rejects.toBeInstanceOf(ServerError);
  await until(() => service.connections.slice(1).every(({ socket }) => socket.readyState === socket.CLOSED));
  expect(service.connections).toHaveLength(3);
  expect(client.isConnected).toBe(true);
});

test('a service that is gone without a word is noticed, and the events go on', async () => {
  const clock = new FakeClock();
  let isDead = false;
  const { service, client } = await start({ onMessage: () => isDead }, { clock, random: () => 0, answerTimeoutMs: 4_000 });
  const subscription = await client.subscribe({ streams: ['*'], send: 'events' });
  service.events.tell();
  expect(idsOf(await take(subscription, 1))).toEqual(['e000001']);
  // In peace it is asked now and then, and its answer is enough.
  clock.advance(30_000);
  await until(() => service.messages('subscribe').length === 2);
  isDead = true;
  await new Promise((resolve) => setTimeout(resolve, 20));
  clock.advance(36_000);
  isDead = false;
  clock.advance(250);
  await until(() => service.connections.length === 3);
  await until(() => service.messages('subscribe').length === 4);
  service.events.tell();
  expect(idsOf(await take(subscription, 1))).toEqual(['e000002']);
});

test('leaving the loop closes it; close() ends a loop that waits', async () => {
  const { service, client } = await start();
  const left = await client.subscribe({ streams: ['*'] });
  service.events.tell();
  for await (const message of left) {
    expect(message.t).toBe('event');
    break;
  }
  await until(() => service.connections[1]?.socket.readyState === 3);
  const waiting = await client.subscribe({ streams: ['*'] });
  const loop = (async () => {
    for await (const _ of waiting);
  })();
  await waiting.close();
  await loop;
  expect(await waiting.next()).toBeUndefined();
});

test('closing the client closes its subscriptions, and it takes no more', async () => {
  const { client } = await start();
  const subscription = await client.subscribe({ streams: ['*'] });
  const end = subscription.next();
  await client.close();
  expect(await end).toBeUndefined();
  await expect(client.subscribe({ streams: ['*'] })).rejects.toBeInstanceOf(ConnectionError);
});

test('one that is lost for good hands out what it has and then throws', async () => {
  const { service, client } = await start({}, { reconnect: false });
  const subscription = await client.subscribe({ streams: ['*'] });
  service.events.tell();
  await until(() => subscription.since !== undefined);
  const ended = new Promise((resolve) => subscription.on('closed', resolve));
  await service.close();
  expect(await ended).toBeInstanceOf(ConnectionError);
  expect(idsOf(await take(subscription, 1))).toEqual(['e000001']);
  await expect(subscription.next()).rejects.toBeInstanceOf(ConnectionError);
});

test('what arrives after it was closed leaves no timer behind that would keep the process alive', async () => {
  const clock = new FakeClock();
  const { service, client } = await start({}, { clock, random: () => 0 });
  const subscription = await client.subscribe({ streams: ['door'] });
  const closing = subscription.close();
  for (let seq = 0; seq < 5; seq++) service.pass({ stream: 'door', seq });
  await closing;
  await client.close();
  expect(clock.pending).toBe(0);
  expect(await subscription.next()).toBeUndefined();
});
