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

  constructor(credentials: Credentials) {
    this.#credentials = credentials;
  }

  /** @returns null where there is nothing to answer with */
  static with(credentials: Credentials | null): Authorization | null {
    return credentials === null ? null : new Authorization(credentials);
  }

  /**
   * Takes what a 401 said.
   * @returns whether another attempt makes sense: the first one, or one with a fresh nonce
   */
  accept(headers: readonly string[]): boolean {
    const next = strongest(headers.flatMap(parseChallenges));
    const isNew = this.#challenge === null || next?.parameters.get('stale')?.toLowerCase() === 'true';
    this.#challenge = next;
    this.#count = 0;
    return next !== null && isNew;
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
    const hasQop = offersAuth(parameters);
    const secret = hash(`${user}:${realm}:${password}`);
    const response = hash([secret, nonce, ...(hasQop ? [count, own, 'auth'] : []), hash(`${method}:${uri}`)].join(':'));
    const fields = Object.entries({ username: user, realm, nonce, uri, response }).map(
      ([name, value]) => `${name}=${quoted(value)}`,
    );
    if (parameters.has('opaque')) fields.push(`opaque=${quoted(parameters.get('opaque') ?? '')}`);
    // Old cameras do not know the parameter, and never sent it.
    if (parameters.has('algorithm')) fields.push(`algorithm=${hashOf(algorithm) === undefined ? 'MD5' : algorithm}`);
    if (hasQop) fields.push('qop=auth', `nc=${count}`, `cnonce="${own}"`);
    return `Digest ${fields.join(', ')}`;
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
    (!parameters.has('qop') || offersAuth(parameters));
  return challenges.find(isKnown) ?? challenges.find(({ scheme }) => scheme === 'basic') ?? null;
}

const offersAuth = (parameters: ReadonlyMap<string, string>): boolean =>
  (parameters.get('qop') ?? '').split(',').some((word) => word.trim().toLowerCase() === 'auth');

const hashOf = (algorithm: string): string | undefined => HASHES[algorithm.toUpperCase()];

const quoted = (text: string): string => `"${text.replace(/["\\]/g, '\\$&')}"`;
