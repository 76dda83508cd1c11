// What is known of a request before anything is read or answered: its head, copied once, since uWebSockets.js keeps it only
// while its handler runs. Holds credentials: it must never be logged as a whole.
import type { HttpRequest, HttpResponse } from 'uWebSockets.js';
import type { Forwarded, ForwardedReader } from './forwarded.js';

export interface RequestHead extends Forwarded {
  /** In capitals, as it came. */
  readonly method: string;
  /** Without the query, which may hold a ticket. */
  readonly path: string;
  /** Empty where a header did not come; so with all of them. */
  readonly origin: string;
  /** `Sec-Fetch-Site` and `Sec-Fetch-Mode`: browsers say by whom and for what they ask, and no page can change that. */
  readonly fetchSite: string;
  readonly fetchMode: string;
  /** The method that a browser asks leave for, on behalf of a page of another origin. */
  readonly preflightMethod: string;
  /** Whether that browser also asks leave to reach into a private network. */
  readonly preflightPrivateNetwork: boolean;
  readonly authorization: string;
  readonly cookie: string;
  /** The subprotocols that a WebSocket offers: one may carry a key. */
  readonly protocols: string;
  /** Whether it is in doubt where its body ends. */
  readonly isAmbiguous: boolean;
  /** Of the query. */
  readonly ticket: string;
}

const text = new TextDecoder();
/** Of a body. The handlers run before uWebSockets.js has looked at it. */
const LENGTH = /^\d{1,15}$/;

/** To be called in the request's handler, before anything is awaited. */
export function readHead(res: HttpResponse, req: HttpRequest, forwarded: ForwardedReader): RequestHead {
  return {
    ...forwarded(text.decode(res.getRemoteAddressAsText()), req),
    path: req.getUrl(),
    method: req.getCaseSensitiveMethod(),
    origin: req.getHeader('origin'),
    fetchSite: req.getHeader('sec-fetch-site'),
    fetchMode: req.getHeader('sec-fetch-mode'),
    preflightMethod: req.getHeader('access-control-request-method'),
    preflightPrivateNetwork: req.getHeader('access-control-request-private-network') === 'true',
    authorization: req.getHeader('authorization'),
    cookie: req.getHeader('cookie'),
    protocols: req.getHeader('sec-websocket-protocol'),
    isAmbiguous: isAmbiguous(req),
    ticket: req.getQuery('ticket') ?? '',
  };
}

/**
 * What a proxy before us may read otherwise than uWebSockets.js, which takes the first `Content-Length`, an empty one for none, and any
 * `Transfer-Encoding` for `chunked`: what one takes for a body the other takes for the next request (RFC 9112, section 6.3).
 */
function isAmbiguous(req: HttpRequest): boolean {
  const lengths = new Set<string>();
  const encodings: string[] = [];
  req.forEach((name, value) => {
    if (name === 'content-length') lengths.add(value);
    else if (name === 'transfer-encoding') encodings.push(value.toLowerCase());
  });
  if (encodings.length === 0) return lengths.size > 1 || [...lengths].some((length) => !LENGTH.test(length));
  return lengths.size > 0 || encodings.length > 1 || encodings[0] !== 'chunked';
}
