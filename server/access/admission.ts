// The one place that every HTTP request and every WebSocket upgrade passes, once, before its body is read and before anything
// is said about the service: is it meant for this service (`Host`), and whose page sends it (`Origin`, `Sec-Fetch-Site`)?
import { OnlookerError } from '../../protocol/errors.js';
import { HostNames } from './host-names.js';
import { Origins } from './origins.js';
import type { Refusals } from './refusals.js';
import type { Refusal } from './refusal.js';
import type { RequestHead } from './request-head.js';

export interface AdmissionOptions {
  readonly listensOn: string;
  readonly allowedHosts: readonly string[];
  readonly allowedOrigins: readonly string[];
  readonly refusals: Refusals;
}

export interface Admitted {
  /** What the answer says to a browser that asks for a page of another origin. */
  readonly headers: Readonly<Record<string, string>>;
  /** Set where the browser only asks for leave; these are the headers of the whole answer. */
  readonly preflight: Readonly<Record<string, string>> | null;
}

/** What pages of listed origins may read of an answer's head beside what is always open to them. */
const EXPOSED_HEADERS = 'onlooker-seq, onlooker-source, retry-after, content-disposition';
const PREFLIGHT_KEPT_S = '600';

export class Admission {
  readonly #hosts: HostNames;
  readonly #origins: Origins;
  readonly #refusals: Refusals;

  constructor({ listensOn, allowedHosts, allowedOrigins, refusals }: AdmissionOptions) {
    this.#hosts = new HostNames({ listensOn, allowed: allowedHosts });
    this.#origins = new Origins(allowedOrigins);
    this.#refusals = refusals;
  }

  /**
   * @param linkable whether links of other sites may lead here: true for pages alone, never for data
   * @param anyOrigin whether pages of every origin may ask: only for what says nothing about anybody, and in nobody's name
   * @throws OnlookerError FORBIDDEN, with what to configure where the request was meant to pass
   */
  admit(head: RequestHead, linkable = false, anyOrigin = false): Admitted {
    if (!this.#hosts.has(head.host)) {
      throw this.#refused(head, 'host', 'This service has no such name; ONLOOKER_ALLOWED_HOSTS lists further names that it has.');
    }
    const asker = this.#origins.askerOf(head, head.host);
    const isForeign = asker === 'foreign' || (asker === 'link' && !linkable);
    if (isForeign && anyOrigin) {
      return { headers: { 'access-control-allow-origin': '*', vary: 'origin' }, preflight: anyPreflight(head) };
    }
    if (isForeign) {
      throw this.#refused(
        head,
        'origin',
        'Pages of this origin may not use the service; ONLOOKER_ALLOWED_ORIGINS lists those that may.',
      );
    }
    if (asker !== 'listed') return { headers: this.#origins.matter ? { vary: 'origin' } : {}, preflight: null };
    const headers = {
      'access-control-allow-origin': head.origin,
      'access-control-expose-headers': EXPOSED_HEADERS,
      vary: 'origin',
    };
    return { headers, preflight: preflightHeaders(head) };
  }

  /**
   * Cookies are for our own pages alone. To a browser another port of our host, or a name beside it, is the same site, so `SameSite`
   * lets pages there bring them; a listed origin may ask, but in nobody's name that it has no key of.
   */
  withoutBorrowedCookies(head: RequestHead): RequestHead {
    if (head.cookie === '' || head.origin === '') return head;
    return this.#origins.askerOf(head, head.host) === 'own' ? head : { ...head, cookie: '' };
  }

  #refused({ clientAddress }: RequestHead, refusal: Refusal, message: string): OnlookerError {
    this.#refusals.count(refusal, clientAddress);
    return new OnlookerError('FORBIDDEN', message);
  }
}

/** Not from the internet into a private network: whose users want that list the origin. */
function anyPreflight({ method, preflightMethod }: RequestHead): Admitted['preflight'] {
  if (method !== 'OPTIONS' || preflightMethod === '') return null;
  return {
    'access-control-allow-origin': '*',
    'access-control-allow-methods': 'GET, HEAD, POST',
    // The wildcard does not stand for a credential.
    'access-control-allow-headers': '*, authorization',
    'access-control-max-age': PREFLIGHT_KEPT_S,
    vary: 'origin',
  };
}

function preflightHeaders({ method, origin, preflightMethod, preflightPrivateNetwork }: RequestHead): Admitted['preflight'] {
  if (method !== 'OPTIONS' || preflightMethod === '') return null;
  return {
    'access-control-allow-origin': origin,
    'access-control-allow-methods': 'GET, HEAD, POST, PATCH, DELETE',
    'access-control-allow-headers': 'authorization, content-type',
    'access-control-max-age': PREFLIGHT_KEPT_S,
    ...(preflightPrivateNetwork ? { 'access-control-allow-private-network': 'true' } : {}),
    vary: 'origin',
  };
}
