import { statSync, type BigIntStatsFs } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { EVENT_ID_PATTERN, eventIdAt } from '../../pipeline/events/event-id.js';
import type { NewEvent } from '../../protocol/events.js';
import { temporaryDir } from '../tasks/faces/gallery/fixtures.js';
import { everything, faceEvent, idsOf, numbered, numbersOf, openLog, personOf, range, streamEvent, take } from './fixtures.js';

vi.mock('node:fs/promises', { spy: true });

test('an event comes back as it was told, of whatever kind, also after a restart', async () => {
  const dir = temporaryDir();
  const events: NewEvent[] = [
    faceEvent({ thumbnail: new Uint8Array([255, 216, 1, 2, 3]) }),
    faceEvent({
      kind: 'change',
      person: personOf('b'),
      similarity: 0.71,
      before: { kind: 'identify', ts: 5, person: personOf('a'), similarity: 0.5 },
    }),
    streamEvent({ kind: 'stream_down', state: 'backoff', reason: 'the camera ended the connection' }),
  ];
  const log = await openLog(dir);
  const added = log.append(events);
  expect(added.map(({ id: _, ...event }) => event)).toEqual(events);
  for (const { id } of added) expect(id).toMatch(EVENT_ID_PATTERN);
  await log.flushed();
  expect(await everything(log)).toEqual(added);
  await log.close();
  const again = await openLog(dir);
  expect(await everything(again)).toEqual(added);
  expect(again.figures).toEqual({ kept: 3, pending: 0, unkept: 0 });
});

test('ids sort by time, within a millisecond, over restarts and when the clock steps back', async () => {
  const dir = temporaryDir();
  const ids: string[] = [];
  for (const clock of [1_700_000_000_000, 1_700_000_500_000, 1_600_000_000_000, 0, 1_700_000_500_000, 1_700_000_500_001]) {
    const log = await openLog(dir, { now: () => clock, maxDays: 36500 });
    ids.push(...idsOf(log.append(numbered(0, 5))));
    await log.flushed();
    await log.close();
  }
  expect([...ids].sort()).toEqual(ids);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids[5]).toBe(`${eventIdAt(1_700_000_500_000).slice(0, 15)}1`);
  const log = await openLog(dir, { maxDays: 36500 });
  expect((await log.list({ since: eventIdAt(1_700_000_500_001), limit: 100 })).events).toHaveLength(5);
  expect(idsOf(await everything(log))).toEqual(ids);
});

test('the last id is remembered when its event is gone', async () => {
  const dir = temporaryDir();
  let clock = 2_000_000_000_000;
  const log = await openLog(dir, { now: () => clock, maxDays: 1 });
  const [last] = idsOf(log.append(numbered(0, 1)));
  await log.flushed();
  clock += 2 * 86_400_000;
  await log.prune();
  await log.close();
  const again = await openLog(dir, { now: () => 1000 });
  expect(again.figures.kept).toBe(0);
  const [next = ''] = idsOf(again.append(numbered(1, 2)));
  expect(next > (last ?? '')).toBe(true);
});

test('the store can be read by its user alone', async () => {
  const dir = temporaryDir();
  await openLog(dir);
  for (const name of ['events.mdb', 'events.mdb-lock']) expect(statSync(join(dir, name)).mode & 0o777).toBe(0o600);
});

test('events that cannot be kept are told all the same, counted, and keeping goes on when it can', async () => {
  const log = await openLog(temporaryDir());
  const follower = log.follow({ streams: '*' });
  log.append(numbered(0, 3));
  await log.flushed();
  vi.mocked(statfs).mockResolvedValue({ bavail: 10, bsize: 4096 } as unknown as BigIntStatsFs);
  log.append(numbered(3, 6));
  await expect(log.flushed()).rejects.toMatchObject({ code: 'DISK_FULL' });
  vi.mocked(statfs).mockReset();
  log.append(numbered(6, 9));
  await log.flushed();
  expect(numbersOf(await take(follower, 9))).toEqual(range(0, 9));
  expect(numbersOf(await everything(log))).toEqual([0, 1, 2, 6, 7, 8]);
  expect(log.figures).toEqual({ kept: 6, pending: 0, unkept: 3 });
});

test('more than the disk can take is refused, not heaped up', async () => {
  const log = await openLog(temporaryDir());
  log.append(numbered(0, 4000));
  expect(() => log.append(numbered(4000, 5000))).toThrow(expect.objectContaining({ code: 'OVERLOADED' }));
  // Who must go on whatever happens loses them, and it is counted.
  log.offer(numbered(4000, 5000));
  expect(log.figures.unkept).toBe(1000);
  await log.flushed();
  log.append(numbered(4000, 5000));
  await log.flushed();
  expect(numbersOf(await everything(log))).toEqual(range(0, 5000));
});

test('a closed log takes and tells nothing', async () => {
  const log = await openLog(temporaryDir());
  const last = log.append(numbered(0, 1));
  const [one] = [log.close(), log.close()];
  await one;
  expect(() => log.append(last)).toThrow(expect.objectContaining({ code: 'DRAINING' }));
  await expect(log.list({ limit: 1 })).rejects.toMatchObject({ code: 'DRAINING' });
  await expect(log.forgetPeople(['a'])).rejects.toMatchObject({ code: 'DRAINING' });
});
