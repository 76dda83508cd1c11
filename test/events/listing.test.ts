import { expect, test } from 'vitest';
import type { EventLog } from '../../pipeline/events/event-log.js';
import { temporaryDir } from '../tasks/faces/gallery/fixtures.js';
import { everything, faceEvent, idsOf, numbersOf, openLog, personOf, range } from './fixtures.js';

/** 200 events of 3 streams; every 10th names one of 4 people. */
async function someLog(): Promise<EventLog> {
  const log = await openLog(temporaryDir());
  log.append(
    range(0, 200).map((frames) =>
      faceEvent({ frames, stream: `cam-${frames % 3}`, person: frames % 10 === 0 ? personOf(`p${(frames / 10) % 4}`) : null }),
    ),
  );
  await log.flushed();
  return log;
}

test('pages give every event once, the newest last, whatever the limit', async () => {
  const log = await someLog();
  for (const limit of [1, 7, 64, 100, 199, 200, 201]) {
    const numbers: number[] = [];
    let pages = 0;
    for (let since: string | undefined = ''; since !== undefined; pages++) {
      const page: Awaited<ReturnType<EventLog['list']>> = await log.list({ since, limit });
      expect(page.events.length).toBeLessThanOrEqual(limit);
      numbers.push(...numbersOf(page.events));
      since = page.next;
    }
    expect(numbers).toEqual(range(0, 200));
    expect(pages).toBe(Math.ceil(200 / limit));
  }
});

test('streams and people narrow it, alone and together', async () => {
  const log = await someLog();
  expect(numbersOf(await everything(log, { stream: 'cam-1' }))).toEqual(range(0, 200).filter((n) => n % 3 === 1));
  expect(numbersOf(await everything(log, { person: 'p2' }))).toEqual([20, 60, 100, 140, 180]);
  expect(numbersOf(await everything(log, { person: 'p2', stream: 'cam-0' }))).toEqual([60, 180]);
  expect(await everything(log, { stream: 'cam' })).toEqual([]);
  expect(await everything(log, { person: 'nobody' })).toEqual([]);
});

test('the newest, and back from there', async () => {
  const log = await someLog();
  const newest = await log.list({ before: 'z', limit: 5 });
  expect(numbersOf(newest.events)).toEqual(range(195, 200));
  const before = await log.list({ before: newest.previous ?? '', limit: 150 });
  expect(numbersOf(before.events)).toEqual(range(45, 195));
  const first = await log.list({ before: before.previous ?? '', limit: 150 });
  expect(numbersOf(first.events)).toEqual(range(0, 45));
  expect(first.previous).toBeUndefined();
  const since = idsOf(first.events)[40];
  expect(numbersOf((await log.list({ before: 'z', since: since ?? '', limit: 1000 })).events)).toEqual(range(41, 200));
});

test('an event that only withdraws a person is not one of that person', async () => {
  const log = await openLog(temporaryDir());
  log.append([
    faceEvent({ kind: 'identify', frames: 1, person: personOf('a') }),
    faceEvent({ kind: 'change', frames: 2, before: { kind: 'identify', ts: 1, person: personOf('a'), similarity: 0.5 } }),
  ]);
  await log.flushed();
  expect(numbersOf(await everything(log, { person: 'a' }))).toEqual([1]);
});

test('ids that nobody gave are places in the order', async () => {
  const log = await someLog();
  for (const since of ['0', '-', '00000000000000000000000000']) {
    expect(numbersOf((await log.list({ since, limit: 2 })).events)).toEqual([0, 1]);
  }
  for (const since of ['z', 'nonsense', 'Z_']) {
    expect(await log.list({ since, limit: 2 })).toEqual({ events: [] });
  }
});
