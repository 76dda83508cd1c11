// The one codec of the gallery's records, in the store and in the exported file alike: sealed JSON, for a face with its
// embedding behind it, for a picture with the JPEG. Nothing is written or read but through it, and it does no I/O.
import { z } from 'zod';
import { mendedName } from '../../../../protocol/name-text.js';
import { nameSchemaOf } from '../../../../protocol/name-schema.js';
import { DamagedRecordError, decodeSealed, parseRecord, seal, unseal } from '../../../store/sealed-record.js';
import { isWellFormed, mendedId, mendedJson } from './well-formed.js';

/** 2: pictures of faces. 3: twins. A store of an earlier version is one without them. */
export const SCHEMA_VERSION = 3;
const METADATA_BYTES_MAX = 16 * 1024;
const METADATA_DEPTH_MAX = 32;
/** Longest embedding that a model may have. */
export const DIM_MAX = 8192;
/** Of the picture of one face. */
export const PICTURE_BYTES_MAX = 32 * 1024;
/** No record is longer: a JSON part of at most 64 KiB and an embedding. */
export const RECORD_BYTES_MAX = 64 * 1024 + DIM_MAX * Float32Array.BYTES_PER_ELEMENT;
/** How far the squared length of a unit embedding may be from 1. */
const UNIT_TOLERANCE = 1e-3;

function nestsAtMost(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return depth > 0 && Object.values(value).every((inner) => nestsAtMost(inner, depth - 1));
}

function isPlainObject(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

const idSchema = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/);
const timeSchema = z.int().min(0);
const countSchema = z.int().min(0);
const sha256Schema = z.string().regex(/^[0-9a-f]{64}$/);

/** Of what is read back no more is asked than that it was kept once: it is mended, not refused. */
const storedTextSchema = z.string().min(1).max(400);
/** Not `z.record`, which drops a field named `__proto__`: metadata is data, whatever its fields are called. */
const storedMetadataSchema = z
  .custom<Record<string, unknown>>(isPlainObject, { abort: true, error: 'must be an object' })
  // What is too deep must not come to the next check, whose JSON.stringify would run out of stack.
  .refine((metadata) => nestsAtMost(metadata, METADATA_DEPTH_MAX), {
    abort: true,
    error: `must not be nested deeper than ${METADATA_DEPTH_MAX}`,
  })
  .refine((metadata) => Buffer.byteLength(JSON.stringify(metadata)) <= METADATA_BYTES_MAX, 'must be at most 16 KiB of JSON');

// What clients may say; what is stored may be older than these rules.
const WELL_FORMED = 'must be well-formed Unicode';
export const nameSchema = nameSchemaOf();
export const externalIdSchema = nameSchemaOf();
export const metadataSchema = storedMetadataSchema.refine(isWellFormed, WELL_FORMED);

export const modelSchema = z.strictObject({
  id: z.string().min(1).max(200),
  sha256: sha256Schema,
  dim: z.int().min(1).max(DIM_MAX),
});

const personSchema = z.strictObject({
  id: idSchema,
  name: storedTextSchema,
  external_id: storedTextSchema.nullable(),
  metadata: storedMetadataSchema,
  created_at: timeSchema,
  updated_at: timeSchema,
});
const faceSchema = z.strictObject({
  id: idSchema,
  person: idSchema,
  quality: z.number().min(0).max(1),
  box: z.tuple([z.number(), z.number(), z.number(), z.number()]),
  image_sha256: sha256Schema,
  created_at: timeSchema,
  /** A picture of it is kept beside it. */
  picture: z.literal(true).optional(),
});
const pictureSchema = z.strictObject({ face: idSchema });
/** Two people who resemble each other; the id that sorts first is first. */
const twinsSchema = z.strictObject({ people: z.tuple([idSchema, idSchema]) }).refine(({ people: [one, other] }) => one < other);
/** Newer versions may add to it: only the schema number is read first. */
const metaSchema = z.strictObject({
  schema: z.int().min(1).max(SCHEMA_VERSION),
  model: modelSchema,
  gallery_version: countSchema,
  /** Deleted content is still in the free pages of the store's file. */
  purge_pending: z.boolean(),
});
const fileHeaderSchema = z.strictObject({
  model: modelSchema,
  people: countSchema,
  faces: countSchema,
  /** Absent where there are none. */
  pictures: countSchema.optional(),
  /** Pairs; absent where there are none. */
  twins: countSchema.optional(),
  gallery_version: countSchema,
  created_at: timeSchema,
});

/** Which embedder made the embeddings; a gallery of another one is refused. */
export type GalleryModel = Readonly<z.infer<typeof modelSchema>>;
export type StoredPerson = Readonly<z.infer<typeof personSchema>>;
/** A face without its embedding, which lies in the matrix. */
export type StoredFace = Readonly<z.infer<typeof faceSchema>>;
export type TwinPair = Readonly<z.infer<typeof twinsSchema>>;
export type StoreMeta = Readonly<z.infer<typeof metaSchema>>;
export type FileHeader = Readonly<z.infer<typeof fileHeaderSchema>>;

export const encodePerson = (person: StoredPerson): Buffer => seal(person);
/**
 * Its name is as the door would have it and its texts are well-formed, also where those of the record are not. The external id is in the
 * form in which it was kept: what that is the same as is the roster's business.
 * @throws DamagedRecordError
 */
export function decodePerson(record: Buffer): StoredPerson {
  const { name, external_id, metadata, ...rest } = decodeSealed(personSchema, record);
  return {
    ...rest,
    name: mendedName(name),
    external_id: external_id === null ? null : mendedId(external_id),
    metadata: isWellFormed(metadata) ? metadata : (mendedJson(metadata) as Record<string, unknown>),
  };
}
export const encodeMeta = (meta: StoreMeta): Buffer => seal(meta);
export const decodeMeta = (record: Buffer): StoreMeta => decodeSealed(metaSchema, record);
export const encodeTwins = (pair: TwinPair): Buffer => seal(pair);
/** @throws DamagedRecordError */
export const decodeTwins = (record: Buffer): TwinPair => decodeSealed(twinsSchema, record);
export const encodeFileHeader = (header: FileHeader): Buffer => seal(header);
export const decodeFileHeader = (record: Buffer): FileHeader => decodeSealed(fileHeaderSchema, record);

/** @param embedding L2-normalised; stored as little-endian float32 */
export function encodeFace(face: StoredFace, embedding: Float32Array): Buffer {
  return seal(face, new Uint8Array(embedding.buffer, embedding.byteOffset, embedding.byteLength));
}

/** @throws DamagedRecordError also where the embedding has another dimension or is not of unit length */
export function decodeFace(record: Buffer, dim: number): { face: StoredFace; embedding: Float32Array } {
  const { json, tail } = unseal(record);
  const face = parseRecord(faceSchema, json);
  if (tail.length !== dim * Float32Array.BYTES_PER_ELEMENT)
    throw new DamagedRecordError(`face ${face.id}: wrong length of the embedding`);
  const embedding = new Float32Array(dim);
  new Uint8Array(embedding.buffer).set(tail);
  if (!isUnit(embedding)) throw new DamagedRecordError(`face ${face.id}: the embedding is not of unit length`);
  return { face, embedding };
}

/** @param jpeg at most `PICTURE_BYTES_MAX` */
export const encodePicture = (face: string, jpeg: Uint8Array): Buffer => seal({ face }, jpeg);

/** @throws DamagedRecordError also where it is no JPEG, since it is served as one */
export function decodePicture(record: Buffer): { face: string; jpeg: Buffer } {
  const { json, tail } = unseal(record);
  const { face } = parseRecord(pictureSchema, json);
  if (tail.length > PICTURE_BYTES_MAX || !isJpeg(tail)) throw new DamagedRecordError(`the picture of face ${face} is no picture`);
  return { face, jpeg: tail };
}

const isJpeg = (bytes: Uint8Array): boolean => bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff;

/** Whether an embedding is L2-normalised; false too for one that is not finite. */
export function isUnit(embedding: Float32Array): boolean {
  let squares = 0;
  for (const value of embedding) squares += value * value;
  return Math.abs(squares - 1) <= UNIT_TOLERANCE;
}
