// What a route answers, and how it is written to the socket. The only place that knows how errors look over HTTP.
import type { HttpResponse } from 'uWebSockets.js';
import { STATUS_CODES } from 'node:http';
import { ERROR_CATALOGUE, OnlookerError } from '../../protocol/errors.js';
import { toJson } from '../to-json.js';

export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | AsyncIterable<Uint8Array>;
}
export const NO_CONTENT: Reply = { status: 204 };

/** Where nothing better is known. */
const RETRY_AFTER_MS = 1000;
/**
 * Of every answer that does not say otherwise: what it holds may be about people, so it stays in no cache, is taken for nothing
 * else than its type, and is given to no page of another origin.
 */
const PRIVATE_HEADERS = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'cross-origin-resource-policy': 'same-origin',
};

export function jsonReply(status: number, value: unknown): Reply {
  return { status, headers: { 'content-type': 'application/json' }, body: toJson(value) };
}

export function jpegReply(jpeg: Uint8Array): Reply {
  return { status: 200, headers: { 'content-type': 'image/jpeg' }, body: jpeg };
}

/** @param status where another than the catalogue's is right */
export function errorReply(error: OnlookerError, status: number = ERROR_CATALOGUE[error.code].status): Reply {
  const { code, message, details } = error;
  const reply = jsonReply(status, { error: { code, message, ...(details === undefined ? {} : { details }) } });
  if (status === 401) return { ...reply, headers: { ...reply.headers, 'www-authenticate': 'Bearer realm="onlooker"' } };
  return status === 429 || status === 503 ? withRetryAfter(reply, error.retryAfterMs) : reply;
}

/** @param ms undefined where it is not known, `Infinity` where coming again is of no use */
export function withRetryAfter(reply: Reply, ms: number = RETRY_AFTER_MS): Reply {
  if (ms === Infinity) return reply;
  // 0 s would be at once, which was just refused.
  return { ...reply, headers: { ...reply.headers, 'retry-after': String(Math.max(1, Math.ceil(ms / 1000))) } };
}

/**
 * Who sends what can be read in two ways is told so, and nothing more is answered on that connection. Not in the turn of the request:
 * what is taken for the next one would still be answered in that; while a response is open uWebSockets.js cuts the connection instead.
 */
export function refuseAmbiguous(res: HttpResponse): number {
  const { status, headers = {}, body } = errorReply(new OnlookerError('BAD_MESSAGE', 'It is in doubt where the body ends.'));
  let isGone = false;
  res.onAborted(() => (isGone = true));
  setImmediate(() => {
    if (!isGone) writeReply(res, { status, headers, ...(typeof body === 'string' ? { body } : {}) }, true);
  });
  return status;
}

/** Writes a whole reply at once; the response must still be open. @param isLast closes the connection after it */
export function writeReply(res: HttpResponse, reply: Reply & { readonly body?: string | Uint8Array }, isLast = false): void {
  res.cork(() => {
    writeHead(res, reply);
    res.end(reply.body ?? '', isLast);
  });
}

/** @param bytes how many the body would have, where that is known without making it */
export function writeHeadAlone(res: HttpResponse, reply: Reply, bytes: number | undefined): void {
  res.cork(() => {
    writeHead(res, reply);
    // Written here: when uWebSockets.js is told of the length it waits for the bytes, and the next answer of the connection never comes.
    if (bytes !== undefined) res.writeHeader('content-length', String(bytes));
    res.endWithoutBody();
  });
}

export function writeHead(res: HttpResponse, { status, headers }: Reply): void {
  res.writeStatus(`${status} ${STATUS_CODES[status] ?? ''}`);
  for (const [name, value] of Object.entries({ ...PRIVATE_HEADERS, ...headers })) res.writeHeader(name, value);
}

/** @returns both, of which `vary` alone may be in both */
export function mergedHeaders(ofReply: Reply['headers'] = {}, ofExchange: Reply['headers'] = {}): Record<string, string> {
  const vary = [ofReply['vary'], ofExchange['vary']].filter((value) => value !== undefined).join(', ');
  return { ...ofReply, ...ofExchange, ...(vary === '' ? {} : { vary }) };
}
