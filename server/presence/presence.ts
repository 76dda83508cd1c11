// Presence: who was seen when, day by day, out of the kept events, and what that is by a timetable.
import type { DateTime } from 'luxon';
import type { EventLog } from '../../pipeline/events/event-log.js';
import { eventIdAt } from '../../pipeline/events/event-id.js';
import type { PresenceAnswer, PresenceDay } from '../../protocol/presence.js';
import { PresenceDays, type SeenDay } from './presence-days.js';
import { expectedOn, judged, type Expected, type Timetable } from './timetable.js';
import { Visits } from './visits.js';

export interface PresenceQuery {
  /** The first and the last day, in the time zone. */
  readonly from: DateTime<true>;
  readonly to: DateTime<true>;
  readonly timeZone: string;
  /** Id of the only person who is asked about. */
  readonly person?: string | undefined;
  /** The only stream that counts. */
  readonly stream?: string | undefined;
  /** Whether whoever asks may see what a stream saw. */
  readonly sees: (stream: string) => boolean;
}

export interface PresenceSources {
  readonly events: EventLog;
  /** Everybody who is enrolled. */
  readonly people: Iterable<Expected>;
  readonly timetable: Timetable | null;
  /** Whether a track that nothing was told of since is still in view. */
  readonly isLive: (track: string) => Promise<boolean>;
  readonly nowMs: number;
}

const PAGE = 500;
/** Longer than anybody stays in view. */
const LONGEST_VISIT_MS = 24 * 60 * 60 * 1000;

export async function presence(query: PresenceQuery, sources: PresenceSources): Promise<PresenceAnswer> {
  const seen = await seenDays(query, sources);
  const everybody = new Map<string, Expected>();
  for (const person of sources.people)
    if (query.person === undefined || person.id === query.person) everybody.set(person.id, person);
  const days: PresenceDay[] = [];
  for (let day = query.from; day <= query.to; day = day.plus({ days: 1 })) {
    const date = day.toISODate();
    const known = new Map(everybody);
    // Who was there and is enrolled no longer is told under the name of then.
    for (const id of seen.peopleOn(date))
      if (!known.has(id)) known.set(id, { id, name: seen.on(date, id)?.name ?? '', external_id: null });
    const ofDay = [...known.values()].flatMap((person) => dayOf(person, day, seen.on(date, person.id), sources) ?? []);
    days.push(...ofDay.sort(byName));
  }
  return { time_zone: query.timeZone, from: query.from.toISODate(), to: query.to.toISODate(), days };
}

async function seenDays(query: PresenceQuery, { events, isLive, nowMs }: PresenceSources): Promise<PresenceDays> {
  const days = new PresenceDays(query.timeZone);
  const open: Parameters<PresenceDays['add']>[0][] = [];
  const visits = new Visits((visit) => {
    if (query.person !== undefined && visit.person !== query.person) return;
    if (visit.isOpen) open.push(visit);
    else days.add(visit);
  });
  // What is told of a track after the last day may be of a visit that began before.
  const enoughMs = query.to.plus({ days: 1 }).toMillis() + LONGEST_VISIT_MS;
  for (let since = eventIdAt(query.from.toMillis()); ;) {
    const page = await events.list({
      since,
      limit: PAGE,
      sees: query.sees,
      ...(query.stream === undefined ? {} : { stream: query.stream }),
    });
    for (const event of page.events) visits.add(event);
    const newest = page.events.at(-1);
    if (page.next === undefined || (newest !== undefined && newest.ts > enoughMs)) break;
    since = page.next;
  }
  visits.end();
  for (const visit of open) {
    const isInView = await isLive(visit.track);
    days.add({ ...visit, isOpen: isInView, toMs: isInView ? Math.max(nowMs, visit.toMs) : visit.toMs });
  }
  return days;
}

/** Null where there is nothing to tell of a day. */
function dayOf(
  person: Expected,
  day: DateTime<true>,
  seen: SeenDay | null,
  { timetable, nowMs }: PresenceSources,
): PresenceDay | null {
  const expected = timetable === null ? null : expectedOn(timetable, day, person);
  if (seen === null && expected === null) return null;
  const state = timetable === null ? null : expected === null ? 'unexpected' : judged(timetable, expected, seen, nowMs);
  // What is to come is told of nobody.
  if (seen === null && (state === null || (state === 'expected' && day.toMillis() > nowMs))) return null;
  return {
    date: day.toISODate(),
    person: { id: person.id, name: person.name, external_id: person.external_id },
    first_seen: seen?.firstMs ?? null,
    last_seen: seen?.lastMs ?? null,
    total_ms: seen?.totalMs ?? 0,
    visits: seen?.visits ?? 0,
    streams: seen?.streams ?? [],
    in_view: seen?.isInView ?? false,
    state,
  };
}

function byName({ person: one }: PresenceDay, { person: other }: PresenceDay): number {
  return one.name.localeCompare(other.name, 'en') || (one.id < other.id ? -1 : 1);
}
