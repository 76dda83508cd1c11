// What is asked of an identity provider: within a time, answered with few bytes, and no redirect is followed, so that an answer
// comes from the address that was named or not at all.
import type { CustomFetchOptions } from 'openid-client';
import { afterRunning } from '../../../pipeline/threads/running-time.js';

const TIMEOUT_MS = 5000;
/** Key sets and what is told of a person have some kilobytes. */
const MOST_BYTES = 256 * 1024;

/** Parts of `fetch`'s options that are passed on. */
export interface FetchOptions {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: CustomFetchOptions['body'];
  readonly signal?: AbortSignal | undefined;
}
export type BoundedFetch = (url: string, options?: FetchOptions) => Promise<Response>;

/** @param closing aborts whatever is under way */
export function boundedFetch(closing: AbortSignal): BoundedFetch {
  return async (url, { method = 'GET', headers = {}, body = null, signal } = {}) => {
    const silence = new AbortController();
    const cancel = afterRunning(TIMEOUT_MS, () => silence.abort(new DOMException('no answer in time', 'TimeoutError')));
    const signals = [closing, silence.signal, ...(signal === undefined ? [] : [signal])];
    try {
      const response = await fetch(url, {
        method,
        headers,
        body,
        redirect: 'manual',
        signal: AbortSignal.any(signals),
      } as RequestInit);
      const bytes = await bytesOf(response);
      return new Response(bytes.byteLength === 0 ? null : bytes, { status: response.status, headers: response.headers });
    } finally {
      cancel();
    }
  };
}

/** @throws Error for anything but 200 and a JSON object */
export async function fetchJson(fetcher: BoundedFetch, url: string): Promise<unknown> {
  const response = await fetcher(url, { headers: { accept: 'application/json' } });
  if (response.status !== 200) throw new Error(`${url} is answered ${response.status}`);
  return response.json();
}

async function bytesOf({ body, url }: Response): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  if (body === null) return new Uint8Array();
  const reader = body.getReader();
  for (let { done, value } = await reader.read(); !done; { done, value } = await reader.read()) {
    bytes += value?.byteLength ?? 0;
    if (bytes > MOST_BYTES) {
      await reader.cancel();
      throw new Error(`${url} is answered with more than ${MOST_BYTES} bytes`);
    }
    if (value !== undefined) chunks.push(value);
  }
  return new Uint8Array(Buffer.concat(chunks));
}
