// A refusal of the service, on whatever way it came: as an answer over HTTP, to an upgrade, or as the end of a WebSocket.
import { CLOSE_FORBIDDEN, CLOSE_UNAUTHORIZED } from '../protocol/access.js';
import type { ErrorCode, ErrorDetails } from '../protocol/errors.js';
import { ServerError } from './errors.js';

export interface Refusal {
  readonly status: number;
  /** The header: seconds, or a date. */
  readonly retryAfter: string | null | undefined;
  readonly body: string;
}

/** Proxies refuse too, without a code of the catalogue. */
const BY_STATUS: Readonly<Record<number, readonly [ErrorCode, string]>> = {
  401: ['UNAUTHORIZED', 'A key is missing or wrong (the answer has status 401).'],
  403: ['FORBIDDEN', 'This is not allowed to that key (the answer has status 403).'],
};
const BY_CLOSE_CODE: Readonly<Record<number, readonly [ErrorCode, string]>> = {
  [CLOSE_UNAUTHORIZED]: ['UNAUTHORIZED', 'The service ended the connection: the key is not valid any more.'],
  [CLOSE_FORBIDDEN]: ['FORBIDDEN', 'The service ended the connection: the key does not have this right any more.'],
};

/** What the service said; undefined where it was none of this kind. */
export function refusalOf({ status, retryAfter, body }: Refusal): ServerError | undefined {
  let told: { readonly code?: unknown; readonly message?: unknown; readonly details?: ErrorDetails } | undefined;
  try {
    told = (JSON.parse(body) as { error?: typeof told } | null)?.error;
  } catch {
    // Not of this service.
  }
  const [code, message] = typeof told?.code === 'string' ? [told.code as ErrorCode, told.message] : (BY_STATUS[status] ?? []);
  if (code === undefined) return undefined;
  return new ServerError(code, typeof message === 'string' ? message : code, {
    status,
    details: told?.details,
    retryAfterMs: waitOf(retryAfter ?? ''),
  });
}

/** RFC 9110, section 10.2.3: seconds, or, as proxies like to have it, a date. */
function waitOf(header: string): number | undefined {
  if (/^\s*\d+\s*$/.test(header)) return Number(header) * 1000;
  // Dates alone: `Date.parse` makes a year of many a number.
  const atMs = /^\s*[A-Z][a-z]+,? /.test(header) ? Date.parse(header) : NaN;
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - Date.now());
}

/** Why a WebSocket was closed for good; undefined for codes that say nothing about rights. */
export function refusalByCloseCode(closeCode: number): ServerError | undefined {
  const [code, message] = BY_CLOSE_CODE[closeCode] ?? [];
  return code === undefined ? undefined : new ServerError(code, message ?? code);
}

/** To ask again with the same key is of no use. */
export function isAboutRights(error: unknown): error is ServerError & { readonly code: 'UNAUTHORIZED' | 'FORBIDDEN' } {
  return error instanceof ServerError && (error.code === 'UNAUTHORIZED' || error.code === 'FORBIDDEN');
}
