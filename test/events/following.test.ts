import { setImmediate, setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { EventFollower, EventLog } from '../../pipeline/events/event-log.js';
import { temporaryDir } from '../tasks/faces/gallery/fixtures.js';
import { faceEvent, idsOf, numbered, numbersOf, openLog, range, take } from './fixtures.js';

test('a consumer that was away gets every event once, in order, over restarts of the service', async () => {
  const dir = temporaryDir();
  const received: number[] = [];
  let since: string | undefined;
  for (let round = 0; round < 5; round++) {
    const log = await openLog(dir);
    log.append(numbered(round * 300, round * 300 + 100));
    const follower = log.follow({ streams: '*', ...(since !== undefined && { since }) });
    // Its place is taken where it was left, whether that is before or after what is being written.
    log.append(numbered(round * 300 + 100, round * 300 + 200));
    const events = await take(follower, round === 0 ? 150 : 250);
    follower.close();
    received.push(...numbersOf(events));
    since = idsOf(events).at(-1);
    // While it is away.
    log.append(numbered(round * 300 + 200, round * 300 + 300));
    await log.flushed();
    await log.close();
  }
  const log = await openLog(dir);
  const follower = log.follow({ streams: '*', since: since ?? '' });
  received.push(...numbersOf(await take(follower, 1500 - received.length)));
  expect(received).toEqual(range(0, 1500));
});

/** What a follower gets until it has the last event. */
async function collect(follower: EventFollower, last: number, delay: () => Promise<unknown>): Promise<number[]> {
  const numbers: number[] = [];
  for await (const events of follower) {
    numbers.push(...numbersOf(events));
    if (numbers.at(-1) === last) break;
    await delay();
  }
  return numbers;
}

test('fast and slow consumers, begun at any time while events come, each get all of theirs once and in order', async () => {
  const log = await openLog(temporaryDir());
  const total = 3000;
  const event = (frames: number) => faceEvent({ frames, stream: `cam-${frames % 4}`, thumbnail: new Uint8Array(2000) });
  const [first] = log.append([event(0)]);
  const tasks: { wanted: number[]; got: Promise<number[]> }[] = [];
  const delays = [() => Promise.resolve(), () => setImmediate(), () => setTimeout(3), () => setTimeout(15)];
  for (let next = 1; next < total; next += 10) {
    log.append(range(next, Math.min(total, next + 10)).map(event));
    if (next % 300 === 1) {
      const delay = delays[tasks.length % delays.length] ?? setImmediate;
      const since = first?.id ?? '';
      // The last of every stream comes at the end: 2999 is of cam-3, which all of them follow.
      tasks.push({ wanted: range(1, total), got: collect(log.follow({ streams: '*', since }), total - 1, delay) });
      const streams = ['cam-1', 'cam-3', 'nobody-yet'];
      const wanted = range(1, total).filter((number) => number % 2 === 1);
      tasks.push({ wanted, got: collect(log.follow({ streams, since }), total - 1, delay) });
    }
    if (next % 50 === 1) await setImmediate();
    if (next % 500 === 1) await log.flushed();
  }
  for (const { wanted, got } of tasks) expect(await got).toEqual(wanted);
});

test('without an id it begins with what is told from now on', async () => {
  const log = await openLog(temporaryDir());
  log.append(numbered(0, 5));
  await log.flushed();
  const follower = log.follow({ streams: ['door'] });
  const next = take(follower, 2);
  log.append(numbered(5, 6, { stream: 'other' }));
  log.append(numbered(6, 8));
  expect(numbersOf(await next)).toEqual([6, 7]);
});

test('an id that is gone or was never given is a place in the order; one from the future hides nothing', async () => {
  const dir = temporaryDir();
  const log = await openLog(dir, { maxEvents: 10 });
  const ids = idsOf(log.append(numbered(0, 30)));
  await log.flushed();
  await log.prune();
  await log.close();
  const again = await openLog(dir, { maxEvents: 10 });
  for (const since of [ids[3], '0', '']) {
    expect(numbersOf(await take(again.follow({ streams: '*', since: since ?? '' }), 10))).toEqual(range(20, 30));
  }
  const future = take(again.follow({ streams: '*', since: 'zzzzzzzzzzzzzzzz' }), 1);
  again.append(numbered(30, 31));
  expect(numbersOf(await future)).toEqual([30]);
});

async function waiting(log: EventLog): Promise<{ follower: EventFollower; next: Promise<unknown> }> {
  const follower = log.follow({ streams: '*' });
  const next = follower.next();
  await setImmediate();
  return { follower, next };
}

test('closing a follower or the log ends the waiting', async () => {
  const log = await openLog(temporaryDir());
  const one = await waiting(log);
  one.follower.close();
  expect(await one.next).toBeNull();
  expect(await one.follower.next()).toBeNull();
  const other = await waiting(log);
  await log.close();
  expect(await other.next).toBeNull();
});

test('closing the log under a consumer that reads the store ends it, and nothing is told twice after', async () => {
  const dir = temporaryDir();
  const log = await openLog(dir);
  log.append(numbered(0, 3000));
  await log.flushed();
  const reading = take(log.follow({ streams: '*', since: '' }), 3000);
  await setImmediate();
  await log.close();
  const events = await reading;
  const again = await openLog(dir);
  const rest = await take(again.follow({ streams: '*', since: idsOf(events).at(-1) ?? '' }), 3000 - events.length);
  expect(numbersOf([...events, ...rest])).toEqual(range(0, 3000));
});
