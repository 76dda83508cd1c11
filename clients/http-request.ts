// One HTTP request to the service, with what can go wrong as typed errors. For browsers and Node alike.
import type { ErrorCode, ErrorDetails } from '../protocol/errors.js';
import { ConnectionError, ProtocolError, ServerError } from './errors.js';
import { SOCKET_PATH } from './socket.js';

export interface HttpOptions {
  /** Longest wait for an answer. Default 30,000; exports and imports have no limit. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** Default: the platform's own. */
  readonly fetch?: typeof fetch;
}

export interface HttpRequest {
  readonly method?: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly query?: Readonly<Record<string, string | number | undefined>>;
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
export const addressOf = (address: string | URL, path: string): string => under(baseOf(address), path).href;

function baseOf(address: string | URL): URL {
  const base = new URL(address);
  if (!/^(https?|wss?):$/.test(base.protocol)) throw new TypeError(`not an http address: ${base.href}`);
  // A service may live under a path. That of its WebSocket says where too; any other such path is the proxy's own affair.
  const isSocket = base.protocol.startsWith('ws');
  if (base.pathname.endsWith(SOCKET_PATH)) base.pathname = base.pathname.slice(0, -SOCKET_PATH.length);
  else if (isSocket && !base.pathname.endsWith('/')) base.pathname = '/';
  base.protocol = base.protocol.replace('ws', 'http');
  return base;
}

/** A path of the service, which begins with `/`, below its address. */
function under(base: URL, path: string): URL {
  const folder = new URL(base);
  if (!folder.pathname.endsWith('/')) folder.pathname += '/';
  return new URL(`.${path}`, folder);
}

/** @throws TypeError when `address` is no http, https, ws or wss address */
export function requester(address: string | URL, options: HttpOptions): Requester {
  const base = baseOf(address);

  return async (path, request = {}) => {
    const url = under(base, path);
    for (const [name, value] of Object.entries(request.query ?? {})) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    const timeoutMs = request.timeoutMs ?? options.timeoutMs ?? 30_000;
    const signals = [...(options.signal ? [options.signal] : []), ...(timeoutMs > 0 ? [AbortSignal.timeout(timeoutMs)] : [])];
    let response: Response;
    try {
      response = await (options.fetch ?? fetch)(url, {
        method: request.method ?? 'GET',
        signal: AbortSignal.any(signals),
        ...(request.keepalive === undefined ? {} : { keepalive: request.keepalive }),
        ...(request.json === undefined
          ? {}
          : { body: JSON.stringify(request.json), headers: { 'content-type': 'application/json' } }),
        ...(request.bytes === undefined
          ? {}
          : { body: request.bytes as BodyInit, headers: { 'content-type': 'application/octet-stream' } }),
      });
    } catch (error) {
      if (options.signal?.aborted) throw error;
      throw unreachable(base, error, timeoutMs);
    }
    return response;
  };
}

/** The response when it is a success. @throws ServerError with the code of the catalogue, or ProtocolError */
export async function successful(response: Response): Promise<Response> {
  if (response.ok) return response;
  const body = await response.text();
  let told: { code?: ErrorCode; message?: string; details?: ErrorDetails } | undefined;
  try {
    told = (JSON.parse(body) as { error?: typeof told }).error;
  } catch {
    // Not of this service: told below.
  }
  if (typeof told?.code !== 'string')
    throw new ProtocolError(`${response.url} answered ${response.status} without an error code`);
  const seconds = Number(response.headers.get('retry-after') ?? NaN);
  throw new ServerError(told.code, told.message ?? told.code, {
    status: response.status,
    details: told.details,
    retryAfterMs: Number.isFinite(seconds) ? seconds * 1000 : undefined,
  });
}

/** The JSON of a successful response, taken at its word. @throws ServerError, ProtocolError */
export async function jsonOf<T>(pending: Promise<Response>): Promise<T> {
  const response = await successful(await pending);
  try {
    return (await response.json()) as T;
  } catch (error) {
    throw new ProtocolError(`${response.url} did not answer with JSON`, { cause: error });
  }
}

function unreachable(base: URL, error: unknown, timeoutMs: number): ConnectionError {
  if (error instanceof DOMException && error.name === 'TimeoutError') {
    return new ConnectionError(`the service at ${base.origin} has not answered for ${timeoutMs} ms`, { cause: error });
  }
  const cause = (error as { cause?: { code?: string; message?: string } }).cause;
  const why = cause?.code ?? cause?.message ?? (error as Error).message;
  return new ConnectionError(`no service at ${base.origin}: ${why}`, { cause: error });
}
