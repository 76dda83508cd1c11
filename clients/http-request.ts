// One HTTP request to the service, with what can go wrong as typed errors. For browsers and Node alike.
import { serviceAddress } from './address.js';
import { unheldClock, watchSilence } from './clock.js';
import { Credentials, type CredentialOptions } from './credentials.js';
import { ConnectionError, ProtocolError } from './errors.js';
import { refusalOf } from './refusal.js';
import { unreachable } from './unreachable.js';

export interface HttpOptions extends CredentialOptions {
  /** Longest wait for an answer. Default 30,000; exports and imports have no limit. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** Default: the platform's own. */
  readonly fetch?: typeof fetch;
}

export interface HttpRequest {
  readonly method?: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** A list is the same name several times. */
  readonly query?: Readonly<Record<string, string | number | readonly string[] | undefined>>;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as it is. */
  readonly bytes?: Uint8Array | Blob;
  /** 0: no limit. */
  readonly timeoutMs?: number;
  /** Browsers: it outlives the page that sent it. */
  readonly keepalive?: boolean;
}

export type Requester = (path: string, request?: HttpRequest) => Promise<Response>;

/** @throws TypeError as `requester` */
export const addressOf = (address: string | URL, path: string): string => urlOf(serviceAddress(address).http, path).href;

/** The service may stand behind a prefix, which an absolute path would leave. */
const urlOf = (base: string, path: string): URL => new URL(path.replace(/^\//, ''), base);

/** @throws TypeError when `address` is no http, https, ws or wss address, and for a key or header that cannot be sent */
export function requester(address: string | URL, options: HttpOptions): Requester {
  const service = serviceAddress(address);
  const credentials = new Credentials(options, service);

  return async (path, request = {}) => {
    const url = urlOf(service.http, path);
    for (const [name, value] of Object.entries(request.query ?? {})) {
      if (typeof value === 'object') for (const one of value) url.searchParams.append(name, one);
      else if (value !== undefined) url.searchParams.set(name, String(value));
    }
    const shown = await credentials.headers();
    const timeoutMs = request.timeoutMs ?? options.timeoutMs ?? 30_000;
    const signals = [...(options.signal ? [options.signal] : []), ...(timeoutMs > 0 ? [silenceSignal(timeoutMs)] : [])];
    try {
      return await (options.fetch ?? fetch)(url, {
        method: request.method ?? 'GET',
        signal: AbortSignal.any(signals),
        // What is shown to this service is for no other one.
        ...(Object.keys(shown).length === 0 ? {} : { redirect: 'error' }),
        ...(request.keepalive === undefined ? {} : { keepalive: request.keepalive }),
        ...bodyOf(request, shown),
      });
    } catch (error) {
      if (options.signal?.aborted) throw error;
      if (isTimeout(error)) {
        throw new ConnectionError(`the service at ${service.shown} has not answered for ${timeoutMs} ms`, { cause: error });
      }
      throw await unreachable(service.shown, error);
    }
  };
}

function bodyOf({ json, bytes }: HttpRequest, headers: Readonly<Record<string, string>>): RequestInit {
  if (json !== undefined) return { body: JSON.stringify(json), headers: { ...headers, 'content-type': 'application/json' } };
  if (bytes === undefined) return { headers };
  return { body: bytes as BodyInit, headers: { ...headers, 'content-type': 'application/octet-stream' } };
}

/** The response when it is a success. @throws ServerError with the code of the catalogue, ConnectionError or ProtocolError */
export async function successful(response: Response): Promise<Response> {
  if (response.ok) return response;
  const body = await read(response, () => response.text());
  const refusal = refusalOf({ status: response.status, retryAfter: response.headers.get('retry-after'), body });
  throw refusal ?? new ProtocolError(`${shownOf(response)} answered ${response.status} without an error code`);
}

/** The JSON of a successful response, taken at its word. @throws ServerError, ConnectionError, ProtocolError */
export async function jsonOf<T>(pending: Promise<Response>): Promise<T> {
  const response = await successful(await pending);
  const text = await read(response, () => response.text());
  try {
    return JSON.parse(text) as T;
  } catch (error) {
    throw new ProtocolError(`${shownOf(response)} did not answer with JSON`, { cause: error });
  }
}

/** The bytes of a successful response. @throws ServerError, ConnectionError, ProtocolError */
export async function bytesOf(pending: Promise<Response>): Promise<Uint8Array<ArrayBuffer>> {
  const response = await successful(await pending);
  return new Uint8Array(await read(response, () => response.arrayBuffer()));
}

/** A body comes after its headers: what breaks meanwhile is the connection, not the protocol. */
async function read<T>(response: Response, body: () => Promise<T>): Promise<T> {
  try {
    return await body();
  } catch (error) {
    if (isTimeout(error)) throw new ConnectionError(`${shownOf(response)} fell silent while it answered`, { cause: error });
    // The platforms' word for a connection that broke. Anything else is the reason of the caller's own signal.
    if (error instanceof TypeError) throw new ConnectionError(`the answer of ${shownOf(response)} broke off`, { cause: error });
    throw error;
  }
}

/** As `AbortSignal.timeout`, but what was answered while this side stood still is read first. */
function silenceSignal(timeoutMs: number): AbortSignal {
  const silence = new AbortController();
  const giveUp = (): void => silence.abort(new DOMException('no answer in time', 'TimeoutError'));
  watchSilence(timeoutMs, () => false, giveUp, unheldClock);
  return silence.signal;
}

const isTimeout = (error: unknown): boolean => error instanceof DOMException && error.name === 'TimeoutError';

/** Without the query, which may hold what is nobody's business. */
const shownOf = ({ url }: Response): string => url.replace(/\?.*$/s, '');
