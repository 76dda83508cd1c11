import { expect, test } from 'vitest';
import { temporaryDir } from '../tasks/faces/gallery/fixtures.js';
import { everything, numbered, numbersOf, openLog, personOf, range } from './fixtures.js';

const DAY_MS = 86_400_000;

test('of too many events the oldest go, while new ones come and at the next start with another limit', async () => {
  const dir = temporaryDir();
  const log = await openLog(dir, { maxEvents: 100 });
  for (let from = 0; from < 1000; from += 50) {
    log.append(numbered(from, from + 50, { person: personOf('a') }));
    await log.flushed();
    expect(log.figures.kept).toBe(Math.min(100, from + 50));
  }
  expect(numbersOf(await everything(log))).toEqual(range(900, 1000));
  expect(numbersOf(await everything(log, { person: 'a', stream: 'door' }))).toEqual(range(900, 1000));
  await log.close();
  const again = await openLog(dir, { maxEvents: 10 });
  await again.prune();
  expect(numbersOf(await everything(again))).toEqual(range(990, 1000));
  expect(again.figures.kept).toBe(10);
});

test('events go when their days are over, also when nothing new comes, and their index goes with them', async () => {
  let clock = 1_800_000_000_000;
  const log = await openLog(temporaryDir(), { maxDays: 3, now: () => clock });
  for (let day = 0; day < 10; day++) {
    log.append(numbered(day * 100, day * 100 + 100, { person: personOf(`p${day}`) }));
    await log.flushed();
    clock += DAY_MS;
  }
  clock -= 1;
  await log.prune();
  expect(numbersOf(await everything(log))).toEqual(range(700, 1000));
  const named: string[] = [];
  await log.reconcilePeople((id) => {
    named.push(id);
    return true;
  });
  expect([...new Set(named)].filter((id) => id !== '')).toEqual(expect.arrayContaining(['p7', 'p8', 'p9']));
  expect(named).not.toContain('p6');
  clock += 10 * DAY_MS;
  await log.prune();
  expect(log.figures.kept).toBe(0);
  expect((await log.list({ stream: 'door', limit: 10 })).events).toEqual([]);
});
