// The answer to a camera that asks for a password, over http as over RTSP: Basic (RFC 7617) and Digest (RFC 7616). What it
// makes is sent to the camera that asked and to nobody else.
import { createHash, randomBytes } from 'node:crypto';
import type { Credentials } from './source-address.js';

interface Challenge {
  readonly scheme: 'basic' | 'digest';
  readonly parameters: ReadonlyMap<string, string>;
}

const HASHES: Readonly<Record<string, string>> = { MD5: 'md5', 'SHA-256': 'sha256' };
/** A scheme begins where no `=` follows its name. */
const SCHEME = /(?:^|,)\s*(Basic|Digest)\s+(?=[^=\s,]+\s*=)/gi;
const PARAMETER = /([a-z0-9_-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*))/gi;

/** Answers a server's requests for a password for as long as its challenge holds. */
export class Authorization {
  readonly #credentials: Credentials;
  #challenge: Challenge | null = null;
  #count = 0;
  /** An answer of this one was taken, so that the password is right. */
  #isProven = false;
  #hasRetried = false;

  constructor(credentials: Credentials) {
    this.#credentials = credentials;
  }

  /** @returns null where there is nothing to answer with */
  static with(credentials: Credentials | null): Authorization | null {
    return credentials === null ? null : new Authorization(credentials);
  }

  /**
   * Takes what a 401 said.
   * @returns whether another attempt makes sense: the first one, or a single one more where the nonce has run out. Many cameras
   *   give each nonce once without saying so, and some call every nonce stale, also with a wrong password
   */
  accept(headers: readonly string[]): boolean {
    const before = this.#challenge;
    const next = strongest(headers.flatMap(parseChallenges));
    this.#challenge = next;
    this.#count = 0;
    if (next === null || before === null) return next !== null;
    const hasRunOut =
      next.parameters.get('stale')?.toLowerCase() === 'true' ||
      (this.#isProven && next.parameters.get('nonce') !== before.parameters.get('nonce'));
    const isWorthIt = hasRunOut && !this.#hasRetried;
    this.#hasRetried ||= isWorthIt;
    return isWorthIt;
  }

  /** What was asked with it was answered. */
  taken(): void {
    this.#isProven ||= this.#challenge !== null;
    this.#hasRetried = false;
  }

  /** The value of `Authorization` for a request, or null before the server asked. */
  header(method: string, uri: string): string | null {
    const { user, password } = this.#credentials;
    if (this.#challenge === null) return null;
    const { scheme, parameters } = this.#challenge;
    if (scheme === 'basic') return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
    const algorithm = parameters.get('algorithm') ?? 'MD5';
    const hash = (text: string): string =>
      createHash(hashOf(algorithm) ?? 'md5')
        .update(text)
        .digest('hex');
    const [realm, nonce] = [parameters.get('realm') ?? '', parameters.get('nonce') ?? ''];
    const own = randomBytes(8).toString('hex');
    const count = (++this.#count).toString(16).padStart(8, '0');
    const qop = qopOf(parameters);
    const login = hash(`${user}:${realm}:${password}`);
    const secret = isSession(algorithm) ? hash(`${login}:${nonce}:${own}`) : login;
    // With `auth-int` the body counts too, and what is asked of cameras has none.
    const asked = hash(qop === 'auth-int' ? `${method}:${uri}:${hash('')}` : `${method}:${uri}`);
    const response = hash([secret, nonce, ...(qop === null ? [] : [count, own, qop]), asked].join(':'));
    const fields = Object.entries({ username: user, realm, nonce, uri, response }).map(
      ([name, value]) => `${name}=${quoted(value)}`,
    );
    if (parameters.has('opaque')) fields.push(`opaque=${quoted(parameters.get('opaque') ?? '')}`);
    // Old cameras do not know the parameter, and never sent it.
    if (parameters.has('algorithm')) fields.push(`algorithm=${hashOf(algorithm) === undefined ? 'MD5' : algorithm}`);
    if (qop !== null) fields.push(`qop=${qop}`, `nc=${count}`);
    if (qop !== null || isSession(algorithm)) fields.push(`cnonce="${own}"`);
    // Headers are written byte for letter: so the camera gets the name as it was hashed, in UTF-8.
    return Buffer.from(`Digest ${fields.join(', ')}`).toString('latin1');
  }
}

function parseChallenges(header: string): Challenge[] {
  const starts = [...header.matchAll(SCHEME)];
  return starts.map((start, index) => {
    const text = header.slice(start.index + start[0].length, starts[index + 1]?.index);
    const parameters = [...text.matchAll(PARAMETER)].map(([, name = '', inQuotes, plain]): [string, string] => [
      name.toLowerCase(),
      inQuotes?.replace(/\\(.)/g, '$1') ?? plain ?? '',
    ]);
    return { scheme: start[1]?.toLowerCase() === 'basic' ? 'basic' : 'digest', parameters: new Map(parameters) };
  });
}

/** Digest before Basic, and of several the first whose hash is known. */
function strongest(challenges: readonly Challenge[]): Challenge | null {
  const isKnown = ({ scheme, parameters }: Challenge): boolean =>
    scheme === 'digest' &&
    hashOf(parameters.get('algorithm') ?? 'MD5') !== undefined &&
    ((parameters.get('qop') ?? '') === '' || qopOf(parameters) !== null);
  return challenges.find(isKnown) ?? challenges.find(({ scheme }) => scheme === 'basic') ?? null;
}

/** What the answer vouches for: the request alone where that is enough; null for cameras from before there was a choice. */
function qopOf(parameters: ReadonlyMap<string, string>): 'auth' | 'auth-int' | null {
  const offered = (parameters.get('qop') ?? '').split(',').map((word) => word.trim().toLowerCase());
  if (offered.includes('auth')) return 'auth';
  return offered.includes('auth-int') ? 'auth-int' : null;
}

/** `MD5-sess` and the like: the password is hashed together with the nonces. */
const isSession = (algorithm: string): boolean => /-sess$/i.test(algorithm);

const hashOf = (algorithm: string): string | undefined => HASHES[algorithm.toUpperCase().replace(/-SESS$/, '')];

const quoted = (text: string): string => `"${text.replace(/["\\]/g, '\\$&')}"`;
