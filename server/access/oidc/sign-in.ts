// Signs people in at the identity provider: authorization code flow with PKCE (OpenID Connect Core 1.0, RFC 7636, RFC 9700), from the
// address to send a browser to up to who came back. Tokens of the provider are looked at once and not kept.
import * as oidc from 'openid-client';
import { OnlookerError } from '../../../protocol/errors.js';
import type { Logger } from '../../logger.js';
import type { Principal } from '../principal.js';
import { personId, type ClaimReader, type Claims, type Grant } from './claims.js';
import type { IdentityProvider } from './identity-provider.js';
import { isPlainIssuer } from './issuer-address.js';
import { SignInFlows } from './sign-in-flow.js';
import { verifiedClaims, type VerifiedClaims } from './verified-claims.js';

/** What the console is told when it came to nothing: part of an address, so it holds nothing else. */
export const SIGN_IN_FAILURES = ['denied', 'expired', 'no_role', 'unavailable', 'failed'] as const;
export type SignInFailure = (typeof SIGN_IN_FAILURES)[number];

export class SignInError extends Error {
  override readonly name = 'SignInError';
  constructor(
    readonly failure: SignInFailure,
    options?: { readonly cause?: unknown },
  ) {
    super(`a sign-in came to nothing: ${failure}`, options);
  }
}

export interface SignInOptions {
  readonly provider: IdentityProvider;
  readonly reader: ClaimReader;
  readonly clientId: string;
  /** Undefined for a public client, which PKCE protects alone. */
  readonly clientSecret: string | undefined;
  readonly scopes: string;
  /** Audience of access tokens that are for this service. */
  readonly audience: readonly string[];
  readonly sessionMs: number;
  readonly log: Pick<Logger, 'warn'>;
}

/** Each waits for the provider; anybody can begin one. */
const MOST_UNDER_WAY = 32;
/** One line tells what is wrong with a configuration; more would be a way to fill the disk. */
const TOLD_EVERY_MS = 10_000;

export class SignIn {
  readonly #options: SignInOptions;
  readonly #flows = new SignInFlows();
  #underWay = 0;
  #toldAtMs = -Infinity;

  constructor(options: SignInOptions) {
    this.#options = options;
  }

  /** @param redirectUri where the provider sends the browser back to @throws SignInError */
  async begin(redirectUri: string): Promise<{ readonly location: string; readonly cookie: string }> {
    const configuration = await this.#configuration();
    const codeVerifier = oidc.randomPKCECodeVerifier();
    const flow = { redirectUri, codeVerifier, state: oidc.randomState(), nonce: oidc.randomNonce() };
    const location = oidc.buildAuthorizationUrl(configuration, {
      redirect_uri: redirectUri,
      scope: this.#options.scopes,
      state: flow.state,
      nonce: flow.nonce,
      code_challenge: await oidc.calculatePKCECodeChallenge(codeVerifier),
      code_challenge_method: 'S256',
    });
    return { location: location.href, cookie: await this.#flows.seal(flow) };
  }

  /** @param query of the address that the browser came back to @param cookie what `begin` gave that browser @throws SignInError */
  async finish(query: string, cookie: string): Promise<{ readonly principal: Principal; readonly expiresAt: number }> {
    const flow = await this.#flows.open(cookie);
    if (flow === null) throw new SignInError('expired');
    if (this.#underWay >= MOST_UNDER_WAY) throw new SignInError('unavailable');
    this.#underWay++;
    try {
      const configuration = await this.#configuration();
      const answer = await oidc.authorizationCodeGrant(configuration, new URL(`${flow.redirectUri}?${query}`), {
        pkceCodeVerifier: flow.codeVerifier,
        expectedState: flow.state,
        expectedNonce: flow.nonce,
        idTokenExpected: true,
      });
      // The library trusts what comes over TLS; the signature is checked all the same.
      const person = await verifiedClaims(this.#options.provider, answer.id_token ?? '', [this.#options.clientId]);
      return await this.#admitted(configuration, person, answer.access_token);
    } catch (error) {
      const failed = asSignInError(error);
      this.#tell(failed);
      throw failed;
    } finally {
      this.#underWay--;
    }
  }

  async #admitted(
    configuration: oidc.Configuration,
    person: VerifiedClaims,
    accessToken: string,
  ): Promise<{ principal: Principal; expiresAt: number }> {
    const { provider, reader, sessionMs } = this.#options;
    const { claims, grant } = await this.#grantOf(configuration, person, accessToken);
    if (grant === null || grant.roles.length === 0) throw new SignInError('no_role');
    const expiresAt = Date.now() + sessionMs;
    const principal: Principal = {
      id: personId(provider.issuer, person.sub),
      kind: 'token',
      name: reader.nameOf(claims),
      ...grant,
      expiresAt,
      isValid: () => Date.now() < expiresAt,
    };
    return { principal, expiresAt };
  }

  /** The first that says anything about roles: the ID token, the access token where it is one for this service, the user info. */
  async #grantOf(
    configuration: oidc.Configuration,
    person: VerifiedClaims,
    accessToken: string,
  ): Promise<{ readonly claims: Claims; readonly grant: Grant | null }> {
    const { provider, reader, audience } = this.#options;
    const ofPerson = reader.grantOf(person);
    if (ofPerson !== null) return { claims: person, grant: ofPerson };
    // Most providers' are for others, or nothing that could be read.
    const access = await verifiedClaims(provider, accessToken, audience).catch(() => null);
    const ofAccess = access?.sub === person.sub ? reader.grantOf(access) : null;
    if (ofAccess !== null) return { claims: { ...access, ...person }, grant: ofAccess };
    if (configuration.serverMetadata().userinfo_endpoint === undefined) return { claims: person, grant: null };
    const info: Claims = await oidc.fetchUserInfo(configuration, accessToken, person.sub);
    return { claims: { ...info, ...person }, grant: reader.grantOf(info) };
  }

  #tell({ failure, cause }: SignInError): void {
    const nowMs = performance.now();
    if (nowMs - this.#toldAtMs < TOLD_EVERY_MS) return;
    this.#toldAtMs = nowMs;
    this.#options.log.warn({ failure, reason: reasonOf(cause) }, 'a sign-in at the identity provider came to nothing');
  }

  async #configuration(): Promise<oidc.Configuration> {
    const { provider, clientId, clientSecret } = this.#options;
    const metadata = await provider.metadata().catch((cause: unknown) => {
      throw new SignInError('unavailable', { cause });
    });
    if (metadata.authorization_endpoint === undefined || metadata.token_endpoint === undefined) throw new SignInError('failed');
    const configuration = new oidc.Configuration(metadata, clientId, {}, clientAuthentication(metadata, clientSecret));
    configuration[oidc.customFetch] = (url, options) => provider.fetch(url, options);
    if (isPlainIssuer(provider.issuer)) oidc.allowInsecureRequests(configuration);
    return configuration;
  }
}

/** In the body where the provider takes it so: what letters a secret may have in a header is understood in several ways. */
function clientAuthentication(metadata: oidc.ServerMetadata, secret: string | undefined): oidc.ClientAuth {
  if (secret === undefined) return oidc.None();
  const takesBody = metadata.token_endpoint_auth_methods_supported?.includes('client_secret_post');
  return takesBody ? oidc.ClientSecretPost(secret) : oidc.ClientSecretBasic(secret);
}

function asSignInError(error: unknown): SignInError {
  if (error instanceof SignInError) return error;
  if (error instanceof oidc.AuthorizationResponseError && error.error === 'access_denied')
    return new SignInError('denied', { cause: error });
  const isAway = error instanceof TypeError || (error instanceof OnlookerError && error.code === 'OVERLOADED');
  return new SignInError(isAway || isTimeout(error) ? 'unavailable' : 'failed', { cause: error });
}

const isTimeout = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'OAUTH_TIMEOUT' || error.code === 'OAUTH_ABORT');

/** A code of the standard or the library; never a description, which may hold anything. */
function reasonOf(error: unknown): string | undefined {
  if (error instanceof OnlookerError) return error.message;
  if (!(error instanceof Error)) return undefined;
  const code = 'error' in error ? error.error : 'code' in error ? error.code : error.name;
  return typeof code === 'string' && /^[\w.-]{1,64}$/.test(code) ? code : error.name;
}
