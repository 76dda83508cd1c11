// One app under several paths: where a proxy hands the path on under which it serves us, the service answers there too. It stays
// at the root besides, for whoever asks it directly: health checks, scrapers, proxies that take the path away.
import type { TemplatedApp, WebSocketBehavior } from 'uWebSockets.js';
import type { Route } from './router.js';

type Handler = Parameters<TemplatedApp['get']>[1];
const METHODS = ['get', 'head', 'post', 'patch', 'put', 'del', 'options', 'any'] as const;
type Method = (typeof METHODS)[number];

/** What routes and sockets are registered on. */
export type Registering = Record<Method, (pattern: string, handler: Handler) => unknown> & {
  ws<T>(pattern: string, behavior: WebSocketBehavior<T>): unknown;
};

/** @param basePath as `pathPrefix` gives it; where it is empty the app is used as it is */
export function underBasePath(app: TemplatedApp, basePath: string): Registering {
  const paths = basePath === '' ? [''] : ['', basePath];
  const methods = METHODS.map((method) => [
    method,
    (pattern: string, handler: Handler) => paths.forEach((path) => app[method](path + pattern, handler)),
  ]);
  return {
    ...(Object.fromEntries(methods) as Record<Method, (pattern: string, handler: Handler) => unknown>),
    ws: (pattern, behavior) => paths.forEach((path) => app.ws(path + pattern, behavior)),
  };
}

/** Leads from `/base` to `/base/`, since the addresses on the page are relative to it. Relative itself: more may stand before it. */
export function basePathRoutes(basePath: string): Route[] {
  if (basePath === '') return [];
  const location = `${basePath.slice(basePath.lastIndexOf('/') + 1)}/`;
  return [
    { method: 'GET', pattern: basePath, right: 'public', linkable: true, handle: () => ({ status: 308, headers: { location } }) },
  ];
}
