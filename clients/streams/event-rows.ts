// An event as one line for people: when, where, what, who, and why nobody is named.
import type { ClassEvent, EventPerson, FaceEvent, KeptEvent, StreamEvent } from '../../protocol/events.js';
import { formatHeader, formatRow, paint, shown, type Column, type Style } from '../terminal/table.js';
import { localTime } from './local-time.js';

const COLUMNS: readonly Column[] = [
  { title: 'TIME', width: 19 },
  { title: 'STREAM', width: 10 },
  { title: 'KIND', width: 15 },
  { title: 'WHO', width: 24 },
  { title: 'SIMILARITY', width: 10, alignRight: true },
  { title: 'TRACK', width: 26 },
  { title: 'WHY', width: 3 },
];

export const eventHeader = (): string => formatHeader(COLUMNS);

/** @param nameOf tells people of one name apart */
export function eventLine(event: KeptEvent, nameOf: (person: EventPerson) => string = ({ name }) => name): string {
  const when = [localTime(event.ts), shown(event.stream)];
  if (event.kind === 'class') return formatRow(COLUMNS, [...when, event.kind, whichClass(event)]);
  if (!isOfTrack(event)) {
    const style: Style = event.kind === 'stream_up' || event.kind === 'stream_moving' ? 'green' : 'red';
    return formatRow(COLUMNS, [...when, paint(style, event.kind), '', '', '', whatHappened(event)]);
  }
  const { similarity } = event;
  return formatRow(COLUMNS, [
    ...when,
    event.kind,
    whoOrWhat(event, nameOf),
    similarity === null ? '' : similarity.toFixed(2).replace('-0.00', '0.00'),
    event.track,
    [whyUnknown(event), whatChanged(event, nameOf), howLong(event)].filter((text) => text !== '').join('; '),
  ]);
}

function whoOrWhat({ person, label, score }: FaceEvent, nameOf: (person: EventPerson) => string): string {
  if (label !== undefined) return `${paint('green', shown(label))} ${(score ?? 0).toFixed(2)}`;
  return person === null ? paint('dim', 'unknown') : paint('green', shown(nameOf(person)));
}

function whatHappened({ reason, state, changes }: StreamEvent): string {
  const counts = changes && `; not told: ${changes.up} times up, ${changes.down} down, ${changes.frozen} frozen`;
  return shown(reason ?? state) + (counts ?? '');
}

function whichClass({ label, score, previous }: ClassEvent): string {
  const now = label === null ? paint('dim', 'nothing sure') : paint('green', shown(label));
  const sure = score === null ? '' : ` ${score.toFixed(2)}`;
  return `${now}${sure}${previous === null ? '' : `, was ${shown(previous)}`}`;
}

function isOfTrack(event: KeptEvent): event is FaceEvent & KeptEvent {
  return 'track' in event && typeof event.track === 'string';
}

function whyUnknown({ person, similarity, threshold, label }: FaceEvent): string {
  if (person !== null || label !== undefined) return '';
  if (similarity === null) return 'nothing to judge by yet';
  return similarity < threshold ? `below ${threshold.toFixed(2)}` : 'not decided';
}

function whatChanged({ kind, person, before }: FaceEvent, nameOf: (person: EventPerson) => string): string {
  const was = before?.person;
  return kind === 'change' && was && was.id !== person?.id ? `was ${shown(nameOf(was))}` : '';
}

/** What a track that is gone comes to. */
function howLong({ kind, first_ts, last_ts, frames }: FaceEvent): string {
  return kind === 'leave' ? `${((last_ts - first_ts) / 1000).toFixed(1)} s, ${frames} frame${frames === 1 ? '' : 's'}` : '';
}
