// Who was seen when, day by day. Names pass through here and must never be logged.
import { DateTime } from 'luxon';
import { z } from 'zod';
import { OnlookerError } from '../../protocol/errors.js';
import { streamIdSchema } from '../../protocol/stream-fields.js';
import { validated } from '../../protocol/validated.js';
import { presence } from '../presence/presence.js';
import { presenceCsv } from '../presence/presence-csv.js';
import { readTimetable, type Expected } from '../presence/timetable.js';
import type { ServiceState } from '../service-state.js';
import { jsonReply } from './reply.js';
import type { Route } from './router.js';

const MOST_DAYS = 366;
const PEOPLE_PAGE = 500;

const querySchema = z.strictObject({
  from: z.iso.date().optional(),
  to: z.iso.date().optional(),
  tz: z.string().max(64).optional(),
  person: z.string().min(1).max(128).optional(),
  stream: streamIdSchema.optional(),
  format: z.enum(['json', 'csv']).default('json'),
});

/** @param timetablePath file that says when people are expected; read anew each time */
export function presenceRoutes(state: ServiceState, timetablePath: string | undefined): Route[] {
  return [
    {
      method: 'GET',
      pattern: '/v1/presence',
      right: 'view',
      handle: async ({ query, principal: { streams } }) => {
        const events = state.requireEvents();
        const { from, to, tz, person, stream, format } = validated(querySchema, Object.fromEntries(query));
        const timetable = timetablePath === undefined ? null : await readTimetable(timetablePath);
        const timeZone = tz ?? timetable?.time_zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
        const last = dayOf(to, timeZone);
        const first = from === undefined && to !== undefined ? last : dayOf(from, timeZone);
        if (first > last) throw new OnlookerError('BAD_MESSAGE', 'to: must not be before from');
        if (last.diff(first, 'days').days >= MOST_DAYS)
          throw new OnlookerError('BAD_MESSAGE', `from: at most ${MOST_DAYS} days are told`);
        const answer = await presence(
          { from: first, to: last, timeZone, person, stream, sees: (id) => streams.has(id) },
          {
            events,
            timetable,
            people: everybody(state),
            isLive: (track) => isLive(state, track),
            nowMs: Date.now(),
          },
        );
        if (format === 'json') return jsonReply(200, answer);
        const name = `presence-${answer.from}-${answer.to}.csv`;
        return {
          status: 200,
          headers: { 'content-type': 'text/csv; charset=utf-8', 'content-disposition': `attachment; filename="${name}"` },
          body: presenceCsv(answer),
        };
      },
    },
  ];
}

/** The beginning of a day; of today where none is named. @throws OnlookerError BAD_MESSAGE for a time zone that is none */
function dayOf(date: string | undefined, zone: string): DateTime<true> {
  const day = (date === undefined ? DateTime.now().setZone(zone) : DateTime.fromISO(date, { zone })).startOf('day');
  if (day.isValid) return day;
  throw new OnlookerError('BAD_MESSAGE', 'tz: must be a time zone such as Europe/Madrid');
}

/** A track that nothing is known of, by a service that was started since say, has ended. */
async function isLive(state: ServiceState, track: string): Promise<boolean> {
  try {
    return (await state.requirePipeline().faces.track(track)).state !== 'gone';
  } catch {
    return false;
  }
}

function* everybody(state: ServiceState): Generator<Expected> {
  const { gallery } = state;
  if (gallery === null) return;
  for (let after: string | undefined; ;) {
    const page = gallery.listPeople({ limit: PEOPLE_PAGE, ...(after === undefined ? {} : { after }) });
    for (const { id, name, external_id } of page.people) yield { id, name, external_id };
    if (page.next === undefined) return;
    after = page.next;
  }
}
