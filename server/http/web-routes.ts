// Gives out the console at `/` and the browser client at `/client.js`, under the strictest policy that they can live with:
// nothing of this page comes from, or goes, anywhere else.
import { OnlookerError } from '../../protocol/errors.js';
import type { Exchange } from './exchange.js';
import type { Reply } from './reply.js';
import type { Route } from './router.js';
import type { WebBody, WebFile } from './web-files.js';

const INDEX = 'index.html';
/** Named by their content, so that what is in a cache can never be old. */
const ASSETS = 'assets/';

const policy = (frameAncestors: string): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' blob:",
    "media-src 'self' blob:",
    "worker-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    `frame-ancestors ${frameAncestors}`,
  ].join('; ');
const HEADERS = {
  'referrer-policy': 'no-referrer',
  'permissions-policy': 'camera=(self), microphone=(), geolocation=()',
};

/**
 * @param files as `readWebFiles` gives them; where there is no console, its addresses are unknown like any other
 * @param frameAncestors pages that may show it in a frame, as the function of that name gives them
 */
export function webRoutes(files: ReadonlyMap<string, WebFile>, frameAncestors: string): Route[] {
  const pageHeaders = { ...HEADERS, 'content-security-policy': policy(frameAncestors) };
  const ofPath = (path: string) => (exchange: Exchange) => fileReply(path, files.get(path), exchange, pageHeaders);
  const routes: Route[] = [];
  for (const path of files.keys()) {
    if (path === INDEX) routes.push({ method: 'GET', pattern: '/', right: 'public', linkable: true, handle: ofPath(INDEX) });
    else if (!path.includes('/')) routes.push({ method: 'GET', pattern: `/${path}`, right: 'public', handle: ofPath(path) });
  }
  if (routes.length === 0) return [];
  const asset = (exchange: Exchange) => ofPath(ASSETS + exchange.param(0))(exchange);
  return [...routes, { method: 'GET', pattern: `/${ASSETS}:name`, right: 'public', handle: asset }];
}

function fileReply(
  path: string,
  file: WebFile | undefined,
  exchange: Exchange,
  pageHeaders: Readonly<Record<string, string>>,
): Reply {
  if (!file) throw new OnlookerError('NOT_FOUND');
  const [encoding, { bytes, etag }] = representation(file, exchange.acceptEncoding);
  const headers = {
    ...pageHeaders,
    'content-type': file.contentType,
    'cache-control': path.startsWith(ASSETS) ? 'public, max-age=31536000, immutable' : 'no-cache',
    etag,
    vary: 'accept-encoding',
    ...(encoding === undefined ? {} : { 'content-encoding': encoding }),
  };
  return isKnown(etag, exchange.ifNoneMatch) ? { status: 304, headers } : { status: 200, headers, body: bytes };
}

function representation(file: WebFile, accepted: string): readonly [encoding: string | undefined, body: WebBody] {
  if (file.br && accepts(accepted, 'br')) return ['br', file.br];
  if (file.gzip && accepts(accepted, 'gzip')) return ['gzip', file.gzip];
  return [undefined, file.plain];
}

/** Whether `Accept-Encoding` names it, and not with a weight of 0, which forbids it. */
function accepts(header: string, encoding: string): boolean {
  return header
    .toLowerCase()
    .split(',')
    .map((part) => part.split(';').map((piece) => piece.trim()))
    .some(([name, weight]) => name === encoding && !/^q=0(\.0*)?$/.test(weight ?? ''));
}

function isKnown(etag: string, ifNoneMatch: string): boolean {
  return ifNoneMatch.split(',').some((known) => [etag, '*'].includes(known.trim().replace(/^W\//, '')));
}
