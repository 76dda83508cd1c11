// The API keys of this service: made, listed, revoked and recognised. What is kept cannot be turned back into a key. Revoked keys
// stay in the list, so that people see what was there, and a service that ever had keys never opens by itself.
import { z } from 'zod';
import { OnlookerError } from '../../../protocol/errors.js';
import { mendedName } from '../../../protocol/name-text.js';
import { roleSchema, streamPatternSchema, type CreatedKey, type KeyRecord, type newKeySchema } from '../../../protocol/keys.js';
import { JsonFile } from '../../json-file.js';
import { LOCAL, type Principal } from '../principal.js';
import { StreamPatterns } from '../stream-patterns.js';
import { apiKeyId, isSecret, makeApiKey, secretHash } from './api-key.js';

const storedKeySchema = z.object({
  id: z.string().regex(/^[a-z0-9]{8}$/),
  /** What was kept before there was a rule for names is mended. */
  name: z.string().transform(mendedName),
  roles: z.array(roleSchema),
  streams: z.array(streamPatternSchema),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  created_at: z.number(),
  expires_at: z.number().nullable(),
  last_used_at: z.number().nullable(),
  revoked_at: z.number().optional(),
});
type StoredKey = z.infer<typeof storedKeySchema>;
const fileSchema = z.object({ version: z.literal(1), keys: z.array(storedKeySchema) });
type KeyFile = z.infer<typeof fileSchema>;

/** What ids of principals of keys begin with. */
const ID_PREFIX = 'key:';
const CONFIGURED_PREFIX = 'configured:';
/** Of those that are not revoked; so many names can still be looked through. */
const MOST_KEYS = 1000;
const MOST_REVOKED = 200;
/** `last_used_at` is written so seldom: it is for people. */
const USES_WRITTEN_EVERY_MS = 60_000;

/** Whether a principal's id is that of a key, so that it lasts as long as that key. */
export const isKeyPrincipal = (id: string): boolean => id.startsWith(ID_PREFIX) || id.startsWith(CONFIGURED_PREFIX);

export interface KeyStoreOptions {
  readonly path: string;
  /** An administrator's key that the configuration holds, beside those of the file. */
  readonly configured?: string | undefined;
  /** Unix ms. */
  readonly now?: () => number;
}

export class KeyStore {
  readonly #file: JsonFile<KeyFile>;
  readonly #now: () => number;
  /** Live records by id; made anew when the file changes. */
  #byId: ReadonlyMap<string, { readonly stored: StoredKey; readonly principal: Principal }> = new Map();
  readonly #configured: { readonly hash: string; readonly principal: Principal } | null;
  readonly #usedAt = new Map<string, number>();
  #usesWrittenAt: number;
  #hasAny: boolean;

  private constructor(file: JsonFile<KeyFile>, now: () => number, configured: string | undefined) {
    this.#file = file;
    this.#configured = configured === undefined ? null : configuredKey(configured);
    this.#now = now;
    this.#usesWrittenAt = now();
    this.#hasAny = configured !== undefined;
    this.#index();
  }

  /** @throws StartError for a file that cannot be read */
  static async open({ path, configured, now = Date.now }: KeyStoreOptions): Promise<KeyStore> {
    return new KeyStore(await JsonFile.open(path, 'keys and sessions', fileSchema, { version: 1, keys: [] }), now, configured);
  }

  /** Whether a key was ever made, revoked ones too. Taking them out of the file opens nothing while the service runs. */
  get hasAny(): boolean {
    return this.#hasAny;
  }

  /** Whether somebody could administer with a key that holds now. */
  get hasAdmin(): boolean {
    return this.admin !== null;
  }

  /** Whom a key makes that may administer and holds now: the configured one, else the oldest. */
  get admin(): Principal | null {
    if (this.#configured !== null) return this.#configured.principal;
    const admins = [...this.#byId.values()].map(({ principal }) => principal).filter(({ roles }) => roles.includes('admin'));
    return admins.find((principal) => principal.isValid()) ?? null;
  }

  /** Takes in what the command line changed, and writes when keys were used last. @throws when the file cannot be read or written */
  async refresh(): Promise<void> {
    if (await this.#file.refresh()) this.#index();
    if (this.#usedAt.size > 0 && Math.abs(this.#now() - this.#usesWrittenAt) >= USES_WRITTEN_EVERY_MS) await this.#writeUses();
  }

  /** @returns null for a key that is wrong, revoked or has run out, or for what is no key at all */
  principalOf(text: string): Principal | null {
    if (this.#configured !== null && isSecret(text, this.#configured.hash)) return this.#configured.principal;
    const id = apiKeyId(text);
    const found = id === null ? undefined : this.#byId.get(id);
    if (found === undefined || !isSecret(text, found.stored.hash) || !found.principal.isValid()) return null;
    this.#usedAt.set(found.stored.id, this.#now());
    return found.principal;
  }

  /** @param id of a principal that this store gave @returns null once its key holds no longer */
  principalOfId(id: string): Principal | null {
    if (id === this.#configured?.principal.id) return this.#configured.principal;
    const found = this.#byId.get(id.slice(ID_PREFIX.length))?.principal;
    return found?.isValid() ? found : null;
  }

  /** In the order of their making. */
  list(): readonly KeyRecord[] {
    return this.#file.value.keys.map((stored) => {
      const { hash: _hash, ...told } = stored;
      const used = Math.max(stored.last_used_at ?? 0, this.#usedAt.get(stored.id) ?? 0);
      return withoutUndefined({ ...told, prefix: prefixOf(stored.id), last_used_at: used === 0 ? null : used });
    });
  }

  /** @throws OnlookerError LIMIT_REACHED, BAD_MESSAGE for an end in the past */
  async add({ name, roles, streams, expires_at }: z.output<typeof newKeySchema>): Promise<CreatedKey> {
    const now = this.#now();
    if (expires_at !== null && expires_at <= now) throw new OnlookerError('BAD_MESSAGE', 'expires_at: must be in the future');
    const { id, text, hash } = makeApiKey();
    const stored: StoredKey = {
      id,
      name,
      roles: [...new Set(roles)],
      streams: [...new Set(streams)],
      hash,
      created_at: now,
      expires_at,
      last_used_at: null,
    };
    await this.#update((keys) => {
      if (keys.filter(isKept).length >= MOST_KEYS)
        throw new OnlookerError('LIMIT_REACHED', `There may be ${MOST_KEYS} keys.`, undefined, { retryAfterMs: Infinity });
      return [...keys, stored];
    });
    const { hash: _hash, last_used_at: _used, ...told } = stored;
    return { ...withoutUndefined(told), prefix: prefixOf(id), key: text };
  }

  /** From now on it opens nothing. @throws OnlookerError NOT_FOUND for one that is not there or is revoked */
  async revoke(id: string): Promise<void> {
    await this.#update((keys) => {
      if (!keys.some((key) => key.id === id && isKept(key))) throw new OnlookerError('NOT_FOUND', 'There is no such key.');
      const changed = keys.map((key) => (key.id === id ? { ...key, revoked_at: this.#now() } : key));
      const revoked = changed.filter((key) => !isKept(key)).slice(0, -MOST_REVOKED);
      return changed.filter((key) => !revoked.includes(key));
    });
  }

  async close(): Promise<void> {
    if (this.#usedAt.size > 0) await this.#writeUses();
    await this.#file.close();
  }

  async #writeUses(): Promise<void> {
    this.#usesWrittenAt = this.#now();
    const used = new Map(this.#usedAt);
    await this.#update((keys) =>
      keys.map((key) => {
        const at = used.get(key.id);
        return at === undefined || at <= (key.last_used_at ?? 0) ? key : { ...key, last_used_at: at };
      }),
    );
    // Only now: what could not be written is to be written the next time. What was used meanwhile stays too.
    for (const [id, at] of used) if (this.#usedAt.get(id) === at) this.#usedAt.delete(id);
  }

  async #update(change: (keys: readonly StoredKey[]) => readonly StoredKey[]): Promise<void> {
    await this.#file.update((file) => ({ value: { ...file, keys: [...change(file.keys)] }, result: undefined }));
    this.#index();
  }

  #index(): void {
    const { keys } = this.#file.value;
    this.#hasAny ||= keys.length > 0;
    const live = keys.filter(isKept);
    this.#byId = new Map(live.map((stored) => [stored.id, { stored, principal: this.#principal(stored) }]));
  }

  #principal({ id, name, roles, streams, hash, expires_at }: StoredKey): Principal {
    return {
      id: ID_PREFIX + id,
      kind: 'key',
      name,
      roles,
      // Whoever may change every camera sees every stream.
      streams: roles.includes('admin') ? StreamPatterns.ALL : new StreamPatterns(streams),
      isValid: () => this.#byId.get(id)?.stored.hash === hash && (expires_at === null || this.#now() < expires_at),
    };
  }
}

/** Its id changes with it, so that sessions which were begun with an earlier one end. */
function configuredKey(text: string): { readonly hash: string; readonly principal: Principal } {
  const hash = secretHash(text);
  return { hash, principal: { ...LOCAL, id: CONFIGURED_PREFIX + hash.slice(0, 16), kind: 'key', name: 'ONLOOKER_ADMIN_KEY' } };
}

const isKept = (key: StoredKey): boolean => key.revoked_at === undefined;
const prefixOf = (id: string): string => `onl_${id}`;

/** Optional fields that are not there, rather than there and undefined. */
function withoutUndefined<T extends { readonly revoked_at?: number | undefined }>(
  record: T,
): Omit<T, 'revoked_at'> & { readonly revoked_at?: number } {
  const { revoked_at, ...rest } = record;
  return revoked_at === undefined ? rest : { ...rest, revoked_at };
}
