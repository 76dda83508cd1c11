// Everything about who may use the service, put together and taken apart: keys, sessions, tickets, and the door that asks them.
// Keys may be changed by the command line while the service runs, so it is looked again and again whether they were.
import { join } from 'node:path';
import type { CreatedKey } from '../../protocol/keys.js';
import type { Logger } from '../logger.js';
import type { Metrics } from '../metrics/metrics.js';
import type { Settings } from '../settings.js';
import { StartError } from '../start-error.js';
import { Admission } from './admission.js';
import { Authenticator } from './authenticator.js';
import { Door } from './door.js';
import { forwardedReader } from './forwarded.js';
import { isLoopback, listeningName } from './host-names.js';
import { FirstAccess } from './first-access.js';
import { secretHash } from './keys/api-key.js';
import { takeInvitations } from './invitations.js';
import { KeyStore } from './keys/key-store.js';
import { Oidc, type OidcSettings } from './oidc/oidc.js';
import { Limits, type LimitSettings } from './limits.js';
import { Refusals } from './refusals.js';
import { Sessions } from './sessions.js';
import { Tickets } from './tickets.js';

export const KEYS_FILE = 'keys.json';
const SESSIONS_FILE = 'sessions.json';
/** A key that is revoked has let go of its connections after at most twice this. */
const LOOKS_EVERY_MS = 400;

export interface AccessContext {
  readonly settings: Pick<
    Settings,
    'host' | 'dataDir' | 'allowedHosts' | 'allowedOrigins' | 'trustedProxies' | 'basePath' | 'adminKey' | 'open'
  > &
    OidcSettings &
    LimitSettings;
  /** What the service itself speaks. */
  readonly scheme: 'http' | 'https';
  readonly metrics: Metrics;
  readonly log: Logger;
  /** Makes a first key where nobody could administer, for a person who is there to read it. */
  readonly makesFirstKey?: boolean;
}

interface Parts {
  readonly keys: KeyStore;
  readonly sessions: Sessions;
  readonly oidc: Oidc | null;
  readonly firstKey: CreatedKey | null;
}

export class Access {
  readonly keys: KeyStore;
  readonly sessions: Sessions;
  readonly tickets: Tickets;
  readonly authenticator: Authenticator;
  readonly door: Door;
  readonly limits: Limits;
  readonly first: FirstAccess;
  /** Null where no identity provider is configured. */
  readonly oidc: Oidc | null;
  readonly #log: Logger;
  readonly #dataDir: string;
  readonly #refusals: Refusals;
  readonly #onLook = new Set<() => void>();
  readonly #timer: NodeJS.Timeout;
  #looking: Promise<unknown> = Promise.resolve();
  #isUnreadable = false;
  #isUninvited = false;

  private constructor({ settings, scheme, metrics, log }: AccessContext, { keys, sessions, oidc, firstKey }: Parts) {
    this.keys = keys;
    this.sessions = sessions;
    this.oidc = oidc;
    this.tickets = new Tickets();
    this.first = new FirstAccess({ keys, tickets: this.tickets, open: settings.open, firstKey });
    const tokens = oidc?.tokens ?? null;
    this.authenticator = new Authenticator({ keys, sessions, tickets: this.tickets, tokens, open: settings.open });
    const refusals = new Refusals(metrics, log);
    this.#refusals = refusals;
    const { host: listensOn, allowedHosts, allowedOrigins, basePath, trustedProxies } = settings;
    this.limits = new Limits(settings);
    this.door = new Door({
      limits: this.limits,
      admission: new Admission({ listensOn, allowedHosts, allowedOrigins, refusals }),
      authenticator: this.authenticator,
      refusals,
      forwarded: forwardedReader({ trusted: trustedProxies, scheme, basePath }),
    });
    this.#log = log;
    this.#dataDir = settings.dataDir;
    // One that waits for the file does not keep the next from ending what has run out.
    this.#timer = setInterval(() => {
      this.#looking = Promise.all([this.#looking, this.#look()]);
    }, LOOKS_EVERY_MS).unref();
  }

  /** @throws StartError where files cannot be read, or where anybody on a network would be let in */
  static async open(context: AccessContext): Promise<Access> {
    const { settings, log } = context;
    const keys = await KeyStore.open({ path: join(settings.dataDir, KEYS_FILE), configured: settings.adminKey });
    const oidc = Oidc.open(settings, log);
    try {
      return await Access.#admitting(context, keys, oidc);
    } catch (error) {
      await oidc?.close();
      throw error;
    }
  }

  static async #admitting(context: AccessContext, keys: KeyStore, oidc: Oidc | null): Promise<Access> {
    const { settings, makesFirstKey = false } = context;
    const lacksKey = makesFirstKey && !settings.open && oidc === null && !keys.hasAdmin;
    const firstKey = lacksKey ? await keys.add({ name: 'first', roles: ['admin'], streams: ['*'], expires_at: null }) : null;
    const isLocal = isLoopback(listeningName(settings.host));
    if (!isLocal && !settings.open && !keys.hasAny && oidc === null) {
      throw new StartError(
        `listening on ${settings.host} would let everybody in: make a key with \`onlooker keys add NAME --role admin\`, or say with ONLOOKER_OPEN=true that all may do everything`,
      );
    }
    const provider = oidc === null ? null : secretHash(JSON.stringify(rulesOf(settings)));
    const sessions = await Sessions.open(join(settings.dataDir, SESSIONS_FILE), keys, provider);
    return new Access(context, { keys, sessions, oidc, firstKey });
  }

  /** Calls back after each look at the keys. @returns takes it back */
  onLook(look: () => void): () => void {
    this.#onLook.add(look);
    return () => this.#onLook.delete(look);
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#refusals.close();
    await this.#looking;
    await this.oidc?.close();
    // It only writes when keys were used last, which must keep nobody from closing what comes after.
    await this.keys
      .close()
      .catch((error: unknown) => this.#log.error({ err: error }, 'the last uses of keys could not be written'));
    await this.sessions.close();
  }

  async #look(): Promise<void> {
    try {
      await this.keys.refresh();
      await this.#takeInvitations();
      this.#isUnreadable = false;
    } catch (error) {
      // What was known stays in force; once is enough to say so.
      if (!this.#isUnreadable) this.#log.error({ err: error }, 'the keys cannot be read or written; those that were known stay');
      this.#isUnreadable = true;
    }
    for (const look of this.#onLook) look();
  }

  /** Those that the command line made, for an administrator who is let in at present. */
  async #takeInvitations(): Promise<void> {
    try {
      for (const { hash, restMs } of await takeInvitations(this.#dataDir, Date.now())) {
        const { admin } = this.keys;
        if (admin !== null) this.tickets.accept(hash, { ...admin, kind: 'ticket' }, restMs);
      }
      this.#isUninvited = false;
    } catch (error) {
      if (!this.#isUninvited) this.#log.error({ err: error }, 'the codes that `onlooker lan` made cannot be taken in');
      this.#isUninvited = true;
    }
  }
}

/** By which an identity provider gives roles. */
const rulesOf = ({ oidcIssuer, oidcRoleClaim, oidcRoles, oidcStreamClaim }: OidcSettings): readonly unknown[] => [
  oidcIssuer,
  oidcRoleClaim,
  oidcRoles,
  oidcStreamClaim ?? null,
];
