// How events lie in their store: keys, records and the two indices, by stream and by person. The one codec; no I/O.
import { z } from 'zod';
import type { EventPerson, KeptEvent } from '../../protocol/events.js';
import type { Change, StoreRecord } from '../store/record-store.js';
import { DamagedRecordError, decodeSealed, parseRecord, seal, unseal } from '../store/sealed-record.js';
import { EVENT_ID_PATTERN } from './event-id.js';
import type { ClockMark, KeptTimes } from './kept-times.js';

/** What the log looks at in an event, whatever its kind; all else it keeps as it is (JSON, but for the thumbnail). */
export interface LoggableEvent {
  readonly kind: string;
  /** Without ':'. */
  readonly stream: string;
  readonly track?: string;
  /** The id without ':'. */
  readonly person?: EventPerson | null;
  readonly before?: { readonly person?: EventPerson | null };
  readonly thumbnail?: Uint8Array;
  /** What the face was taken for. */
  readonly attributes?: object;
}

export const EVENT_PREFIX = 'event:';
export const PERSON_PREFIX = 'person:';
/** Orders that stand until they are carried out: under these are ids of people, and tracks. */
export const FORGET_PERSON_PREFIX = 'forget-person:';
export const FORGET_TRACK_PREFIX = 'forget-track:';
/** What is known of the time of events whose ids do not tell it: under these are the ids up to which. */
export const CLOCK_PREFIX = 'clock:';
const STREAM_PREFIX = 'stream:';
/** All but `meta`. */
export const PREFIXES = [
  EVENT_PREFIX,
  STREAM_PREFIX,
  PERSON_PREFIX,
  FORGET_PERSON_PREFIX,
  FORGET_TRACK_PREFIX,
  CLOCK_PREFIX,
] as const;
export const META_KEY = 'meta';

export const eventKey = (id: string): string => EVENT_PREFIX + id;
/** The beginning of the index keys of a stream; the event's id follows. */
export const streamPrefix = (stream: string): string => `${STREAM_PREFIX}${stream}:`;
/** The same of a person, under whom lie the events that name the person now or as the state before. */
export const personPrefix = (person: string): string => `${PERSON_PREFIX}${person}:`;

/** What is written when more is known of the time of events, or some of them are gone. */
export function clockChanges(before: KeptTimes, after: KeptTimes): Change[] {
  if (before === after) return [];
  const kept = new Set(after.marks.map(({ through }) => through));
  const gone = before.marks.filter(({ through }) => !kept.has(through));
  const fresh = after.marks.filter((mark) => !before.marks.some(({ through, at }) => through === mark.through && at === mark.at));
  return [
    ...gone.map(({ through }) => ({ key: CLOCK_PREFIX + through, value: null })),
    ...fresh.map(({ through, at }) => ({ key: CLOCK_PREFIX + through, value: seal({ at }) })),
  ];
}

/** @throws DamagedRecordError */
export function decodeClockMark({ key, value }: StoreRecord): ClockMark {
  return { through: key.slice(CLOCK_PREFIX.length), at: decodeSealed(clockSchema, value).at };
}

/** Newer versions may add to it: only the schema number is read first. */
export const LOG_SCHEMA_VERSION = 1;
const metaSchema = z.strictObject({
  schema: z.literal(LOG_SCHEMA_VERSION),
  /** The last id that was ever committed, also when its event is gone. */
  last_id: z.string().regex(EVENT_ID_PATTERN).nullable(),
  /** What was taken out is still in the free pages of the store's file. */
  purge_pending: z.boolean(),
});
export type LogMeta = Readonly<z.infer<typeof metaSchema>>;
export const NEW_LOG: LogMeta = { schema: LOG_SCHEMA_VERSION, last_id: null, purge_pending: false };

const clockSchema = z.object({ at: z.number() });
const personSchema = z.object({ id: z.string(), name: z.string() }).nullable().optional();
/** What the log relies on when it reads; an event was checked by its type when it was made. */
const eventSchema = z.looseObject({
  id: z.string().regex(EVENT_ID_PATTERN),
  kind: z.string(),
  stream: z.string(),
  ts: z.number(),
  track: z.string().optional(),
  person: personSchema,
  before: z.looseObject({ person: personSchema }).optional(),
});

export function metaChange(meta: LogMeta): Change {
  return { key: META_KEY, value: seal(meta) };
}

/** @throws DamagedRecordError */
export const decodeMeta = (record: Buffer): LogMeta => decodeSealed(metaSchema, record);

function encodeEvent({ thumbnail, ...json }: KeptEvent & LoggableEvent): Buffer {
  return seal(json, thumbnail);
}

/** @throws DamagedRecordError */
export function decodeEvent({ key, value }: StoreRecord): KeptEvent {
  const { json, tail } = unseal(value);
  const event = parseRecord(eventSchema, json);
  if (key !== eventKey(event.id)) throw new DamagedRecordError('an event is under a wrong key');
  // Sealed by `encodeEvent`, and what the log itself relies on was looked at again.
  return (tail.length === 0 ? event : { ...event, thumbnail: new Uint8Array(tail) }) as unknown as KeptEvent;
}

function indexKeys({ id, stream, person, before }: KeptEvent & LoggableEvent): string[] {
  const people = new Set([person?.id, before?.person?.id]);
  return [streamPrefix(stream) + id, ...[...people].flatMap((named) => (named === undefined ? [] : [personPrefix(named) + id]))];
}

/** Records of the indices hold nothing. */
const NOTHING = Buffer.alloc(0);

/** What is written for a new event. */
export function additionOf(event: KeptEvent): Change[] {
  return [{ key: eventKey(event.id), value: encodeEvent(event) }, ...indexKeys(event).map((key) => ({ key, value: NOTHING }))];
}

/** What is removed with an event. */
export function removalOf(event: KeptEvent): Change[] {
  return [eventKey(event.id), ...indexKeys(event)].map((key) => ({ key, value: null }));
}

/** What is written when an event tells less than before, or names another. */
export function replacementOf(before: KeptEvent, after: KeptEvent): Change[] {
  const keys = indexKeys(after);
  const known = indexKeys(before);
  const stale = known.filter((key) => !keys.includes(key));
  return [
    { key: eventKey(after.id), value: encodeEvent(after) },
    ...keys.filter((key) => !known.includes(key)).map((key) => ({ key, value: NOTHING })),
    ...stale.map((key) => ({ key, value: null })),
  ];
}

/** What is written when it is ordered to forget, and when that is done. */
export function orderChanges(
  { people, tracks }: { readonly people: readonly string[]; readonly tracks: readonly string[] },
  isDone: boolean,
): Change[] {
  const keys = [...people.map((id) => FORGET_PERSON_PREFIX + id), ...tracks.map((track) => FORGET_TRACK_PREFIX + track)];
  return keys.map((key) => ({ key, value: isDone ? null : NOTHING }));
}
