import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { open as openLmdb } from 'lmdb';
import { expect, test } from 'vitest';
import { EventLog } from '../../pipeline/events/event-log.js';
import { eventKey, META_KEY, streamPrefix } from '../../pipeline/events/event-records.js';
import { seal } from '../../pipeline/store/sealed-record.js';
import { StoreOpenError } from '../../pipeline/store/store-open-error.js';
import { temporaryDir } from '../tasks/faces/gallery/fixtures.js';
import { everything, idsOf, numbered, numbersOf, openLog, personOf, range, take } from './fixtures.js';

/** A closed log of so many events. */
async function logDir(count: number): Promise<{ dir: string; ids: string[] }> {
  const dir = temporaryDir();
  const log = await openLog(dir);
  const ids = idsOf(log.append(numbered(0, count, { person: personOf('a') })));
  await log.close();
  return { dir, ids };
}

async function openErrorOf(dir: string): Promise<string> {
  const error: unknown = await openLog(dir).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(StoreOpenError);
  const { message } = error as Error;
  expect(message).not.toContain('\n');
  return message;
}

/** Changes records behind the log's back. */
async function tamper(dir: string, records: Record<string, Buffer | null>): Promise<void> {
  const database = openLmdb<Buffer, string>({ path: join(dir, 'events.mdb'), encoding: 'binary', overlappingSync: false });
  for (const [key, value] of Object.entries(records)) await (value === null ? database.remove(key) : database.put(key, value));
  await database.close();
}

test('a file that is no event log is refused with what to do, and left as it is', async () => {
  const dir = temporaryDir();
  const garbage = Buffer.alloc(20_000, 'no event log. ');
  writeFileSync(join(dir, 'events.mdb'), garbage);
  expect(await openErrorOf(dir)).toMatch(/^The event log in .* is damaged \(it is not an LMDB file\): move its events.mdb away/);
  expect(readFileSync(join(dir, 'events.mdb')).equals(garbage)).toBe(true);
});

test('a log of a newer version is refused', async () => {
  const { dir } = await logDir(1);
  await tamper(dir, { [META_KEY]: seal({ schema: 2, last_id: null, what_else: true }) });
  expect(await openErrorOf(dir)).toMatch(
    /The event log in .* newer version of Onlooker \(schema 2, this one knows 1\): run that/,
  );
});

test('a log without or with a damaged meta record is refused', async () => {
  const { dir } = await logDir(3);
  await tamper(dir, { [META_KEY]: Buffer.from('nonsense') });
  expect(await openErrorOf(dir)).toMatch(/is damaged \(a checksum is wrong\)/);
  await tamper(dir, { [META_KEY]: null });
  expect(await openErrorOf(dir)).toMatch(/is damaged \(its meta record is missing\)/);
});

test('no damage ends the process: pages overwritten with noise are refused, or what can be read is told', async () => {
  const { dir } = await logDir(60);
  const path = join(dir, 'events.mdb');
  const good = readFileSync(path);
  let refused = 0;
  for (let page = 0; page < good.length / 4096; page++) {
    const damaged = Buffer.from(good);
    damaged.fill(page * 37, page * 4096 + ((page * 512) % 2048), page * 4096 + ((page * 512) % 2048) + 64);
    writeFileSync(path, damaged);
    const log: unknown = await openLog(dir).catch((error: unknown) => error);
    if (log instanceof StoreOpenError) refused++;
    else if (!(log instanceof EventLog)) throw log;
    else {
      await everything(log);
      log.append(numbered(60, 61));
      await log.flushed();
      await log.close();
    }
  }
  expect(refused).toBeGreaterThan(3);
});

test('a damaged event hides no other, is told in the log by its id, and goes when its person does', async () => {
  const { dir, ids } = await logDir(10);
  await tamper(dir, {
    [eventKey(ids[4] ?? '')]: Buffer.from('Ottilie was here'),
    [streamPrefix('door') + 'stale']: Buffer.alloc(0),
  });
  const warned: unknown[] = [];
  const log = await openLog(dir, { log: { warn: (details) => warned.push(details) } });
  const others = range(0, 10).filter((number) => number !== 4);
  expect(numbersOf(await everything(log))).toEqual(others);
  expect(numbersOf(await take(log.follow({ streams: ['door'], since: '' }), 9))).toEqual(others);
  expect(warned).toContainEqual(expect.objectContaining({ event: ids[4] }));
  await log.forgetPeople(['a']);
  await log.close();
  expect(readFileSync(join(dir, 'events.mdb')).includes('Ottilie')).toBe(false);
  const again = await openLog(dir);
  expect(again.figures.kept).toBe(9);
});
