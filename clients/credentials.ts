// What a client shows a service to be let in, as headers. A key given as a function is asked anew at each request and each
// connection, so that it may change. Must never put a key or a header's value into a message.
import type { ServiceAddress } from './address.js';
import { ConnectionError } from './errors.js';

export interface CredentialOptions {
  /** API key or token (JWT); or a function that gives the one to use now, asked at each request and each connection. */
  readonly key?: string | (() => string | Promise<string>);
  /** Further headers, e.g. for a proxy. Browsers send them over HTTP alone, never with a WebSocket. */
  readonly headers?: Readonly<Record<string, string>>;
}

export class Credentials {
  readonly #options: CredentialOptions;
  readonly #address: ServiceAddress;

  /** @throws TypeError for a key or a header that no request can carry */
  constructor(options: CredentialOptions, address: ServiceAddress) {
    this.#options = options;
    this.#address = address;
    if (typeof options.key === 'string') checkKey(options.key);
    for (const [name, value] of Object.entries(options.headers ?? {})) checkHeader(name, value);
  }

  /** Whether there may be another key at another time. */
  get mayChange(): boolean {
    return typeof this.#options.key === 'function';
  }

  /** Of one request or connection. @throws ConnectionError when the function gives no key */
  async headers(): Promise<Readonly<Record<string, string>>> {
    const key = await this.#key();
    const given = Object.entries(this.#options.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value] as const);
    const authorization = key === undefined ? this.#address.authorization : `Bearer ${key}`;
    const headers = Object.fromEntries(given);
    if (authorization !== undefined && (key !== undefined || headers.authorization === undefined)) {
      return { ...headers, authorization };
    }
    return headers;
  }

  async #key(): Promise<string | undefined> {
    const { key } = this.#options;
    if (typeof key !== 'function') return key;
    try {
      const given = await key();
      checkKey(given);
      return given;
    } catch (error) {
      throw new ConnectionError(`no key could be had for the service at ${this.#address.shown}`, { cause: error });
    }
  }
}

/** The platform's own errors for these would tell the value. */
function checkKey(key: unknown): void {
  if (typeof key === 'string' && /^[\x21-\x7e]+$/.test(key)) return;
  throw new TypeError('a key is a text without spaces or line breaks');
}

function checkHeader(name: string, value: unknown): void {
  if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name)) throw new TypeError('a header has a name that cannot be');
  if (typeof value === 'string' && /^[\t\x20-\x7e\x80-\xff]*$/.test(value)) return;
  throw new TypeError(`the header ${name} has a value that cannot be`);
}
