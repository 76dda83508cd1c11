// Is a token of our issuer, for us, and in its time? Signatures of public keys alone: a shared secret, or none, proves nothing here.
import { errors, jwtVerify, type JWTPayload } from 'jose';
import { OnlookerError } from '../../../protocol/errors.js';
import type { IdentityProvider } from './identity-provider.js';

const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'];
/** Clocks differ: a token may seem to be from the future by so much. It never lasts longer than it says. */
const CLOCK_TOLERANCE_S = 10;
/** Tokens of other kinds, signed with the same keys, say so. Many issuers write no more than `JWT`, or nothing. */
const TYPES: ReadonlySet<string> = new Set(['jwt', 'at+jwt']);

export interface VerifiedClaims extends JWTPayload {
  readonly sub: string;
  readonly exp: number;
}

/**
 * @param audience any of these
 * @throws OnlookerError UNAUTHORIZED with the reason, OVERLOADED while keys cannot be had
 */
export async function verifiedClaims(
  provider: IdentityProvider,
  token: string,
  audience: readonly string[],
): Promise<VerifiedClaims> {
  const { payload, protectedHeader } = await jwtVerify(token, (header, input) => provider.keyFor(header, input), {
    issuer: provider.issuer,
    audience: [...audience],
    algorithms: ALGORITHMS,
    clockTolerance: CLOCK_TOLERANCE_S,
    requiredClaims: ['exp', 'sub'],
  }).catch((error: unknown) => {
    throw error instanceof errors.JOSEError ? refused(reasonOf(error), error) : error;
  });
  const { sub, exp, iat, cnf } = payload;
  const { typ = 'JWT' } = protectedHeader;
  if (!TYPES.has(typ.toLowerCase().replace(/^application\//, ''))) throw refused('it is of another kind');
  if (typeof sub !== 'string' || sub === '' || exp === undefined) throw refused('it names nobody');
  if (exp * 1000 <= Date.now()) throw refused('it has run out');
  if (iat !== undefined && iat > Date.now() / 1000 + CLOCK_TOLERANCE_S) throw refused('it is not valid yet');
  // Bound to a key of its holder (RFC 9449, RFC 8705), who would have to prove to have it; we cannot ask for that.
  if (cnf !== undefined) throw refused('it is bound to a key of its holder');
  return { ...payload, sub, exp };
}

function refused(reason: string, cause?: unknown): OnlookerError {
  return new OnlookerError('UNAUTHORIZED', `The token is not accepted: ${reason}.`, undefined, { cause });
}

function reasonOf(error: errors.JOSEError): string {
  if (error instanceof errors.JWTExpired) return 'it has run out';
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.claim === 'iss') return 'it is of another issuer';
    if (error.claim === 'aud') return 'it is for another audience';
    if (error.claim === 'nbf' && error.reason === 'check_failed') return 'it is not valid yet';
    return `its claim ${error.claim} is missing or wrong`;
  }
  if (error instanceof errors.JOSEAlgNotAllowed) return 'its algorithm is not one of public keys';
  if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys) return 'its key is unknown';
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'its signature is wrong';
  return 'it cannot be read';
}
