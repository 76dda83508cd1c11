// The identity provider as it is configured, put together: the tokens that it gives, and the sign-in of people at it.
import type { Logger } from '../../logger.js';
import { environmentName, type Settings } from '../../settings.js';
import { StartError } from '../../start-error.js';
import { ClaimReader } from './claims.js';
import { IdentityProvider } from './identity-provider.js';
import { SignIn } from './sign-in.js';
import { OidcTokens } from './tokens.js';

export type OidcSettings = Pick<
  Settings,
  | 'oidcIssuer'
  | 'oidcAudience'
  | 'oidcRoleClaim'
  | 'oidcRoles'
  | 'oidcStreamClaim'
  | 'oidcNameClaim'
  | 'oidcClientId'
  | 'oidcClientSecret'
  | 'oidcScopes'
  | 'oidcSessionHours'
>;

const HOUR_MS = 3_600_000;

export class Oidc {
  readonly tokens: OidcTokens;
  /** Null where people are not signed in by it. */
  readonly signIn: SignIn | null;
  readonly #provider: IdentityProvider;

  private constructor(settings: OidcSettings, log: Logger) {
    const { oidcIssuer: issuer, oidcAudience: audience, oidcClientId: clientId, oidcClientSecret: clientSecret } = settings;
    const reader = new ClaimReader({
      roleClaim: settings.oidcRoleClaim,
      roles: settings.oidcRoles,
      streamClaim: settings.oidcStreamClaim,
      nameClaim: settings.oidcNameClaim,
    });
    const provider = new IdentityProvider({ issuer, log });
    this.#provider = provider;
    this.tokens = new OidcTokens(provider, reader, audience);
    const { oidcScopes: scopes, oidcSessionHours } = settings;
    const sessionMs = oidcSessionHours * HOUR_MS;
    this.signIn =
      clientId === undefined ? null : new SignIn({ provider, reader, clientId, clientSecret, scopes, audience, sessionMs, log });
  }

  /** Waits for nothing: the provider may come later. @returns null where none is configured @throws StartError for half a configuration */
  static open(settings: OidcSettings, log: Logger): Oidc | null {
    const { oidcIssuer, oidcAudience, oidcClientId, oidcClientSecret } = settings;
    if (oidcIssuer === '') {
      if (oidcAudience.length === 0 && oidcClientId === undefined) return null;
      const named = environmentName(oidcClientId === undefined ? 'oidcAudience' : 'oidcClientId');
      throw new StartError(`${named} needs ${environmentName('oidcIssuer')}, the address of the identity provider`);
    }
    if (oidcAudience.length === 0 && oidcClientId === undefined) {
      throw new StartError(
        `${environmentName('oidcIssuer')} needs ${environmentName('oidcAudience')}, whom tokens must be for, or ${environmentName('oidcClientId')}, to sign people in`,
      );
    }
    if (oidcClientSecret !== undefined && oidcClientId === undefined) {
      throw new StartError(`${environmentName('oidcClientSecret')} needs ${environmentName('oidcClientId')}`);
    }
    return new Oidc(settings, log);
  }

  get isReachable(): boolean {
    return this.#provider.isReachable;
  }

  close(): Promise<void> {
    return this.#provider.close();
  }
}
