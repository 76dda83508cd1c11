// When people were there, out of events: days in a time zone, cameras that saw them at once, and events that never came.
import { expect, test } from 'vitest';
import type { KeptEvent } from '../../../protocol/events.js';
import { PresenceDays } from '../../../server/presence/presence-days.js';
import { Visits, type Visit } from '../../../server/presence/visits.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const ada = { id: 'a', name: 'Ada' };
const bob = { id: 'b', name: 'Bob' };
let ids = 0;

function event(
  kind: string,
  track: string,
  person: typeof ada | null,
  firstMs: number,
  lastMs: number,
  more: object = {},
): KeptEvent {
  const at = { ts: lastMs, first_ts: firstMs, last_ts: lastMs };
  return { id: String(++ids).padStart(16, '0'), kind, stream: 'door', track, person, ...at, ...more } as unknown as KeptEvent;
}
function visitsOf(...events: readonly KeptEvent[]): Visit[] {
  const found: Visit[] = [];
  const visits = new Visits((visit) => found.push(visit));
  for (const one of events) visits.add(one);
  visits.end();
  return found;
}
const told = (visits: readonly Visit[]) =>
  visits.map(({ person, fromMs, toMs, isOpen }) => `${person} ${fromMs}-${toMs}${isOpen ? ' open' : ''}`);

test('a visit is from the first to the last sight of a track, although it was named later', () => {
  expect(
    told(visitsOf(event('appear', 't', null, 0, 100), event('identify', 't', ada, 0, 300), event('leave', 't', ada, 0, 900))),
  ).toEqual(['a 0-900']);
});

test('nobody is there where nobody is named, and objects are nobody', () => {
  expect(
    visitsOf(
      event('appear', 't', null, 0, 100),
      event('leave', 't', null, 0, 900),
      event('appear', 'o', null, 0, 100, { label: 'car' }),
    ),
  ).toEqual([]);
});

test('whose track turns out to be somebody else was there until then, and the other from then on', () => {
  expect(
    told(visitsOf(event('identify', 't', ada, 0, 300), event('change', 't', bob, 0, 500), event('leave', 't', bob, 0, 900))),
  ).toEqual(['a 0-500', 'b 500-900']);
});

test('what was never told the end of is open, up to where it was seen last', () => {
  expect(told(visitsOf(event('identify', 't', ada, 0, 300)))).toEqual(['a 0-300 open']);
});

test('an end of which the beginning was told before is a whole visit', () => {
  expect(told(visitsOf(event('leave', 't', ada, 100, 900)))).toEqual(['a 100-900']);
});

function day(zone: string, date: string, ...visits: readonly (readonly [fromMs: number, toMs: number, stream?: string])[]) {
  const days = new PresenceDays(zone);
  for (const [fromMs, toMs, stream = 'door'] of visits) {
    days.add({ person: 'a', name: 'Ada', stream, track: 't', fromMs, toMs, isOpen: false });
  }
  return days.on(date, 'a');
}

test('what two cameras see at once counts once', () => {
  const nine = Date.UTC(2026, 10, 30, 9);
  expect(
    day('UTC', '2026-11-30', [nine, nine + 2 * HOUR], [nine + HOUR, nine + 3 * HOUR, 'yard'], [nine + 5 * HOUR, nine + 6 * HOUR]),
  ).toMatchObject({ firstMs: nine, lastMs: nine + 6 * HOUR, totalMs: 4 * HOUR, visits: 3, streams: ['door', 'yard'] });
});

test('stretches that come in any order are put together', () => {
  const at = (minute: number) => Date.UTC(2026, 10, 30, 9) + minute * MINUTE;
  expect(day('UTC', '2026-11-30', [at(40), at(50)], [at(0), at(10)], [at(20), at(30)], [at(5), at(45)])).toMatchObject({
    firstMs: at(0),
    lastMs: at(50),
    totalMs: 50 * MINUTE,
  });
});

test('a visit over midnight is of two days, by the clock of the zone', () => {
  // 23:30 to 00:45 in Madrid, an hour ahead of UTC.
  const visit = [Date.UTC(2026, 10, 29, 22, 30), Date.UTC(2026, 10, 29, 23, 45)] as const;
  expect(day('Europe/Madrid', '2026-11-29', visit)?.totalMs).toBe(30 * MINUTE);
  expect(day('Europe/Madrid', '2026-11-30', visit)?.totalMs).toBe(45 * MINUTE);
  expect(day('UTC', '2026-11-30', visit)).toBeNull();
});

test.each([
  ['2026-03-29', 23],
  ['2026-10-25', 25],
])('the day %s on which clocks change has %i hours', (date, hours) => {
  const start = Date.parse(`${date}T00:00:00+0${date === '2026-03-29' ? 1 : 2}:00`);
  expect(day('Europe/Madrid', date, [start - HOUR, start + 30 * HOUR])?.totalMs).toBe(hours * HOUR);
});
