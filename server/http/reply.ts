// What a route answers, and how it is written to the socket. The only place that knows how errors look over HTTP.
import type { HttpResponse } from 'uWebSockets.js';
import { STATUS_CODES } from 'node:http';
import { ERROR_CATALOGUE, type OnlookerError } from '../../protocol/errors.js';
import { toJson } from '../to-json.js';

export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | AsyncIterable<Uint8Array>;
}
export const NO_CONTENT: Reply = { status: 204 };

const RETRY_AFTER_S = 1;

export function jsonReply(status: number, value: unknown): Reply {
  return { status, headers: { 'content-type': 'application/json' }, body: toJson(value) };
}

/** A picture that shows people: it must be in no cache. */
export function jpegReply(jpeg: Uint8Array): Reply {
  const headers = { 'content-type': 'image/jpeg', 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };
  return { status: 200, headers, body: jpeg };
}

/** @param status where another than the catalogue's is right */
export function errorReply(error: OnlookerError, status: number = ERROR_CATALOGUE[error.code].status): Reply {
  const { code, message, details } = error;
  const reply = jsonReply(status, { error: { code, message, ...(details === undefined ? {} : { details }) } });
  if (status !== 429 && status !== 503) return reply;
  return { ...reply, headers: { ...reply.headers, 'retry-after': String(RETRY_AFTER_S) } };
}

/** Writes a whole reply at once; the response must still be open. */
export function writeReply(res: HttpResponse, reply: Reply & { readonly body?: string | Uint8Array }, withoutBody = false): void {
  const body = reply.body ?? '';
  res.cork(() => {
    writeHead(res, reply);
    if (withoutBody) res.endWithoutBody(Buffer.byteLength(body));
    else res.end(body);
  });
}

export function writeHead(res: HttpResponse, { status, headers }: Reply): void {
  res.writeStatus(`${status} ${STATUS_CODES[status] ?? ''}`);
  for (const [name, value] of Object.entries(headers ?? {})) res.writeHeader(name, value);
}
