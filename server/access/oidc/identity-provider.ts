// What an identity provider says of itself (OpenID Connect Discovery 1.0) and the keys it signs with, kept fresh. One that cannot
// be reached keeps nobody from starting: its known keys stay in force for a day, and it is tried again until it answers.
import { createLocalJWKSet, errors, type CryptoKey, type JWSHeaderParameters, type FlattenedJWSInput } from 'jose';
import { z } from 'zod';
import { OnlookerError } from '../../../protocol/errors.js';
import type { Logger } from '../../logger.js';
import { boundedFetch, fetchJson, type BoundedFetch } from './bounded-fetch.js';
import { assertSecure } from './issuer-address.js';

/** A key that the issuer takes back opens nothing after so long. */
const REFRESH_EVERY_MS = 5 * 60_000;
const RETRY_EVERY_MS = 15_000;
/** So long the keys of an issuer that cannot be reached stay in force. */
const KEYS_HOLD_MS = 24 * 3_600_000;
/** Tokens of unknown keys have them fetched so often in a row, and after that once in a while: anybody can make up key ids. */
const FETCHES_IN_A_ROW = 5;
const FETCH_AGAIN_AFTER_MS = 5000;
const MOST_KEYS = 100;

const metadataSchema = z
  .object({
    issuer: z.string(),
    jwks_uri: z.url(),
    authorization_endpoint: z.url().exactOptional(),
    token_endpoint: z.url().exactOptional(),
    userinfo_endpoint: z.url().exactOptional(),
    token_endpoint_auth_methods_supported: z.array(z.string()).exactOptional(),
  })
  .catchall(z.json());
export type IssuerMetadata = z.infer<typeof metadataSchema>;
const keySetSchema = z.looseObject({
  keys: z.array(z.looseObject({ kty: z.string(), kid: z.string().exactOptional() })).max(MOST_KEYS),
});

interface Known {
  readonly metadata: IssuerMetadata;
  readonly keyFor: (header: JWSHeaderParameters, token: FlattenedJWSInput) => Promise<CryptoKey>;
  readonly kids: ReadonlySet<string | undefined>;
  readonly atMs: number;
}

export interface IdentityProviderOptions {
  readonly issuer: string;
  readonly log: Pick<Logger, 'info' | 'warn'>;
  /** For tests; in ms, and never goes back. */
  readonly nowMs?: () => number;
}

export class IdentityProvider {
  readonly issuer: string;
  readonly fetch: BoundedFetch;
  readonly #log: IdentityProviderOptions['log'];
  readonly #nowMs: () => number;
  readonly #closing = new AbortController();
  #known: Known | null = null;
  #isReachable = true;
  #refreshing: Promise<void> | null = null;
  #timer: NodeJS.Timeout | undefined;
  /** When it is asked again by itself. */
  #asksAtMs: number;
  #fetchesLeft = FETCHES_IN_A_ROW;
  #fetchesLeftAtMs: number;

  /** Begins to ask at once, and waits for nothing. */
  constructor({ issuer, log, nowMs = () => performance.now() }: IdentityProviderOptions) {
    this.issuer = issuer;
    this.#log = log;
    this.#nowMs = nowMs;
    this.#fetchesLeftAtMs = nowMs();
    this.#asksAtMs = nowMs();
    this.fetch = boundedFetch(this.#closing.signal);
    void this.#refresh();
  }

  /** False from the first failure to ask it until it answers again. */
  get isReachable(): boolean {
    return this.#isReachable;
  }

  /** @throws OnlookerError OVERLOADED while nothing is known of it */
  async metadata(): Promise<IssuerMetadata> {
    return (await this.#current()).metadata;
  }

  /** The public key of a token: to be handed to jose. @throws errors.JWKSNoMatchingKey, OnlookerError OVERLOADED while it cannot be said */
  async keyFor(header: JWSHeaderParameters, token: FlattenedJWSInput): Promise<CryptoKey> {
    const known = await this.#current();
    try {
      return await known.keyFor(header, token);
    } catch (error) {
      // A key that is known under this id, and does not fit, is no new one.
      if (!(error instanceof errors.JWKSNoMatchingKey) || known.kids.has(header.kid)) throw error;
      if (this.#refreshing === null && !this.#mayFetchAgain()) throw this.#isReachable ? error : this.unreachable();
      await this.#refresh();
      // It may be a new key, and then its owner is not to blame.
      if (!this.#isReachable) throw this.unreachable();
      return (await this.#current()).keyFor(header, token);
    }
  }

  /** What is told while it cannot be reached: it is asked again by itself. */
  unreachable(): OnlookerError {
    const retryAfterMs = Math.max(1000, this.#asksAtMs - this.#nowMs());
    return new OnlookerError('OVERLOADED', 'The identity provider cannot be reached at present.', undefined, { retryAfterMs });
  }

  async close(): Promise<void> {
    this.#closing.abort();
    clearTimeout(this.#timer);
    await this.#refreshing;
  }

  async #current(): Promise<Known> {
    if (this.#known === null || this.#nowMs() - this.#known.atMs >= KEYS_HOLD_MS) {
      const mayTry = this.#refreshing !== null || this.#mayFetchAgain();
      if (mayTry) await this.#refresh();
      if (this.#known === null || this.#nowMs() - this.#known.atMs >= KEYS_HOLD_MS) throw this.unreachable();
    }
    return this.#known;
  }

  #mayFetchAgain(): boolean {
    const nowMs = this.#nowMs();
    const regained = Math.floor((nowMs - this.#fetchesLeftAtMs) / FETCH_AGAIN_AFTER_MS);
    if (regained > 0) {
      this.#fetchesLeft = Math.min(FETCHES_IN_A_ROW, this.#fetchesLeft + regained);
      this.#fetchesLeftAtMs += regained * FETCH_AGAIN_AFTER_MS;
    }
    if (this.#fetchesLeft === 0) return false;
    this.#fetchesLeft--;
    return true;
  }

  /** One at a time; it never throws. */
  #refresh(): Promise<void> {
    this.#refreshing ??= this.#ask().finally(() => {
      this.#refreshing = null;
      clearTimeout(this.#timer);
      if (this.#closing.signal.aborted) return;
      const pauseMs = this.#isReachable ? REFRESH_EVERY_MS : RETRY_EVERY_MS;
      this.#asksAtMs = this.#nowMs() + pauseMs;
      this.#timer = setTimeout(() => void this.#refresh(), pauseMs).unref();
    });
    return this.#refreshing;
  }

  async #ask(): Promise<void> {
    try {
      const metadata = metadataSchema.parse(await fetchJson(this.fetch, discoveryAddress(this.issuer)));
      if (metadata.issuer !== this.issuer) throw new Error(`the issuer calls itself ${JSON.stringify(metadata.issuer)}`);
      const { jwks_uri, authorization_endpoint, token_endpoint, userinfo_endpoint } = metadata;
      for (const address of [jwks_uri, authorization_endpoint, token_endpoint, userinfo_endpoint]) {
        if (address !== undefined) assertSecure(address, this.issuer);
      }
      const keySet = keySetSchema.parse(await fetchJson(this.fetch, jwks_uri));
      const kids = new Set(keySet.keys.map(({ kid }) => kid));
      this.#known = { metadata, keyFor: createLocalJWKSet(keySet), kids, atMs: this.#nowMs() };
      if (!this.#isReachable) this.#log.info({ issuer: this.issuer }, 'the identity provider answers again');
      this.#isReachable = true;
    } catch (error) {
      if (this.#closing.signal.aborted) return;
      // Once for each outage.
      if (this.#isReachable) {
        const known = this.#known === null ? 'none of its tokens can be checked' : 'its known keys stay in force for a day';
        this.#log.warn({ issuer: this.issuer, reason: reasonOf(error) }, `the identity provider cannot be asked; ${known}`);
      }
      this.#isReachable = false;
    }
  }
}

const discoveryAddress = (issuer: string): string => `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;

/** `fetch failed` says nothing; what it was caused by does. */
function reasonOf(error: unknown): string {
  if (error instanceof z.ZodError) return `its answer lacks ${error.issues.map(({ path }) => path.join('.')).join(', ')}`;
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  return cause instanceof Error && cause.message !== '' ? `${error.message}: ${cause.message}` : error.message;
}
