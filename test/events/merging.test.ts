import { expect, test } from 'vitest';
import { holdsBytes, temporaryDir } from '../tasks/faces/gallery/fixtures.js';
import { everything, openLog, personOf, take } from './fixtures.js';
import { visit } from './visits.js';

const NEVER_MS = 1_000_000;
const kept = { id: 'kept', name: 'Kept' };

test('events of one who was merged name the other, now and as the state before, also after a restart', async () => {
  const dir = temporaryDir();
  const log = await openLog(dir, { purgeDelayMs: NEVER_MS });
  log.append([...visit('double'), ...visit('other')]);
  await log.flushed();
  const before = await everything(log);
  await log.mergePeople('double', kept);
  const expected = JSON.parse(
    JSON.stringify(before).replaceAll(JSON.stringify(personOf('double')), JSON.stringify(kept)),
  ) as unknown;
  const plain = async (): Promise<unknown> => JSON.parse(JSON.stringify(await everything(log)));
  expect(await plain()).toEqual(expected);
  await log.close();

  const again = await openLog(dir);
  expect(JSON.parse(JSON.stringify(await everything(again)))).toEqual(expected);
  expect(await everything(again, { person: 'kept' })).toHaveLength(2);
  expect(await everything(again, { person: 'double' })).toEqual([]);
  expect(holdsBytes(dir, Buffer.from(personOf('double').name))).toBe(false);
  // Whoever is left is known: nothing is to be forgotten.
  await again.reconcilePeople((id) => ['kept', 'other'].includes(id));
  expect(await everything(again, { person: 'kept' })).toHaveLength(2);
});

test('events that come after it, and those that a follower has not read yet, name the other too', async () => {
  const log = await openLog(temporaryDir());
  const follower = log.follow({ streams: '*', since: '' });
  const [appear, identify, ...rest] = visit('double');
  if (!appear || !identify) throw new Error('a visit has events');
  log.append([appear, identify]);
  await log.flushed();
  await log.mergePeople('double', kept);
  log.append(rest);
  await log.flushed();
  const told = await take(follower, 4);
  expect(JSON.stringify(told)).not.toContain(personOf('double').name);
  expect(told.map((event) => ('person' in event ? event.person : null))).toEqual([null, kept, null, kept]);
  expect(await everything(log, { person: 'kept' })).toHaveLength(2);
  follower.close();
});

test('a merge of a merged one, then a deletion, leaves neither of them', async () => {
  const dir = temporaryDir();
  const log = await openLog(dir, { purgeDelayMs: 0 });
  log.append(visit('a'));
  await log.flushed();
  await log.mergePeople('a', personOf('b'));
  await log.mergePeople('b', kept);
  log.append([...visit('a'), ...visit('b')]);
  await log.flushed();
  expect(await everything(log, { person: 'kept' })).toHaveLength(6);
  await log.forgetPeople(['kept']);
  log.append(visit('a'));
  await log.flushed();
  expect(JSON.stringify(await everything(log))).not.toMatch(/Kept|Ottilie/);
  await log.close();
  for (const name of ['Kept', 'Ottilie Numbera', 'Ottilie Numberb']) expect(holdsBytes(dir, Buffer.from(name))).toBe(false);
});

test('what a crash left undone of a merge is forgotten at the next start', async () => {
  const dir = temporaryDir();
  const log = await openLog(dir, { purgeDelayMs: NEVER_MS });
  log.append(visit('double'));
  await log.flushed();
  await log.close();
  const again = await openLog(dir);
  await again.reconcilePeople((id) => id === 'kept');
  expect(JSON.stringify(await everything(again))).not.toContain(personOf('double').name);
});
