// From what a request shows to whom it is. A wrong key, token, session or ticket of any kind is nobody, and never somebody less.
import { OnlookerError } from '../../protocol/errors.js';
import type { Credential } from './credentials.js';
import type { KeyStore } from './keys/key-store.js';
import { LOCAL, type Principal } from './principal.js';
import type { Sessions } from './sessions.js';
import type { Tickets } from './tickets.js';

/** Tokens of an identity provider. */
export interface TokenVerifier {
  /**
   * @returns a promise only where it has to be looked at for the first time
   * @throws OnlookerError UNAUTHORIZED for one that is wrong, FORBIDDEN for one that gives no role here, OVERLOADED while it cannot be said
   */
  verify(token: string): Principal | Promise<Principal>;
  /** Whether it was looked at and is valid. */
  isKnown(token: string): boolean;
}

export interface AuthenticatorOptions {
  readonly keys: KeyStore;
  readonly sessions: Sessions;
  readonly tickets: Tickets;
  /** Null where no identity provider is configured. */
  readonly tokens: TokenVerifier | null;
  /** Whoever shows nothing may do everything. */
  readonly open: boolean;
}

export class Authenticator {
  readonly #options: AuthenticatorOptions;
  readonly #local: Principal;
  #wasRequired = false;

  constructor(options: AuthenticatorOptions) {
    this.#options = options;
    // With the first key that is made, those who came without one have to go.
    this.#local = { ...LOCAL, isValid: () => !this.isRequired };
  }

  /** Whether somebody who shows nothing gets nothing. It never becomes false while the service runs. */
  get isRequired(): boolean {
    const { keys, tokens, open } = this.#options;
    // Whoever empties the file of keys by hand has taken keys away, and opens nothing by that.
    this.#wasRequired ||= !open && (keys.hasAny || tokens !== null);
    return this.#wasRequired;
  }

  /** Whether the first key that is made ends it that everybody is let in: whoever has no administrator's key then is locked out. */
  get isOpenUntilFirstKey(): boolean {
    return !this.#options.open && !this.isRequired;
  }

  /**
   * @returns null for somebody who shows nothing where that is not enough
   * @throws OnlookerError UNAUTHORIZED for a credential that is wrong
   */
  identify(credential: Credential | null): Principal | null | Promise<Principal> {
    // Where nobody needs a credential none is looked at, as it was before there were any.
    if (!this.isRequired) return this.#local;
    if (credential === null) return null;
    const found = this.#principalOf(credential);
    if (found === null) throw new OnlookerError('UNAUTHORIZED', WRONG[credential.kind]);
    return found;
  }

  /** Whether it takes a signature to be checked, and perhaps another service to be asked, to look at it. */
  isCostly(credential: Credential | null): boolean {
    const { tokens } = this.#options;
    if (tokens === null || credential?.kind !== 'bearer' || !isToken(credential.text)) return false;
    return this.isRequired && !tokens.isKnown(credential.text);
  }

  #principalOf(credential: Credential): Principal | null | Promise<Principal> {
    const { keys, sessions, tickets, tokens } = this.#options;
    switch (credential.kind) {
      case 'wrong':
        return null;
      case 'session':
        return sessions.principalOfShown(credential.texts);
      case 'ticket':
        return tickets.redeem(credential.text);
      case 'bearer':
        if (tokens !== null && isToken(credential.text)) return tokens.verify(credential.text);
        return keys.principalOf(credential.text);
    }
  }
}

const WRONG: Readonly<Record<Credential['kind'], string>> = {
  bearer: 'The key is wrong, revoked, or has run out.',
  wrong: 'This is no key.',
  ticket: 'The ticket is wrong, was used before, or has run out.',
  session: 'The session is over, or several of different people were shown.',
};

/** Three parts with dots between, as JSON Web Tokens have. */
const isToken = (text: string): boolean => /^[\w-]+\.[\w-]+\.[\w-]+$/.test(text);
