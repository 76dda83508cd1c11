// How a record lies in a store: JSON, with bytes behind it where there are any, sealed with a CRC-32. It knows no fields.
import { crc32 } from 'node:zlib';
import { z } from 'zod';
import { firstIssue } from '../../protocol/validated.js';

const SEAL_BYTES = 8;

/** A record that is not what was written: damaged on disk or on the way. Its message names ids, never people. */
export class DamagedRecordError extends Error {
  override readonly name = 'DamagedRecordError';
}

/** CRC-32 of the rest (u32), length of the JSON (u32), the JSON in UTF-8, then the tail; little-endian. */
export function seal(json: object, tail: Uint8Array = new Uint8Array()): Buffer {
  const text = Buffer.from(JSON.stringify(json));
  const record = Buffer.alloc(SEAL_BYTES + text.length + tail.length);
  record.writeUInt32LE(text.length, 4);
  text.copy(record, SEAL_BYTES);
  record.set(tail, SEAL_BYTES + text.length);
  record.writeUInt32LE(crc32(record.subarray(4)), 0);
  return record;
}

/** @throws DamagedRecordError */
export function unseal(record: Buffer): { json: unknown; tail: Buffer } {
  if (record.length < SEAL_BYTES || record.readUInt32LE(0) !== crc32(record.subarray(4))) {
    throw new DamagedRecordError('a checksum is wrong');
  }
  const end = SEAL_BYTES + record.readUInt32LE(4);
  if (end > record.length) throw new DamagedRecordError('a record is too short');
  try {
    return { json: JSON.parse(record.toString('utf8', SEAL_BYTES, end)), tail: record.subarray(end) };
  } catch {
    throw new DamagedRecordError('a record is not JSON');
  }
}

/** @throws DamagedRecordError where it has not the shape */
export function parseRecord<T>(schema: z.ZodType<T>, json: unknown): T {
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new DamagedRecordError(firstIssue(parsed.error, 'a record'));
}

/** A record without a tail. @throws DamagedRecordError */
export function decodeSealed<T>(schema: z.ZodType<T>, record: Buffer): T {
  const { json, tail } = unseal(record);
  if (tail.length > 0) throw new DamagedRecordError('a record is too long');
  return parseRecord(schema, json);
}

/** The number under `schema`, of a meta record of any version. @throws DamagedRecordError */
export function schemaVersionOf(record: Buffer): number {
  return parseRecord(z.object({ schema: z.int().min(1) }), unseal(record).json).schema;
}
