// What a day was by a timetable.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DateTime } from 'luxon';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { expectedOn, judged, readTimetable, timetableSchema } from '../../../server/presence/timetable.js';

const day = (date: string) => DateTime.fromISO(date, { zone: 'Europe/Madrid' });
const at = (time: string) => DateTime.fromISO(`2026-11-30T${time}`, { zone: 'Europe/Madrid' }).toMillis();
const timetable = timetableSchema.parse({
  grace_minutes: 10,
  days: { mon: { start: '09:00', end: '17:00' }, tue: { start: '09:00', end: '14:00' } },
  holidays: ['2026-12-08'],
  people: { 'E-7': { mon: { start: '22:00', end: '23:00' } } },
});
const ada = { id: 'a', name: 'Ada', external_id: null };

const MONDAY = { startMs: at('09:00'), endMs: at('17:00') };

test.each([
  ['is expected on a day of the week', '2026-11-30', ada, MONDAY],
  ['is not on one without times', '2026-12-02', ada, null],
  ['is not on a holiday', '2026-12-08', ada, null],
  ['has times of their own', '2026-11-30', { ...ada, external_id: 'E-7' }, { startMs: at('22:00'), endMs: at('23:00') }],
  ['with times of their own has no others', '2026-12-01', { ...ada, external_id: 'E-7' }, null],
])('somebody %s', (_, date, person, hours) => {
  expect(expectedOn(timetable, day(date), person)).toEqual(hours);
});

const seen = (first: string, last: string, isInView = false) => ({ firstMs: at(first), lastMs: at(last), isInView });
test.each([
  ['present', seen('08:50', '17:05'), '18:00'],
  ['present', seen('09:10', '16:50'), '18:00'],
  ['late', seen('09:11', '17:00'), '18:00'],
  ['left_early', seen('09:00', '16:49'), '18:00'],
  ['late_and_left_early', seen('12:00', '13:00'), '18:00'],
  ['present', seen('09:00', '12:00'), '15:00'],
  ['present', seen('09:00', '12:00', true), '17:30'],
  ['absent', null, '09:11'],
  ['expected', null, '09:10'],
] as const)('a day is %s: seen %j, asked at %s', (state, times, now) => {
  expect(judged(timetable, MONDAY, times, at(now))).toBe(state);
});

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'onlooker-timetable-'));
});
afterAll(async () => rm(folder, { recursive: true }));

test.each([
  ['{', /not JSON/],
  ['{"days": {"mon": {"start": "9", "end": "17:00"}}}', /days\.mon\.start: expected a time such as 09:00/],
  ['{"days": {"mon": {"start": "17:00", "end": "09:00"}}}', /days\.mon: expected an end after the start/],
  ['{"days": {}, "time_zone": "Mars/Base"}', /time_zone: expected a time zone/],
  ['{"days": {"monday": {}}}', /monday/],
])('a file of %s is refused with the place that is wrong', async (text, message) => {
  const path = join(folder, 'timetable.json');
  await writeFile(path, text);
  await expect(readTimetable(path)).rejects.toThrow(message);
});

test('a file that is not there is told as that', async () => {
  await expect(readTimetable(join(folder, 'none.json'))).rejects.toThrow(/cannot be read: ENOENT/);
});
