// Tokens of an identity provider as credentials. One that was found good is known again for a minute, by its hash, so that a client
// that shows it with every request costs no signature each time.
import { LRUCache } from 'lru-cache';
import { OnlookerError } from '../../../protocol/errors.js';
import type { TokenVerifier } from '../authenticator.js';
import { secretHash } from '../keys/api-key.js';
import type { Principal } from '../principal.js';
import { personId, type ClaimReader } from './claims.js';
import type { IdentityProvider } from './identity-provider.js';
import { verifiedClaims } from './verified-claims.js';

const MOST_KNOWN = 2000;
/** So long a token that its issuer takes back, with the key it is signed with, may still open something. */
const KNOWN_FOR_MS = 60_000;
/** Beyond so many at once there is an attack or an outage; some tens of milliseconds of work. */
const MOST_UNDER_WAY = 256;

export class OidcTokens implements TokenVerifier {
  readonly #provider: IdentityProvider;
  readonly #reader: ClaimReader;
  readonly #audience: readonly string[];
  readonly #known = new LRUCache<string, Principal>({ max: MOST_KNOWN });
  readonly #underWay = new Map<string, Promise<Principal>>();

  constructor(provider: IdentityProvider, reader: ClaimReader, audience: readonly string[]) {
    this.#provider = provider;
    this.#reader = reader;
    this.#audience = audience;
  }

  isKnown(token: string): boolean {
    return this.#known.get(secretHash(token))?.isValid() === true;
  }

  verify(token: string): Principal | Promise<Principal> {
    const hash = secretHash(token);
    const known = this.#known.get(hash);
    if (known?.isValid()) return known;
    const underWay = this.#underWay.get(hash);
    if (underWay !== undefined) return underWay;
    if (this.#underWay.size >= MOST_UNDER_WAY) throw new OnlookerError('OVERLOADED', 'Too many tokens are being checked.');
    const work = this.#principalOf(token)
      .then((principal) => {
        const leftMs = (principal.expiresAt ?? 0) - Date.now();
        if (leftMs >= 1) this.#known.set(hash, principal, { ttl: Math.min(KNOWN_FOR_MS, leftMs) });
        return principal;
      })
      .finally(() => this.#underWay.delete(hash));
    this.#underWay.set(hash, work);
    return work;
  }

  async #principalOf(token: string): Promise<Principal> {
    const claims = await verifiedClaims(this.#provider, token, this.#audience);
    const { roles, streams } = this.#reader.grantOf(claims) ?? { roles: [], streams: null };
    if (roles.length === 0 || streams === null) throw new OnlookerError('FORBIDDEN', 'The token gives no role here.');
    const expiresAt = claims.exp * 1000;
    return {
      id: personId(this.#provider.issuer, claims.sub),
      kind: 'token',
      name: this.#reader.nameOf(claims),
      roles,
      streams,
      expiresAt,
      isValid: () => Date.now() < expiresAt,
    };
  }
}
