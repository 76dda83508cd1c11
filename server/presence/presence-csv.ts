// Presence as a table for spreadsheets.
import { stringify } from 'csv-stringify/sync';
import { DateTime } from 'luxon';
import type { PresenceAnswer } from '../../protocol/presence.js';

const SECOND_MS = 1000;

/** RFC 4180, times of day in the time zone of the answer. What a spreadsheet would take for a formula is made plain text. */
export function presenceCsv({ days, time_zone: zone }: PresenceAnswer): string {
  const time = (ms: number | null): string => (ms === null ? '' : DateTime.fromMillis(ms, { zone }).toFormat('HH:mm:ss'));
  const rows = days.map(({ date, person, first_seen, last_seen, total_ms, visits, streams, in_view, state }) => ({
    date,
    person: person.name,
    external_id: person.external_id ?? '',
    id: person.id,
    first_seen: time(first_seen),
    last_seen: time(last_seen),
    total_seconds: Math.round(total_ms / SECOND_MS),
    visits,
    streams: streams.join(' '),
    in_view: in_view ? 'yes' : 'no',
    state: state ?? '',
  }));
  const columns = [
    'date',
    'person',
    'external_id',
    'id',
    'first_seen',
    'last_seen',
    'total_seconds',
    'visits',
    'streams',
    'in_view',
    'state',
  ];
  return stringify(rows, { header: true, columns, escape_formulas: true, record_delimiter: 'windows' });
}
