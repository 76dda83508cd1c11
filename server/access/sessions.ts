// Browsers that are signed in: a random cookie each, kept as a hash, so that people stay signed in when the service starts anew and
// signing out ends a session for good. A session that was begun with a key ends with it.
import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { roleSchema, streamPatternSchema } from '../../protocol/keys.js';
import { JsonFile } from '../json-file.js';
import { secretHash } from './keys/api-key.js';
import { isKeyPrincipal, type KeyStore } from './keys/key-store.js';
import type { Principal } from './principal.js';
import { StreamPatterns } from './stream-patterns.js';

/** Clocks are set back by less than this all the time. */
const CLOCK_AHEAD_MS = 86_400_000;
const MOST_SESSIONS = 10_000;
/** The oldest goes, so that forgotten browsers keep nobody from signing in. */
const MOST_OF_ONE = 100;
const SECRET_BYTES = 32;

const sessionSchema = z.object({
  hash: z.string(),
  /** Of the session in which the ticket was made that began this one. */
  parent: z.string().exactOptional(),
  /** Begun with a ticket. Those push out only their like: anybody who holds a key makes tickets without end. */
  by_ticket: z.literal(true).exactOptional(),
  /** What the identity provider and its rules were that gave these roles; not there where it was a key. */
  provider: z.string().exactOptional(),
  /** Of the principal that it was begun with, with the rights that one had. */
  id: z.string(),
  name: z.string(),
  roles: z.array(roleSchema),
  streams: z.array(streamPatternSchema),
  created_at: z.number(),
  expires_at: z.number(),
});
type Session = z.infer<typeof sessionSchema>;
const fileSchema = z.object({ version: z.literal(1), sessions: z.array(sessionSchema) });
type SessionFile = z.infer<typeof fileSchema>;

export class Sessions {
  readonly #file: JsonFile<SessionFile>;
  readonly #keys: KeyStore;
  readonly #provider: string | null;
  readonly #now: () => number;
  #byHash: ReadonlyMap<string, Principal> = new Map();

  private constructor(file: JsonFile<SessionFile>, keys: KeyStore, provider: string | null, now: () => number) {
    this.#file = file;
    this.#keys = keys;
    this.#provider = provider;
    this.#now = now;
    this.#index();
  }

  /**
   * @param provider stands for the identity provider and the rules by which it gives roles: whom another one signed in, or this one by
   * other rules, has to sign in again; null where there is none
   * @param now Unix ms
   * @throws StartError for a file that cannot be read
   */
  static async open(path: string, keys: KeyStore, provider: string | null, now: () => number = Date.now): Promise<Sessions> {
    return new Sessions(
      await JsonFile.open(path, 'keys and sessions', fileSchema, { version: 1, sessions: [] }),
      keys,
      provider,
      now,
    );
  }

  /** @returns null for a session that is unknown or over, or whose key is */
  principalOf(secret: string): Principal | null {
    const principal = this.#byHash.get(secretHash(secret));
    return principal?.isValid() ? principal : null;
  }

  /**
   * @param secrets all that a browser shows: those that are over count for nothing
   * @returns null where none is left, and where those that are left are of different people: one of them was planted
   */
  principalOfShown(secrets: readonly string[]): Principal | null {
    const [first = null, ...others] = secrets.flatMap((secret) => this.principalOf(secret) ?? []);
    return others.every(({ id }) => id === first?.id) ? first : null;
  }

  /**
   * Signs a browser in, with the rights that somebody has, and for no longer than they have them.
   * @param expiresAt Unix ms
   * @returns the cookie's value
   */
  async start(principal: Principal, expiresAt: number): Promise<string> {
    const { id, kind, name, roles, streams, session: parent, expiresAt: endsAt = Infinity } = principal;
    const secret = randomBytes(SECRET_BYTES).toString('base64url');
    const created_at = this.#now();
    const session: Session = {
      hash: secretHash(secret),
      ...(parent === undefined ? {} : { parent }),
      ...(isKeyPrincipal(id) || this.#provider === null ? {} : { provider: this.#provider }),
      ...(kind === 'ticket' ? { by_ticket: true as const } : {}),
      id,
      name,
      roles: [...roles],
      streams: [...streams.texts],
      created_at,
      expires_at: Math.min(expiresAt, endsAt),
    };
    await this.#update((sessions) => {
      const live = sessions.filter(({ expires_at }) => expires_at > created_at);
      const alike = live.filter((other) => other.id === id && other.by_ticket === session.by_ticket);
      const going = new Set(alike.slice(0, Math.max(0, alike.length + 1 - MOST_OF_ONE)));
      const staying = live.filter((other) => !going.has(other));
      const tooMany = Math.max(0, staying.length + 1 - MOST_SESSIONS);
      const inTurn = [...staying.filter(({ by_ticket }) => by_ticket), ...staying.filter(({ by_ticket }) => !by_ticket)];
      const gone = new Set(inTurn.slice(0, tooMany));
      return [...staying.filter((other) => !gone.has(other)), session];
    });
    return secret;
  }

  /** Ends them; nothing happens for those that are not there. */
  async end(secrets: readonly string[]): Promise<void> {
    const hashes = new Set(secrets.map(secretHash).filter((hash) => this.#byHash.has(hash)));
    if (hashes.size > 0) await this.#update((sessions) => sessions.filter(({ hash }) => !hashes.has(hash)));
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  async #update(change: (sessions: readonly Session[]) => readonly Session[]): Promise<void> {
    await this.#file.update((file) => ({ value: { ...file, sessions: [...change(file.sessions)] }, result: undefined }));
    this.#index();
  }

  #index(): void {
    const known = this.#byHash;
    this.#byHash = new Map(
      this.#file.value.sessions.map((session) => [session.hash, known.get(session.hash) ?? this.#principal(session)]),
    );
  }

  #principal({ hash, parent, provider, id, name, roles, streams, created_at, expires_at }: Session): Principal {
    const isOfProvider = provider !== undefined && provider === this.#provider;
    const keyHolds = (): boolean => (isKeyPrincipal(id) ? this.#keys.principalOfId(id) !== null : isOfProvider);
    const parentHolds = (): boolean => parent === undefined || this.#byHash.get(parent)?.isValid() === true;
    // One that was begun under a clock that ran ahead would else last until that year.
    const isInTime = (): boolean => this.#now() < expires_at && this.#now() > created_at - CLOCK_AHEAD_MS;
    return {
      id,
      kind: 'session',
      name,
      roles,
      streams: new StreamPatterns(streams),
      // A ticket of a session, and a session that is begun with it, end with it.
      expiresAt: expires_at,
      session: hash,
      isValid: () => this.#byHash.has(hash) && isInTime() && keyHolds() && parentHolds(),
    };
  }
}
