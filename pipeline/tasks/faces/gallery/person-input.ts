// What a client may say about a person, checked. It never lets a value through that could not be read back.
import { z } from 'zod';
import { validated } from '../../../../protocol/validated.js';
import { externalIdSchema, metadataSchema, nameSchema } from './records.js';

const inputSchema = z.object({
  name: nameSchema,
  external_id: externalIdSchema.nullable().default(null),
  metadata: metadataSchema.default({}),
});
const patchSchema = z.object({
  name: nameSchema.optional(),
  external_id: externalIdSchema.nullable().optional(),
  metadata: metadataSchema.optional(),
});

export interface PersonInput {
  /** 1 to 200 characters once trimmed. */
  readonly name: string;
  /** 1 to 200 characters; unique in the gallery. */
  readonly external_id?: string | null | undefined;
  /** A JSON object of at most 16 KiB. */
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
}
/** Fields that are not named stay; `external_id: null` takes it away. */
export type PersonPatch = { readonly [K in keyof PersonInput]?: PersonInput[K] | undefined };

/** Metadata as JSON keeps it, in memory of its own: the caller's object may change later. */
function copied(metadata: Record<string, unknown>): Record<string, unknown> {
  return JSON.parse(JSON.stringify(metadata)) as Record<string, unknown>;
}

/** @throws OnlookerError BAD_MESSAGE */
export function newPersonFields(input: PersonInput): {
  name: string;
  external_id: string | null;
  metadata: Record<string, unknown>;
} {
  const fields = validated(inputSchema, input, 'person');
  return { ...fields, metadata: copied(fields.metadata) };
}

/** The named fields alone. @throws OnlookerError BAD_MESSAGE */
export function patchedFields(patch: PersonPatch): {
  name?: string;
  external_id?: string | null;
  metadata?: Record<string, unknown>;
} {
  const { name, external_id, metadata } = validated(patchSchema, patch, 'person');
  return {
    ...(name !== undefined && { name }),
    ...(external_id !== undefined && { external_id }),
    ...(metadata !== undefined && { metadata: copied(metadata) }),
  };
}
