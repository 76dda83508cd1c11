// What a request shows to say who it is. Only the first that is there counts: a wrong one is never made good by another.
import { parse as parseCookies } from 'cookie';
import { BEARER_SUBPROTOCOL } from '../../protocol/access.js';
import type { RequestHead } from './request-head.js';

export type Credential =
  /** An API key or a JWT. */
  | { readonly kind: 'bearer'; readonly text: string }
  | { readonly kind: 'ticket'; readonly text: string }
  /** In the order sent: a neighbouring path or subdomain can plant one of the same name. */
  | { readonly kind: 'session'; readonly texts: readonly string[] }
  /** Something that cannot be read as a credential. */
  | { readonly kind: 'wrong' };

const SESSION_COOKIE = 'onlooker_session';
/** Longer ones are nobody's: keys have 56 letters, tokens with many claims some thousands. */
const LONGEST = 8192;

/** @returns null where nothing is shown */
export function credentialOf({ authorization, protocols, ticket, cookie, scheme, prefix }: RequestHead): Credential | null {
  if (authorization !== '') return ofAuthorization(authorization);
  const bearer = protocols
    .split(',')
    .map((name) => name.trim())
    .find((name) => name.startsWith(BEARER_SUBPROTOCOL));
  if (bearer !== undefined) return checked({ kind: 'bearer', text: bearer.slice(BEARER_SUBPROTOCOL.length) });
  if (ticket !== '') return checked({ kind: 'ticket', text: ticket });
  return ofCookies(cookie, sessionCookieName({ scheme, prefix }));
}

/** `__Host-` can be set by this very host alone, and not over plain HTTP; browsers take it for the path `/` only. */
export const sessionCookieName = ({ scheme, prefix }: Pick<RequestHead, 'scheme' | 'prefix'>): string =>
  scheme === 'https' && prefix === '' ? `__Host-${SESSION_COOKIE}` : SESSION_COOKIE;

function ofCookies(cookie: string, name: string): Credential | null {
  // One at a time: read as a whole, the first of a name hides the others.
  const shown = cookie === '' ? [] : cookie.split(';').flatMap((pair) => parseCookies(pair)[name] ?? []);
  if (shown.length === 0) return null;
  const texts = shown.filter((text) => isReadable(text));
  return { kind: 'session', texts };
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

const isReadable = (text: string): boolean => text !== '' && text.length <= LONGEST;

function checked(credential: Extract<Credential, { text: string }>): Credential {
  return isReadable(credential.text) ? credential : { kind: 'wrong' };
}
