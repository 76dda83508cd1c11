// What one connection follows is bounded and read once, however many messages ask for it, and each event is told once, in order.
import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { EventLog } from '../../pipeline/events/event-log.js';
import type { ServerMessage } from '../../protocol/messages.js';
import { StreamFeed } from '../../server/stream-feed.js';
import { FollowedStreams } from '../../server/ws/followed-streams.js';
import type { Outbox } from '../../server/ws/outbox.js';
import { Subscriptions } from '../../server/ws/subscriptions.js';
import { idsOf, numbered, openLog } from '../events/fixtures.js';
import { temporaryDir } from '../tasks/faces/gallery/fixtures.js';

/** Subscriptions whose messages are kept, and how many readers of the log they have had and have. */
function following(log: EventLog) {
  const sent: ServerMessage[] = [];
  const failures: unknown[] = [];
  const readers = { begun: 0, open: 0, most: 0 };
  const events = {
    get lastId() {
      return log.lastId;
    },
    placeAfter: (since?: string) => log.placeAfter(since),
    follow: (options: Parameters<EventLog['follow']>[0]) => {
      const follower = log.follow(options);
      readers.begun += 1;
      readers.most = Math.max(readers.most, ++readers.open);
      const close = follower.close.bind(follower);
      follower.close = () => {
        readers.open -= 1;
        close();
      };
      return follower;
    },
  } as unknown as EventLog;
  const outbox = { unsentBytes: 0, flushed: () => Promise.resolve(), send: (message: ServerMessage) => sent.push(message) };
  const subscriptions = new Subscriptions({
    events,
    feed: new StreamFeed(),
    outbox: outbox as unknown as Outbox,
    isOwn: () => false,
    sees: () => true,
    onError: (error) => failures.push(error),
  });
  const ids = (stream?: string): string[] =>
    sent.flatMap((message) => (message.t === 'event' && (stream ?? message.stream) === message.stream ? [message.id] : []));
  return { subscriptions, ids, readers, failures };
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await setImmediate();
}

test('thousands of subscriptions on one connection have one reader, and each event comes once', async () => {
  const log = await openLog(temporaryDir());
  const { subscriptions, ids, readers } = following(log);
  for (let i = 0; i < 14_000; i++) subscriptions.add({ streams: [`cam-${i % 900}`], send: 'both' });
  for (let i = 0; i < 100; i++) subscriptions.add({ streams: ['*'], send: 'events' });
  const kept = log.append([...numbered(0, 50, { stream: 'cam-3' }), ...numbered(50, 99, { stream: 'another' })]);
  await until(() => ids().length >= kept.length);
  await setImmediate();
  expect(ids()).toEqual(idsOf(kept));
  expect(readers.most).toBe(1);
  subscriptions.close();
  expect(readers.open).toBe(0);
});

test('names beyond a bound are LIMIT_REACHED, those that are taken out of all as well; all may still be asked for', async () => {
  const log = await openLog(temporaryDir());
  const { subscriptions, ids } = following(log);
  const names = Array.from({ length: 1000 }, (_, index) => `cam-${index}`);
  const others = names.map((name) => `other-${name}`);
  const tooMany = expect.objectContaining({ code: 'LIMIT_REACHED' }) as Error;
  subscriptions.add({ streams: names, send: 'both' });
  expect(() => subscriptions.add({ streams: others, send: 'events' })).toThrow(tooMany);
  expect(() => subscriptions.add({ streams: others, send: 'frames' })).toThrow(tooMany);
  subscriptions.add({ streams: names, send: 'both' });
  subscriptions.add({ streams: ['*'], send: 'both' });
  subscriptions.remove(names);
  expect(() => subscriptions.remove(others)).toThrow(tooMany);
  const [, wanted] = log.append([...numbered(0, 1, { stream: 'cam-7' }), ...numbered(1, 2, { stream: 'other-cam-7' })]);
  await until(() => ids().length > 0);
  expect(ids()).toEqual([wanted?.id]);
  subscriptions.close();
});

test('a stream asked for from an earlier place is told from there, and the others go on without a word twice', async () => {
  const log = await openLog(temporaryDir());
  const [before] = log.append(numbered(0, 1));
  const old = log.append([...numbered(1, 300, { stream: 'a' }), ...numbered(300, 600, { stream: 'b' })]);
  await log.flushed();
  const { subscriptions, ids, readers } = following(log);
  subscriptions.add({ streams: ['b'], send: 'events' });
  const live = log.append([...numbered(600, 650, { stream: 'b' }), ...numbered(650, 700, { stream: 'a' })]);
  await until(() => ids('b').length === 50);
  subscriptions.add({ streams: ['a'], send: 'events', since: before?.id });
  await until(() => ids('a').length > 100);
  // Again from the beginning while it still comes: the later one counts.
  subscriptions.add({ streams: ['c', 'b'], send: 'events', since: before?.id });
  const last = log.append(numbered(700, 701, { stream: 'c' }));
  await until(() => ids('c').length === 1);
  const all = [...old, ...live, ...last];
  expect(ids('a')).toEqual(idsOf(all.filter(({ stream }) => stream === 'a')));
  const ofB = idsOf(all.filter(({ stream }) => stream === 'b'));
  expect(ids('b')).toEqual([...ofB.slice(-50), ...ofB]);
  expect(readers.most).toBe(1);
  subscriptions.close();
});

test('an own stream is followed until what was told of it by its end has come, a stream that was asked for goes on', async () => {
  const log = await openLog(temporaryDir());
  const { subscriptions, ids } = following(log);
  subscriptions.add({ streams: ['asked'], send: 'events' });
  for (const stream of ['own', 'asked', 'reopened']) subscriptions.addOwn(stream);
  const leaving = log.append(['own', 'asked', 'reopened'].flatMap((stream, index) => numbered(index, index + 1, { stream })));
  for (const stream of ['own', 'asked', 'reopened']) subscriptions.endOwn(stream);
  subscriptions.addOwn('reopened');
  await until(() => ids().length === 3);
  const later = log.append(['own', 'asked', 'reopened'].flatMap((stream, index) => numbered(index, index + 1, { stream })));
  await until(() => ids().length === 5);
  expect(ids()).toEqual(idsOf([...leaving, ...later.slice(1)]));
  subscriptions.close();
});

test('of thousands of own streams that were opened and closed nothing is left', async () => {
  const log = await openLog(temporaryDir());
  const { subscriptions, ids, readers } = following(log);
  for (let i = 0; i < 3000; i++) {
    subscriptions.addOwn(`visitor-${i}`);
    if (i % 3 === 0) log.append(numbered(i, i + 1, { stream: `visitor-${i}` }));
    subscriptions.endOwn(`visitor-${i}`);
    if (i % 10 === 0) await log.flushed();
  }
  await until(() => ids().length === 1000 && readers.open === 0);
  subscriptions.close();
});

test('a stream that ends is forgotten when the last event of its time was told', () => {
  const followed = new FollowedStreams();
  followed.addOwn('a', '1');
  followed.endOwn('a', '5');
  followed.passed('4');
  expect(followed.after('a')).toBe('1');
  followed.passed('5');
  expect(followed.isEmpty).toBe(true);
});

test('a reader that fails is told once', async () => {
  const log = await openLog(temporaryDir());
  const failure = new Error('the disk is gone');
  const broken = Object.create(log, {
    follow: { value: () => ({ isOfAll: true, next: () => Promise.reject(failure), close: () => undefined }) },
    placeAfter: { value: () => '1' },
  }) as EventLog;
  const failures: unknown[] = [];
  const subscriptions = new Subscriptions({
    events: broken,
    feed: new StreamFeed(),
    outbox: {} as Outbox,
    isOwn: () => false,
    sees: () => true,
    onError: (error) => failures.push(error),
  });
  subscriptions.add({ streams: ['*'], send: 'events' });
  await until(() => failures.length > 0);
  expect(failures).toEqual([failure]);
});
