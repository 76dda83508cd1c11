// What the event log's tests share: logs that are closed with the test, events to put in, and ways to take them out.
import { onTestFinished } from 'vitest';
import { EventLog, type EventFollower, type EventLogOptions } from '../../pipeline/events/event-log.js';
import type { EventPerson, FaceEvent, KeptEvent, StreamEvent } from '../../protocol/events.js';

/** A log that is closed when the test is over, before its directory goes. */
export async function openLog(dir: string, options: Partial<EventLogOptions> = {}): Promise<EventLog> {
  const log = await EventLog.open({ dir, ...options });
  onTestFinished(() => log.close());
  return log;
}

export const personOf = (id: string): EventPerson => ({ id, name: `Ottilie Number${id}.` });

/** What the tracker would tell of a track. */
export function faceEvent(fields: Partial<FaceEvent> = {}): FaceEvent {
  return {
    kind: 'appear',
    stream: 'door',
    track: 't1',
    ts: 1000,
    first_ts: 900,
    last_ts: 1000,
    person: null,
    similarity: null,
    box: [10, 20, 30, 40],
    frames: 3,
    model: 'test/embedder',
    gallery_version: 1,
    threshold: 0.4,
    ...fields,
  };
}

export function streamEvent(fields: Partial<StreamEvent> = {}): StreamEvent {
  return { kind: 'stream_up', stream: 'door', ts: 1000, state: 'live', reason: null, ...fields };
}

/** A number of events that can be told apart by their `frames`. */
export function numbered(from: number, to: number, fields: Partial<FaceEvent> = {}): FaceEvent[] {
  return Array.from({ length: to - from }, (_, index) => faceEvent({ frames: from + index, ...fields }));
}
export const numbersOf = (events: readonly KeptEvent[]): number[] =>
  events.map((event) => ('frames' in event ? event.frames : -1));
export const idsOf = (events: readonly KeptEvent[]): string[] => events.map(({ id }) => id);
export const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, index) => from + index);

/** Takes so many events from a follower, or what it gives until it ends. */
export async function take(follower: EventFollower, count: number): Promise<KeptEvent[]> {
  const events: KeptEvent[] = [];
  while (events.length < count) {
    const page = await follower.next();
    if (page === null) break;
    events.push(...page);
  }
  return events;
}

/** Everything that is kept, by pages. */
export async function everything(log: EventLog, query: { stream?: string; person?: string } = {}): Promise<KeptEvent[]> {
  const events: KeptEvent[] = [];
  for (let since = ''; ;) {
    const page = await log.list({ ...query, since, limit: 100 });
    events.push(...page.events);
    if (page.next === undefined) return events;
    since = page.next;
  }
}
