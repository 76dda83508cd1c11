// When people are expected: a week's days with their times, for all or for some. Reads and checks the file, and judges a day by it. Pure
// but for the reading.
import { readFile } from 'node:fs/promises';
import { DateTime } from 'luxon';
import { z } from 'zod';
import { systemCodeOf } from '../../models/model-error.js';
import { OnlookerError } from '../../protocol/errors.js';
import type { PresenceState } from '../../protocol/presence.js';

const timeSchema = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'expected a time such as 09:00');
const daySchema = z
  .strictObject({ start: timeSchema, end: timeSchema })
  .refine(({ start, end }) => start < end, 'expected an end after the start');
const weekSchema = z.strictObject({
  mon: daySchema.optional(),
  tue: daySchema.optional(),
  wed: daySchema.optional(),
  thu: daySchema.optional(),
  fri: daySchema.optional(),
  sat: daySchema.optional(),
  sun: daySchema.optional(),
});
export const timetableSchema = z.strictObject({
  /** IANA name; by default that of the machine. */
  time_zone: z
    .string()
    .refine((zone) => DateTime.utc().setZone(zone).isValid, 'expected a time zone such as Europe/Madrid')
    .optional(),
  /** For so long after the start nobody is late, and for so long before the end nobody has left early. */
  grace_minutes: z.number().min(0).max(720).default(10),
  days: weekSchema,
  /** Days of nobody, such as 2026-12-25. */
  holidays: z.array(z.iso.date()).default([]),
  /** Other weeks, by external id, id or name. */
  people: z.record(z.string(), weekSchema).default({}),
});
export type Timetable = Readonly<z.infer<typeof timetableSchema>>;

const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
const MINUTE_MS = 60_000;

/** What a person is called by in a timetable. */
export interface Expected {
  readonly id: string;
  readonly name: string;
  readonly external_id: string | null;
}

/** @throws OnlookerError CONFLICT with one line that names the place that is wrong */
export async function readTimetable(path: string): Promise<Timetable> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw new OnlookerError('CONFLICT', `The timetable cannot be read: ${systemCodeOf(error) ?? 'it is no file'}.`);
  }
  try {
    const parsed = timetableSchema.safeParse(JSON.parse(text));
    if (parsed.success) return parsed.data;
    const wrong = parsed.error.issues.map(({ path: place, message }) => `${place.join('.') || '(top)'}: ${message}`);
    throw new OnlookerError('CONFLICT', `The timetable is wrong: ${wrong.join('; ')}.`);
  } catch (error) {
    if (error instanceof OnlookerError) throw error;
    throw new OnlookerError('CONFLICT', 'The timetable is not JSON.');
  }
}

/** When somebody is expected on a day; null for a day on which they are not. @param day its beginning, in the time zone */
export function expectedOn(
  { days, holidays, people }: Timetable,
  day: DateTime,
  person: Expected,
): { readonly startMs: number; readonly endMs: number } | null {
  if (holidays.includes(day.toISODate() ?? '')) return null;
  const names = [person.external_id, person.id, person.name].flatMap((name) => name ?? []);
  const own = names.find((name) => Object.hasOwn(people, name));
  const hours = (own === undefined ? days : people[own])?.[WEEKDAYS[day.weekday - 1] ?? 'mon'];
  if (hours === undefined) return null;
  return { startMs: atTime(day, hours.start), endMs: atTime(day, hours.end) };
}

/**
 * What a day was, by when somebody was seen.
 * @param seen null where they were not
 */
export function judged(
  { grace_minutes: grace }: Timetable,
  { startMs, endMs }: { readonly startMs: number; readonly endMs: number },
  seen: { readonly firstMs: number; readonly lastMs: number; readonly isInView: boolean } | null,
  nowMs: number,
): PresenceState {
  const graceMs = grace * MINUTE_MS;
  if (seen === null) return nowMs <= startMs + graceMs ? 'expected' : 'absent';
  const isLate = seen.firstMs > startMs + graceMs;
  const hasLeftEarly = !seen.isInView && nowMs >= endMs && seen.lastMs < endMs - graceMs;
  if (isLate) return hasLeftEarly ? 'late_and_left_early' : 'late';
  return hasLeftEarly ? 'left_early' : 'present';
}

function atTime(day: DateTime, time: string): number {
  const [hour = 0, minute = 0] = time.split(':').map(Number);
  return day.set({ hour, minute }).toMillis();
}
