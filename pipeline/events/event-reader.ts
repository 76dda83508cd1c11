// Reads kept events by their indices, a slice at a time: the main thread goes on between slices, however much is kept.
// It writes nothing. An event that cannot be read is logged and left out: one bad record must not hide all after it.
import { setImmediate } from 'node:timers/promises';
import type { KeptEvent } from '../../protocol/events.js';
import { prefixEnd, type RecordStore, type StoreReader } from '../store/record-store.js';
import { DamagedRecordError } from '../store/sealed-record.js';
import { decodeEvent, EVENT_PREFIX, eventKey, PERSON_PREFIX, personPrefix, streamPrefix } from './event-records.js';
import type { LoggableEvent } from './event-records.js';

/** Events read or written in one go: about a millisecond of the main thread. */
export const SLICE_EVENTS = 64;
/** A list that finds little among much ends after so many and says where to go on. */
const MAX_SCANNED = 16 * 1024;

export type Streams = '*' | ReadonlySet<string>;

export interface EventQuery {
  readonly stream?: string;
  /** Id of the person whom the event names. */
  readonly person?: string;
  /** Only events after this id; the first of them, unless `before` is there. */
  readonly since?: string;
  /** The last events before this id. `z` comes after every id, and so gives the newest. */
  readonly before?: string;
  readonly limit: number;
  /** Only events of these streams; of all where it is left out. */
  readonly sees?: (stream: string) => boolean;
}
/** Newest last. A page with `next` or `previous` may hold fewer events than its limit. */
export interface EventPage {
  readonly events: readonly KeptEvent[];
  /** There may be more: the `since` that gives it. */
  readonly next?: string;
  /** The same of a page with `before`: the `before` that gives the page before it. */
  readonly previous?: string;
}
interface Log {
  warn(details: object, message: string): void;
}

export class EventReader {
  /** @param strip takes out of an event what must not be told any more, where the store still has it */
  constructor(
    private readonly store: RecordStore,
    private readonly strip: (event: KeptEvent) => KeptEvent,
    private readonly log?: Log,
  ) {}

  async list(query: EventQuery): Promise<EventPage> {
    const { since = '', before, limit } = query;
    const prefix = indexPrefix(query);
    const found: KeptEvent[] = [];
    let cursor = before ?? since;
    let hasMore = true;
    for (let scanned = 0; hasMore && found.length <= limit && scanned < MAX_SCANNED; scanned += SLICE_EVENTS) {
      const range =
        before === undefined
          ? { start: prefix + cursor, end: prefixEnd(prefix) }
          : { start: prefix + cursor, end: prefix + since, reverse: true };
      const keys = await this.store.read((reader) => reader.keys({ ...range, exclusiveStart: true, limit: SLICE_EVENTS }));
      const ids = keys.map((key) => key.slice(prefix.length));
      for (const event of await this.#events(ids)) if (isWanted(event, query)) found.push(event);
      hasMore = ids.length === SLICE_EVENTS;
      cursor = ids.at(-1) ?? cursor;
      await setImmediate();
    }
    const events = found.slice(0, limit);
    const rest = found.length > limit ? events.at(-1)?.id : hasMore ? cursor : undefined;
    if (before === undefined) return { events, ...(rest !== undefined && { next: rest }) };
    return { events: events.reverse(), ...(rest !== undefined && { previous: rest }) };
  }

  /**
   * The next kept events of these streams.
   * @param after only events after this id @param until and up to this one
   * @returns some of them, and the id up to which there are no others; `until` when these are all
   */
  async next(streams: Streams, after: string, until: string): Promise<{ events: KeptEvent[]; cursor: string }> {
    const ids = await this.store.read((reader) => nextIds(reader, streams, after, until));
    const events = await this.#events(ids);
    await setImmediate();
    return { events, cursor: ids.length < SLICE_EVENTS ? until : (ids.at(-1) ?? until) };
  }

  /** Ids of everybody whom some event names. */
  async people(): Promise<string[]> {
    const people: string[] = [];
    for (let start: string | undefined = PERSON_PREFIX; start !== undefined; await setImmediate()) {
      start = await this.store.read((reader) => somePeople(reader, start ?? PERSON_PREFIX, people));
    }
    return people;
  }

  /** Those of the events that are (still) there and can be read. */
  async #events(ids: readonly string[]): Promise<KeptEvent[]> {
    const events = await this.store.read((reader) => ids.flatMap((id) => readEvent(reader, id, this.log) ?? []));
    return events.map(this.strip);
  }
}

/** @returns undefined where there is none, null where it cannot be read */
export function readEvent(reader: StoreReader, id: string, log?: Log): KeptEvent | undefined | null {
  const value = reader.get(eventKey(id));
  if (value === undefined) return undefined;
  try {
    return decodeEvent({ key: eventKey(id), value });
  } catch (error) {
    if (!(error instanceof DamagedRecordError)) throw error;
    log?.warn({ event: id, err: error }, 'an event in the log is damaged and left out');
    return null;
  }
}

const indexPrefix = ({ stream, person }: EventQuery): string =>
  person !== undefined ? personPrefix(person) : stream !== undefined ? streamPrefix(stream) : EVENT_PREFIX;

/** Under a person there are also events that name them only as the state before. */
function isWanted(event: LoggableEvent, { stream, person, sees }: EventQuery): boolean {
  if (sees !== undefined && !sees(event.stream)) return false;
  return (stream === undefined || event.stream === stream) && (person === undefined || event.person?.id === person);
}

/** The first ids after one id and up to another, of all streams or of some, in order. */
function nextIds(reader: StoreReader, streams: Streams, after: string, until: string): string[] {
  const idsUnder = (prefix: string): string[] =>
    reader
      // The end is not included, and no key lies between an id and itself with something behind it.
      .keys({ start: prefix + after, end: `${prefix}${until}0`, exclusiveStart: true, limit: SLICE_EVENTS })
      .map((key) => key.slice(prefix.length));
  if (streams === '*') return idsUnder(EVENT_PREFIX);
  return [...streams]
    .flatMap((stream) => idsUnder(streamPrefix(stream)))
    .sort()
    .slice(0, SLICE_EVENTS);
}

/** Adds people from this key on. @returns the key to go on from, if any */
function somePeople(reader: StoreReader, start: string, people: string[]): string | undefined {
  for (let count = 0; count < SLICE_EVENTS; count++) {
    const [key] = reader.keys({ start, end: prefixEnd(PERSON_PREFIX), limit: 1 });
    if (key === undefined) return undefined;
    const person = key.slice(PERSON_PREFIX.length, key.lastIndexOf(':'));
    people.push(person);
    start = prefixEnd(personPrefix(person));
  }
  return start;
}
