// Whose pages may drive the service: its own, and those of the origins that are listed. Any page that the user opens can send
// requests to a service on the same machine; `Origin` and `Sec-Fetch-Site` tell whose page it was.
import type { RequestHead } from './request-head.js';

/** How a request stands to the service's own pages. */
export type Asker =
  /** The service's own page, the user by hand, or a program that is no browser. */
  | 'own'
  /** A page of a listed origin. */
  | 'listed'
  /** A browser that follows a link to here from somebody else's page: that page sees nothing of the answer. */
  | 'link'
  | 'foreign';

const SAFE_METHODS = new Set(['GET', 'HEAD']);

export class Origins {
  readonly #allowed: ReadonlySet<string>;

  /** @param allowed origins as browsers send them, `null` for saved pages */
  constructor(allowed: readonly string[]) {
    this.#allowed = new Set(allowed.map((origin) => origin.toLowerCase()));
  }

  /** Whether answers depend on `Origin`, for caches. */
  get matter(): boolean {
    return this.#allowed.size > 0;
  }

  /** @param host the name under which the service was asked, as in `Host` */
  askerOf({ method, origin, fetchSite, fetchMode }: RequestHead, host: string): Asker {
    if (origin !== '') {
      if (isOwn(origin, host)) return 'own';
      return this.#allowed.has(origin.toLowerCase()) ? 'listed' : 'foreign';
    }
    if (fetchSite === '' || fetchSite === 'same-origin' || fetchSite === 'none') return 'own';
    return fetchMode === 'navigate' && SAFE_METHODS.has(method) ? 'link' : 'foreign';
  }
}

/** Same host and port. Not the scheme: a proxy that ends TLS may not tell us of it, and then the page says https where we see http. */
function isOwn(origin: string, host: string): boolean {
  const own = /^https?:\/\/([^/?#@\s]+)$/i.exec(origin)?.[1];
  return own?.toLowerCase() === host.trim().toLowerCase();
}
