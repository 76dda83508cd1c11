// What `onlooker presence` does.
import type { PresenceDay, PresenceState } from '../../protocol/presence.js';
import type { PresenceFlags } from '../commands/flags.js';
import type { Service } from '../commands/service.js';
import { UsageError } from '../terminal/failure.js';
import { createOutput } from '../terminal/output.js';
import { formatTable, paint, shown, type Style } from '../terminal/table.js';
import { findPerson } from './find-person.js';

const TITLES = ['DATE', 'PERSON', 'FIRST', 'LAST', 'TIME SEEN', 'VISITS', 'STATE'] as const;
const STYLES: Readonly<Record<PresenceState, Style>> = {
  present: 'green',
  late: 'yellow',
  left_early: 'yellow',
  late_and_left_early: 'yellow',
  absent: 'red',
  expected: 'dim',
  unexpected: 'dim',
};
const MINUTE_MS = 60_000;

export async function showPresence(service: Service, flags: PresenceFlags, signal: AbortSignal): Promise<void> {
  if (flags.csv && flags.json) throw new UsageError('give either --csv or --json');
  const output = createOutput();
  const http = service.http(signal);
  const { from, to, tz, stream } = flags;
  const asked = {
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(tz === undefined ? {} : { tz }),
    ...(stream === undefined ? {} : { stream }),
    ...(flags.person === undefined ? {} : { person: (await findPerson(http, flags.person)).id }),
  };
  if (flags.csv) return output.print((await http.presence.csv(asked)).trimEnd());
  const answer = await http.presence.days(asked);
  if (flags.json) return output.print(JSON.stringify(answer, null, 2));
  if (answer.days.length === 0) return output.note('nobody was seen, and nobody was expected');
  const time = (ms: number | null): string =>
    ms === null
      ? ''
      : new Date(ms).toLocaleTimeString('en-GB', {
          timeZone: answer.time_zone,
          hour: '2-digit',
          minute: '2-digit',
          second: '2-digit',
        });
  await output.print(
    formatTable(
      TITLES,
      answer.days.map((day) => cellsOf(day, time)),
    ),
  );
  output.note(`times are of ${answer.time_zone}`);
}

function cellsOf(day: PresenceDay, time: (ms: number | null) => string): readonly string[] {
  const { date, person, first_seen, last_seen, total_ms, visits, in_view, state } = day;
  const minutes = Math.floor(total_ms / MINUTE_MS);
  const seen = first_seen === null ? '' : `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')}`;
  return [
    date,
    shown(person.name),
    time(first_seen),
    in_view ? `${time(last_seen)} (in view)` : time(last_seen),
    seen,
    visits === 0 ? '' : String(visits),
    state === null ? '' : paint(STYLES[state], state.replaceAll('_', ' ')),
  ];
}
