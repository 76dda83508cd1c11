// Machines whose clock is set after the start, or is wrong for a while: no event is lost for that, and none stays for ever.
import { expect, test } from 'vitest';
import { temporaryDir } from '../tasks/faces/gallery/fixtures.js';
import { everything, numbered, numbersOf, openLog, range } from './fixtures.js';

const DAY_MS = 86_400_000;
const NOW = Date.UTC(2026, 5, 1);
const IN_1970 = 20_000;
const IN_2037 = Date.UTC(2037, 0, 1);

/** A log whose clock the test sets. */
async function logAt(dir: string, startMs: number) {
  const clock = { ms: startMs };
  const log = await openLog(dir, { maxDays: 7, now: () => clock.ms });
  let count = 0;
  return {
    log,
    clock,
    add: async (from: number, to: number) => {
      log.append(numbered(from, to));
      await log.flushed();
      count += to - from;
      return count;
    },
    kept: async () => {
      await log.prune();
      return numbersOf(await everything(log));
    },
  };
}

test('events of 1970 are there when the clock is set, and go a week after that', async () => {
  const { add, clock, kept } = await logAt(temporaryDir(), IN_1970);
  await add(0, 3);
  expect(await kept()).toEqual(range(0, 3));
  clock.ms = NOW;
  expect(await kept()).toEqual(range(0, 3));
  await add(3, 5);
  clock.ms += 6 * DAY_MS;
  await add(5, 6);
  expect(await kept()).toEqual(range(0, 6));
  clock.ms += 1.5 * DAY_MS;
  expect(await kept()).toEqual([5]);
});

test('the same where the service was started anew between, and where the clock is set as the next event comes', async () => {
  const dir = temporaryDir();
  const before = await logAt(dir, IN_1970);
  await before.add(0, 3);
  await before.log.close();
  const after = await logAt(dir, NOW);
  await after.add(3, 4);
  expect(await after.kept()).toEqual(range(0, 4));
  await after.log.close();
  const later = await logAt(dir, NOW + 6 * DAY_MS);
  expect(await later.kept()).toEqual(range(0, 4));
  later.clock.ms += 2 * DAY_MS;
  expect(await later.kept()).toEqual([]);
});

test('one start in 2037 deletes nothing, and neither its events nor later ones stay for ever', async () => {
  const dir = temporaryDir();
  const before = await logAt(dir, NOW);
  await before.add(0, 2);
  await before.log.close();
  const ahead = await logAt(dir, IN_2037);
  expect(await ahead.kept()).toEqual(range(0, 2));
  await ahead.add(2, 4);
  expect(await ahead.kept()).toEqual(range(0, 4));
  await ahead.log.close();

  const after = await logAt(dir, NOW + DAY_MS);
  expect(await after.kept()).toEqual(range(0, 4));
  for (let day = 0; day < 6; day++) {
    await after.add(4 + day, 5 + day);
    expect(await after.kept()).toEqual(range(0, 5 + day));
    after.clock.ms += DAY_MS;
  }
  // By now those of before and of 2037 are a week old; the others go day by day.
  after.clock.ms += 1.5 * DAY_MS;
  expect(await after.kept()).toEqual(range(5, 10));
  after.clock.ms += 2 * DAY_MS;
  expect(await after.kept()).toEqual(range(7, 10));
  after.clock.ms += 8 * DAY_MS;
  expect(await after.kept()).toEqual([]);
});

test('a clock that runs ahead and is set back while the service runs', async () => {
  const { log, add, clock, kept } = await logAt(temporaryDir(), IN_2037);
  await add(0, 3);
  clock.ms = NOW;
  await add(3, 5);
  expect(await kept()).toEqual(range(0, 5));
  clock.ms += 3 * DAY_MS;
  await add(5, 6);
  expect(await kept()).toEqual(range(0, 6));
  clock.ms += 4.5 * DAY_MS;
  expect(await kept()).toEqual([5]);
  expect(log.figures.kept).toBe(1);
});

test('a machine that starts in 1970 every day keeps by number, and ages once a clock is set', async () => {
  const dir = temporaryDir();
  for (let day = 0; day < 3; day++) {
    const { log, add, kept } = await logAt(dir, IN_1970);
    await add(day, day + 1);
    expect(await kept()).toEqual(range(0, day + 1));
    await log.close();
  }
  const { clock, kept } = await logAt(dir, NOW);
  expect(await kept()).toEqual(range(0, 3));
  clock.ms += 8 * DAY_MS;
  expect(await kept()).toEqual([]);
});

test('what is known of the time is kept when the file is written anew', async () => {
  const dir = temporaryDir();
  const { log, add, clock, kept } = await logAt(dir, IN_1970);
  await add(0, 2);
  clock.ms = NOW;
  expect(await kept()).toEqual(range(0, 2));
  await log.forgetPeople(['nobody']);
  await log.close();
  const again = await logAt(dir, NOW + 6 * DAY_MS);
  expect(await again.kept()).toEqual(range(0, 2));
  again.clock.ms += 2 * DAY_MS;
  expect(await again.kept()).toEqual([]);
});
