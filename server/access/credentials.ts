// What a request shows to say who it is. Only the first that is there counts: a wrong one is never made good by another.
import { parse as parseCookies } from 'cookie';
import { BEARER_SUBPROTOCOL } from '../../protocol/access.js';
import type { RequestHead } from './request-head.js';

export type Credential =
  /** An API key or a JWT. */
  | { readonly kind: 'bearer'; readonly text: string }
  | { readonly kind: 'ticket'; readonly text: string }
  | { readonly kind: 'session'; readonly text: string }
  /** Something that cannot be read as a credential. */
  | { readonly kind: 'wrong' };

export const SESSION_COOKIE = 'onlooker_session';
/** Longer ones are nobody's: keys have 56 letters, tokens with many claims some thousands. */
const LONGEST = 8192;

/** @returns null where nothing is shown */
export function credentialOf({ authorization, protocols, ticket, cookie }: RequestHead): Credential | null {
  if (authorization !== '') return ofAuthorization(authorization);
  const bearer = protocols
    .split(',')
    .map((name) => name.trim())
    .find((name) => name.startsWith(BEARER_SUBPROTOCOL));
  if (bearer !== undefined) return checked({ kind: 'bearer', text: bearer.slice(BEARER_SUBPROTOCOL.length) });
  if (ticket !== '') return checked({ kind: 'ticket', text: ticket });
  const session = cookie === '' ? undefined : parseCookies(cookie)[SESSION_COOKIE];
  return session === undefined ? null : checked({ kind: 'session', text: session });
}

/** RFC 6750, and RFC 7617 where the password is the key, for what can send nothing else. */
function ofAuthorization(header: string): Credential {
  const [, scheme = '', text = ''] = /^([A-Za-z]+) +([A-Za-z0-9._~+/=-]+) *$/.exec(header) ?? [];
  if (scheme.toLowerCase() === 'bearer') return checked({ kind: 'bearer', text });
  if (scheme.toLowerCase() !== 'basic') return { kind: 'wrong' };
  const plain = Buffer.from(text, 'base64').toString('utf8');
  const colon = plain.indexOf(':');
  return colon < 0 ? { kind: 'wrong' } : checked({ kind: 'bearer', text: plain.slice(colon + 1) });
}

function checked(credential: Exclude<Credential, { kind: 'wrong' }>): Credential {
  return credential.text === '' || credential.text.length > LONGEST ? { kind: 'wrong' } : credential;
}
