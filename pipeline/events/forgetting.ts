// Takes people who were deleted out of every kept event, in small transactions. What is interrupted is begun again at
// the next start: each step leaves a log that tells less than before, and the orders stand until all is done.
import { setImmediate } from 'node:timers/promises';
import { prefixEnd, type Change, type RecordStore, type StoreReader } from '../store/record-store.js';
import { readEvent, SLICE_EVENTS } from './event-reader.js';
import { type LoggableEvent, eventKey, personPrefix, replacementOf, streamPrefix } from './event-records.js';
import { ForgottenPeople } from './forgotten-people.js';

/** Whom to take out: people, and tracks (`stream:track`) that are known to be of somebody who is gone. */
export interface Orders {
  readonly people: readonly string[];
  readonly tracks: readonly string[];
}
/** Commits what is worked out in one transaction; no other commit comes between. */
export type CommitPlan = (plan: (reader: StoreReader) => readonly Change[]) => Promise<void>;

/**
 * @param live what is taken out of new events: learns which tracks are theirs, and which of these are over
 * @returns what was taken out, for events that are in memory
 */
export async function forgetInStore(
  store: RecordStore,
  { people, tracks }: Orders,
  live: ForgottenPeople,
  commit: CommitPlan,
): Promise<ForgottenPeople> {
  const gone = new ForgottenPeople();
  gone.add(people, tracks);
  const streams = new Set(tracks.map((track) => track.slice(0, track.indexOf(':'))));
  // First all of their tracks: the picture of a face comes before its name.
  for (const person of people) {
    for await (const event of eventsOf(store, person)) {
      streams.add(event.stream);
      gone.observe(event);
      live.observe(event);
    }
  }
  const over: LoggableEvent[] = [];
  for (const stream of streams) {
    for await (const ids of slices(store, streamPrefix(stream))) await commit((reader) => strippedOf(reader, ids, gone, over));
  }
  // What is left under them belongs to events that cannot be read, which go: nobody knows whom they name.
  for (const person of people) {
    const prefix = personPrefix(person);
    for await (const ids of slices(store, prefix)) {
      await commit(() => ids.flatMap((id) => [prefix + id, eventKey(id)]).map((key) => ({ key, value: null })));
    }
  }
  // Only now: until everything is written, who reads needs them to know what to hide.
  for (const event of over) live.release(event);
  return gone;
}

/** Lets kept events name somebody else in the place of a person, as `live` has it; in small transactions. */
export async function renameInStore(store: RecordStore, from: string, live: ForgottenPeople, commit: CommitPlan): Promise<void> {
  for await (const ids of slices(store, personPrefix(from))) {
    await commit((reader) =>
      ids.flatMap((id) => {
        const event = readEvent(reader, id);
        return event === undefined || event === null ? [] : replacementOf(event, live.strip(event));
      }),
    );
  }
}

/** The events that name a person. */
export async function* eventsOf(store: RecordStore, person: string): AsyncGenerator<LoggableEvent> {
  for await (const ids of slices(store, personPrefix(person))) {
    yield* await store.read((reader) => ids.flatMap((id) => readEvent(reader, id) ?? []));
  }
}

function strippedOf(
  reader: StoreReader,
  ids: readonly string[],
  gone: ForgottenPeople,
  over: LoggableEvent[],
): readonly Change[] {
  return ids.flatMap((id) => {
    const event = readEvent(reader, id);
    if (event === undefined) return [];
    if (event === null) return [{ key: eventKey(id), value: null }];
    if ('track' in event && event.kind === 'leave') over.push({ kind: event.kind, stream: event.stream, track: event.track });
    const stripped = gone.strip(event);
    return stripped === event ? [] : replacementOf(event, stripped);
  });
}

/** The ids under a prefix of an index, in order. */
async function* slices(store: RecordStore, prefix: string): AsyncGenerator<readonly string[]> {
  const end = prefixEnd(prefix);
  for (let start = prefix; ; await setImmediate()) {
    const keys = await store.read((reader) => reader.keys({ start, end, exclusiveStart: true, limit: SLICE_EVENTS }));
    const last = keys.at(-1);
    if (last === undefined) return;
    yield keys.map((key) => key.slice(prefix.length));
    start = last;
  }
}
