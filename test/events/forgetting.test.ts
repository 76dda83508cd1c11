import { setTimeout } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import type { EventLog } from '../../pipeline/events/event-log.js';
import type { FaceEvent } from '../../protocol/events.js';
import { holdsBytes, program, temporaryDir } from '../tasks/faces/gallery/fixtures.js';
import { startProgram } from '../tasks/faces/gallery/killed-process.js';
import { everything, faceEvent, numbered, openLog, personOf, range, take } from './fixtures.js';
import { picture, visit } from './visits.js';

const NEVER_MS = 1_000_000;

/** Whether anything of a person lies anywhere in the directory. */
function hasTraceOf(dir: string, person: string): boolean {
  const texts = [personOf(person).name, `"id":"${person}"`, `person:${person}:`, `forget-person:${person}`].map((text) =>
    Buffer.from(text),
  );
  return [...texts, ...range(0, 4).map((index) => Buffer.from(picture(person, index)).subarray(100, 200))].some((bytes) =>
    holdsBytes(dir, bytes),
  );
}

async function logOfVisits(dir: string, people: readonly string[]): Promise<EventLog> {
  const log = await openLog(dir, { purgeDelayMs: NEVER_MS });
  for (const person of people) log.append(visit(person));
  await log.flushed();
  return log;
}

const people = range(0, 40).map((number) => `p${number}`);
const gone = people.filter((_, index) => index % 3 === 0);

test('who is forgotten leaves every event, the pictures of their tracks too, and no byte on disk', async () => {
  const dir = temporaryDir();
  const log = await logOfVisits(dir, people);
  const before = await everything(log);
  await Promise.all(gone.map((person) => log.forgetPeople([person])));
  // Names are gone at once.
  expect(JSON.stringify(await everything(log))).not.toContain(personOf('p3').name);
  await log.close();
  expect(gone.filter((person) => hasTraceOf(dir, person))).toEqual([]);
  expect(hasTraceOf(dir, 'p1')).toBe(true);

  const again = await openLog(dir);
  const expected = before.map((event) => {
    const face = event as FaceEvent & { id: string };
    if (!gone.includes(face.track)) return face;
    const { thumbnail: _, ...bare } = face;
    return { ...bare, person: null, ...(bare.before && { before: { ...bare.before, person: null } }) };
  });
  expect(await everything(again)).toEqual(expected);
  expect(await everything(again, { person: 'p0' })).toEqual([]);
  expect(await everything(again, { person: 'p1' })).toHaveLength(2);
  expect(again.figures.kept).toBe(before.length);
});

test('events that come after it, of a track that is still in view, tell nothing of them either', async () => {
  const dir = temporaryDir();
  const log = await openLog(dir, { purgeDelayMs: NEVER_MS });
  const follower = log.follow({ streams: '*', since: '' });
  const [appear, identify, ...rest] = visit('a');
  log.append([appear, identify].flatMap((event) => event ?? []));
  await log.flushed();
  const forgotten = log.forgetPeople(['a']);
  log.append(rest);
  await forgotten;
  const told = await take(follower, 4);
  expect(told.map((event) => ('person' in event ? event.person : 'none'))).toEqual([null, null, null, null]);
  // The first two may have been told with their picture before it was known to be one of theirs.
  expect(told.slice(2).map((event) => 'thumbnail' in event)).toEqual([false, false]);
  // The track is over: another one of that name is somebody else's.
  log.append([faceEvent({ track: 'a', thumbnail: new Uint8Array([1, 2, 3]) })]);
  expect(await take(follower, 1)).toMatchObject([{ thumbnail: new Uint8Array([1, 2, 3]) }]);
  await log.close();
  expect(hasTraceOf(dir, 'a')).toBe(false);
});

test('events that were let go before are not left in the file either', async () => {
  const dir = temporaryDir();
  const log = await openLog(dir, { maxEvents: 40, purgeDelayMs: NEVER_MS });
  for (const person of people) log.append(visit(person));
  await log.flushed();
  log.append(numbered(0, 40));
  await log.flushed();
  expect(people.some((person) => hasTraceOf(dir, person))).toBe(true);
  await log.forgetPeople(people);
  await log.close();
  expect(people.filter((person) => hasTraceOf(dir, person))).toEqual([]);
});

test('soon after, in the background, the file is rewritten, and no event that comes meanwhile is lost', async () => {
  const dir = temporaryDir();
  const log = await openLog(dir, { purgeDelayMs: 5 });
  for (const person of people) log.append(visit(person));
  const follower = log.follow({ streams: '*' });
  const forgotten = log.forgetPeople(gone);
  let next = 0;
  // In the first rounds it is surely still there; each look at the file reads all of it.
  for (let round = 0; round < 2000; round++) {
    log.append(numbered(next, next + 5, { stream: 'other' }));
    next += 5;
    await log.flushed();
    await setTimeout(1);
    if (round % 50 === 49 && !hasTraceOf(dir, 'p0')) break;
  }
  await forgotten;
  expect(gone.filter((person) => hasTraceOf(dir, person))).toEqual([]);
  const kept = await everything(log, { stream: 'other' });
  expect(kept.map((event) => ('frames' in event ? event.frames : -1))).toEqual(range(0, next));
  expect((await take(follower, 160 + next)).slice(160)).toEqual(kept);
});

test('whoever the gallery does not know any more is forgotten, and who comes back may be named again', async () => {
  const dir = temporaryDir();
  const log = await logOfVisits(dir, ['a', 'b', 'c']);
  await log.reconcilePeople((id) => id === 'b');
  await vi.waitFor(async () => expect(await everything(log, { person: 'b' })).toHaveLength(2), 30_000);
  log.append(visit('a'));
  await log.flushed();
  expect(await everything(log, { person: 'a' })).toHaveLength(0);
  await log.reconcilePeople((id) => id !== 'c');
  log.append(visit('a'));
  await log.flushed();
  expect(await everything(log, { person: 'a' })).toHaveLength(2);
  await log.close();
  expect(hasTraceOf(dir, 'c')).toBe(false);
  expect(hasTraceOf(dir, 'a')).toBe(true);
});

test.each(['ordered', 'stripping', 'before-rename', 'after-rename'])(
  'a process killed while it forgets (%s) leaves a whole log, and the next start forgets the rest',
  async (step) => {
    const dir = temporaryDir();
    const first = await logOfVisits(dir, people);
    const before = await everything(first);
    await first.close();
    const killed = startProgram(program('../../../events/appender'), [dir, 'forget', step]);
    await killed.ended;
    expect(killed.process.signalCode).toBe('SIGKILL');
    const second = await openLog(dir);
    expect((await everything(second)).map(({ id }) => id)).toEqual(before.map(({ id }) => id));
    await second.close();
    expect(hasTraceOf(dir, 'p0')).toBe(false);
    expect(hasTraceOf(dir, 'p1')).toBe(true);
    const third = await openLog(dir);
    expect(await everything(third, { person: 'p0' })).toEqual([]);
    expect(third.figures.kept).toBe(before.length);
  },
);
