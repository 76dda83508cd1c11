// API keys as HTTP takes and gives them. The key itself is in one answer, the one to its creation, and nowhere else.
import { z } from 'zod';
import { ROLES, STREAM_PATTERN, type Role } from './access.js';
import { KEY_NAME_MAX } from './name-text.js';
import { nameSchemaOf } from './name-schema.js';

export const streamPatternSchema = z.string().regex(STREAM_PATTERN, 'must be 1 to 64 of A-Z a-z 0-9 . _ - *');
export const roleSchema = z.enum(ROLES);

/** Body of POST /v1/keys. Unknown fields are ignored. */
export const newKeySchema = z.object({
  /** For people: what the key is for. */
  name: nameSchemaOf(KEY_NAME_MAX),
  roles: z.array(roleSchema).min(1).max(ROLES.length),
  /** Streams that it may touch; all where it is left out. */
  streams: z.array(streamPatternSchema).min(1).max(64).default(['*']),
  /** Unix ms, in the future; null or left out: it holds until it is revoked. */
  expires_at: z.int().positive().nullable().default(null),
});
export type NewKey = z.input<typeof newKeySchema>;

/** What is told of a key after its creation. */
export interface KeyRecord {
  /** For `DELETE /v1/keys/{id}`; the middle part of the key's own text. */
  readonly id: string;
  readonly name: string;
  readonly roles: readonly Role[];
  readonly streams: readonly string[];
  /** How the key begins, to know it again: `onl_` and its id. */
  readonly prefix: string;
  /** Unix ms. */
  readonly created_at: number;
  readonly expires_at: number | null;
  /** Null when it has never been used. */
  readonly last_used_at: number | null;
  /** Present once it is revoked. */
  readonly revoked_at?: number;
}

/** Answer to POST /v1/keys: the only one that holds the key. */
export interface CreatedKey extends Omit<KeyRecord, 'last_used_at' | 'revoked_at'> {
  readonly key: string;
}

/** Answer to GET /v1/keys. */
export interface KeysAnswer {
  readonly keys: readonly KeyRecord[];
}
