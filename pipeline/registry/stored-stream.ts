// How a registered stream lies in its store, and how it is shown. The one codec of the registry; it does no I/O.
import { z } from 'zod';
import { newStreamSchema, type RegisteredStream } from '../../protocol/streams.js';
import { redacted } from '../sources/source-address.js';
import type { Change } from '../store/record-store.js';
import { decodeSealed, seal } from '../store/sealed-record.js';

/** A registered stream with what is not for everyone's eyes. */
export interface StoredStream {
  /** As it is shown. */
  readonly stream: RegisteredStream;
  /** The address as it was given, with its password. Never to be logged or shown. */
  readonly url: string;
}

export const STREAM_PREFIX = 'stream:';
export const META_KEY = 'meta';
export const REGISTRY_SCHEMA_VERSION = 1;

const timeSchema = z.int().min(0);
/** What it may be made of, and when. Without defaults: what is kept is whole. */
const recordSchema = z.strictObject({
  ...newStreamSchema.shape,
  task: newStreamSchema.shape.task.unwrap(),
  enabled: newStreamSchema.shape.enabled.unwrap(),
  created_at: timeSchema,
  updated_at: timeSchema,
});
/** A stream with its address as it was given. */
export type StreamRecord = Readonly<z.infer<typeof recordSchema>>;

export const encodeStream = (record: StreamRecord): Buffer => seal(record);
/** @throws DamagedRecordError */
export const decodeStream = (record: Buffer): StreamRecord => decodeSealed(recordSchema, record);

export function metaChange(): Change {
  return { key: META_KEY, value: seal({ schema: REGISTRY_SCHEMA_VERSION }) };
}

export function storedStream(record: StreamRecord): StoredStream {
  return { stream: { ...record, url: redacted(record.url) }, url: record.url };
}
export function recordOf({ stream, url }: StoredStream): StreamRecord {
  return { ...stream, url };
}
